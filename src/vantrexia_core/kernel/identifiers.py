"""Ids that cannot be confused with each other: one type each, checked by mypy, free at run time."""

from typing import NewType
from uuid import UUID

PracticeId = NewType("PracticeId", UUID)
"""The tenant. Every aggregate belongs to one practice and every actor acts for one."""

PatientId = NewType("PatientId", UUID)
"""A patient's id in URLs and FHIR. Says nothing about the person."""

UserId = NewType("UserId", int)
"""A workforce member's account; an integer because the published login answer shows one."""

SessionId = NewType("SessionId", UUID)
"""One sign-in and every token that follows from it, until it ends."""

TokenId = NewType("TokenId", UUID)
"""One token's ``jti`` (RFC 7519, section 4.1.7): tokens are known by it, never by their text."""

RequestId = NewType("RequestId", str)
"""Joins an answer, its log lines and its audit entry; at most 64 visible ASCII characters."""

MergeId = NewType("MergeId", UUID)
"""One merge of two records, and its undoing."""

SuspicionId = NewType("SuspicionId", UUID)
"""A pair of records that may be one person; derived from their ids, so that a pair has one id for good."""
