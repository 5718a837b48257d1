"""Ids that cannot be confused with each other: one type each, checked by mypy, free at run time."""

from typing import Final, NewType
from uuid import UUID

PracticeId = NewType("PracticeId", UUID)
"""The tenant. Every aggregate belongs to one practice and every actor acts for one."""

PatientId = NewType("PatientId", UUID)
"""A patient's id in URLs and FHIR. Says nothing about the person."""

UserId = NewType("UserId", int)
"""Who acts: an account, by an integer because the published login answer shows one; or a machine client."""

MACHINE_NUMBERS_FROM: Final = 10**15
"""Numbers from here on are machine clients', those below are accounts': nobody in the trail is taken for
somebody else. No sequence of accounts gets this far, and JSON holds nine times as many exactly."""

ClientId = NewType("ClientId", UUID)
"""The ``client_id`` of a machine client (RFC 6749, section 2.2); not a secret."""

SessionId = NewType("SessionId", UUID)
"""One sign-in and every token that follows from it, until it ends."""

TokenId = NewType("TokenId", UUID)
"""One token's ``jti`` (RFC 7519, section 4.1.7): tokens are known by it, never by their text."""

RequestId = NewType("RequestId", str)
"""Joins an answer, its log lines and its audit entry; at most 64 visible ASCII characters."""

EmergencyId = NewType("EmergencyId", UUID)
"""One emergency that somebody declared."""

MergeId = NewType("MergeId", UUID)
"""One merge of two records, and its undoing."""

SuspicionId = NewType("SuspicionId", UUID)
"""A pair of records that may be one person; derived from their ids, so that a pair has one id for good."""
