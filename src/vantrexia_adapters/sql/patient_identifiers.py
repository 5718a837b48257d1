"""The identifiers of patients, MRN and external id: their digests, who holds one, and that each is unique.

Stored are digests under the practice's index key. While that key is replaced there are digests under two
versions of it; the practice's head says which, and nobody changes it while a unit of work holds the head.
"""

from collections.abc import Sequence
from functools import cache
from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from vantrexia_adapters.sql.practice_heads import PracticeHead
from vantrexia_adapters.sql.scope import Scope
from vantrexia_adapters.sql.statements import Parameters, Statement
from vantrexia_adapters.sql.tables import patient
from vantrexia_core.kernel import PatientId, Phi
from vantrexia_core.patients import (
    ExternalId,
    ExternalIdTakenError,
    Holder,
    Mrn,
    MrnTakenError,
    Patient,
    Status,
)
from vantrexia_core.protection import FieldName

MRN_BIX: Final = FieldName("patient", "mrn")
EXTERNAL_ID_BIX: Final = FieldName("patient", "external_id")

HOLDERS_AT_ONCE_MAX: Final = 256
"""How many external ids are looked up by one statement."""

_PRACTICE: Final = sa.bindparam("practice", type_=sa.Uuid())
_ID: Final = sa.bindparam("patient", type_=sa.Uuid())

_TAKEN: Final = Statement(
    sa.select(patient.c.mrn_bix, patient.c.external_id_bix).where(
        patient.c.practice_id == _PRACTICE,
        patient.c.id != _ID,
        sa.or_(
            patient.c.mrn_bix == sa.bindparam("mrn_bix", type_=sa.LargeBinary()),
            patient.c.external_id_bix == sa.bindparam("external_id_bix", type_=sa.LargeBinary()),
        ),
    )
)


def no_other(column: sa.Column[bytes]) -> sa.ColumnElement[bool]:
    """That no other record of the practice has the digest ``new_<column>``."""
    other = patient.alias(f"other_{column.name}")
    taken = sa.select(other.c.id).where(
        other.c.practice_id == _PRACTICE,
        other.c.id != _ID,
        other.c[column.name] == sa.bindparam(f"new_{column.name}", type_=sa.LargeBinary()),
    )
    return ~taken.exists()


@cache
def _holders(column: sa.Column[bytes], count: int) -> Statement:
    """The statement for ``count`` digests in a column: PostgreSQL takes them as one array, SQLite has none.

    The limit makes PostgreSQL look each digest up by itself. Left to its planner, a table that grows faster
    than its statistics (a first, long import) is read through from one end to the other every time.
    """
    survivor = patient.alias("survivor")
    columns = (
        column,
        patient.c.id,
        patient.c.status,
        survivor.c.id.label("by"),
        survivor.c.status.label("so"),
    )
    standing = patient.outerjoin(survivor, survivor.c.id == patient.c.merged_into)
    here = sa.select(*columns).select_from(standing).where(patient.c.practice_id == _PRACTICE)
    array = sa.bindparam("digests", type_=postgresql.ARRAY(sa.LargeBinary()))
    asked = sa.func.unnest(array).table_valued(sa.column("digest", sa.LargeBinary())).render_derived("asked")
    found = here.where(column == asked.c.digest)
    one = found.limit(sa.literal_column("1")).lateral("holder")
    digests = [sa.bindparam(f"digest_{position}", type_=sa.LargeBinary()) for position in range(count)]
    return Statement(
        sa.select(*one.c).select_from(asked).join(one, sa.true()),
        sqlite=here.where(column.in_(digests)),
    )


