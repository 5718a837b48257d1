"""The trail inside a backup, hashed again while its rows go by."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import attrs

from vantrexia_core.audit import EntryText, Frontier, GivenUp, Tellings, leaf_hash

TRAIL_TABLE: Final = "audit_entry"


@attrs.define
class TrailRoll:
    """The tree of a trail that is read row by row. ``stops`` are sizes whose roots are wanted.

    ``fault`` is the number of the first entry that is not what its own hash says, or stands in a wrong place.
    """

    names: Sequence[str]
    stops: Collection[int] = ()
    frontier: Frontier = attrs.field(factory=Frontier, init=False)
    roots: dict[int, bytes] = attrs.field(factory=dict, init=False)
    _told: Tellings = attrs.field(factory=Tellings, init=False)
    fault: int | None = attrs.field(default=None, init=False)

    @property
    def rollbacks(self) -> Sequence[GivenUp]:
        """Those that its entries tell of."""
        return self._told.rollbacks

    def add(self, rows: Sequence[Sequence[Any]]) -> None:
        """Take a portion of rows, in the order of their numbers."""
        batch: list[bytes] = []
        number = self.frontier.size
        for row in rows:
            number += 1
            values = dict(zip(self.names, row, strict=True))
            canonical = _text(values).encode()
            leaf = leaf_hash(canonical)
            if self.fault is None and (values["seq"] != number or values["leaf"] != leaf):
                self.fault = number
            self._told.add(number, canonical)
            batch.append(leaf)
            if number in self.stops:
                self._grow(batch)
                batch = []
                self.roots[number] = self.frontier.root
        self._grow(batch)

    def _grow(self, batch: Sequence[bytes]) -> None:
        self.frontier = self.frontier.grown(batch)


def _text(values: Mapping[str, Any]) -> EntryText:
    return EntryText(
        action=values["action"],
        actor=values["actor_id"],
        address=values["address"],
        at=_moment(values["at"]),
        changed=values["changed"].split(),
        code=values["code"],
        disclosed=values["disclosed"].split(),
        outcome=values["outcome"],
        patient_id=_id(values["patient_id"]),
        practice_id=_id(values["practice_id"]),
        request_id=values["request_id"],
        role=values["role"],
        user_id=values["user_id"],
        version=values["version"],
        # Not in backups from before there were emergencies.
        purpose=values.get("purpose"),
    )


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def _id(id_: UUID | None) -> str | None:
    return None if id_ is None else str(id_)
