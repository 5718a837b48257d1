"""Sending letters: as files on a single machine, by SMTP for a practice."""

from vantrexia_adapters.mail.outbox import OutboxMailer
from vantrexia_adapters.mail.postman import Postman
from vantrexia_adapters.mail.smtp import SmtpMailer

__all__ = ["OutboxMailer", "Postman", "SmtpMailer"]