class PatientIdentifiers:
    """The identifiers of one practice's patients, as a unit of work stores and looks them up."""

    __slots__ = ("_head", "_index", "_practice_id", "_transaction")

    def __init__(self, scope: Scope, head: PracticeHead) -> None:
        self._transaction = scope.transaction
        self._practice_id = scope.practice_id
        self._index = scope.protection.index
        self._head = head

    def holders(self, external_ids: Sequence[ExternalId]) -> Sequence[Holder | None]:
        """Who holds each of the external ids; None for one that is free."""
        return self._holders(patient.c.external_id_bix, EXTERNAL_ID_BIX, external_ids)

    def mrn_holders(self, mrns: Sequence[Mrn]) -> Sequence[Holder | None]:
        """Who holds each of the MRNs; None for one that is free."""
        return self._holders(patient.c.mrn_bix, MRN_BIX, mrns)

    def digests(self, patient: Patient) -> dict[str, object]:
        """The digests of a record: a good guess before the head is held, and `agree` has the last word."""
        return self._digests(patient, self._head.index_version or self._index.versions(self._practice_id)[0])

    def agree(self, patient: Patient, sealed: dict[str, object]) -> None:
        """Digest as the practice does at this moment, and refuse what is taken under the version before.

        Raises:
            MrnTakenError: another record has its MRN.
            ExternalIdTakenError: another record has its external id.
        """
        version, before = self._head.index_version, self._head.index_before
        if sealed["index_version"] != version and version is not None:
            sealed |= self._digests(patient, version)
        if before is not None:
            self.check_free(patient.id, self._digests(patient, before))

    def check_free(self, patient_id: PatientId, sealed: Parameters) -> None:
        """Refuse digests that another record has.

        Raises:
            MrnTakenError: its MRN.
            ExternalIdTakenError: its external id.
        """
        mrn_bix, external_id_bix = sealed["mrn_bix"], sealed["external_id_bix"]
        rows = self._transaction.rows(
            _TAKEN,
            self._here({"patient": patient_id, "mrn_bix": mrn_bix, "external_id_bix": external_id_bix}),
        )
        if any(taken_mrn == mrn_bix for taken_mrn, _ in rows):
            raise MrnTakenError
        if rows:
            raise ExternalIdTakenError

    def _holders(
        self, column: sa.Column[bytes], field: FieldName, numbers: Sequence[Phi[str]]
    ) -> Sequence[Holder | None]:
        held: list[Holder | None] = [None] * len(numbers)
        for version in self._index.versions(self._practice_id):
            under = self._holders_under(version, column, field, numbers)
            held = [known or other for known, other in zip(held, under, strict=True)]
        return held

    def _holders_under(
        self, version: int, column: sa.Column[bytes], field: FieldName, numbers: Sequence[Phi[str]]
    ) -> Sequence[Holder | None]:
        index, practice_id = self._index, self._practice_id
        digests = [
            index.digest(field, practice_id, one.reveal().encode(), version=version) for one in numbers
        ]
        found: dict[bytes, Holder] = {}
        for start in range(0, len(digests), HOLDERS_AT_ONCE_MAX):
            # Sorted: a statement log shall not tell the order of a list. Few sizes: each is compiled once.
            part = sorted(digests[start : start + HOLDERS_AT_ONCE_MAX])
            size = 1 if len(part) == 1 else HOLDERS_AT_ONCE_MAX
            padded = part + part[-1:] * (size - len(part))
            parameters: dict[str, object] = {
                f"digest_{position}": digest for position, digest in enumerate(padded)
            }
            parameters["digests"] = part
            for row in self._transaction.read(_holders(column, size), self._here(parameters)):
                digest, id_, status, survivor_id, its_status = row
                found[bytes(digest)] = (
                    Holder(id_, Status(status))
                    if survivor_id is None
                    else Holder(survivor_id, Status(its_status), id_)
                )
        return [found.get(digest) for digest in digests]

    def _digests(self, patient: Patient, version: int) -> dict[str, object]:
        index, practice_id, external_id = self._index, self._practice_id, patient.external_id
        number = patient.mrn.reveal().encode()
        return {
            "index_version": version,
            "mrn_bix": index.digest(MRN_BIX, practice_id, number, version=version),
            "external_id_bix": None
            if external_id is None
            else index.digest(EXTERNAL_ID_BIX, practice_id, external_id.reveal().encode(), version=version),
        }

    def _here(self, parameters: Parameters) -> Parameters:
        return {"practice": self._practice_id, **parameters}


def check_different(sealed: Sequence[Parameters]) -> None:
    """Refuse records that are to be stored together and share what must be unique.

    Raises:
        MrnTakenError: two have one MRN.
        ExternalIdTakenError: two have one external id.
    """
    if len({one["mrn_bix"] for one in sealed}) != len(sealed):
        raise MrnTakenError
    digests = [one["external_id_bix"] for one in sealed if one["external_id_bix"] is not None]
    if len(set(digests)) != len(digests):
        raise ExternalIdTakenError
