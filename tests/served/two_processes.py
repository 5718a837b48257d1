"""One process that writes and one that searches, in the same practice: what each does, and how they compare.

The writer follows a script that both know. Before a commit it raises ``begun``, after it ``committed``:
numbers in memory that both processes see. A search that began when ``committed`` was *a* and ended when
``begun`` was *b* must show the practice as it was after some number of steps between *a* and *b*, and never
an earlier state than the search before it.
"""

import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, timedelta
from multiprocessing.connection import Connection
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Event
from pathlib import Path
from random import Random
from uuid import UUID

import attrs

from tests.builders import NOW, a_new_patient, an_actor
from tests.credentials import QuickPasswords, QuickTokens
from vantrexia_adapters.crypto import (
    AesGcmFieldCipher,
    AesGcmSnapshotCipher,
    HmacBlindIndex,
    HmacRowSeal,
    KeyRing,
)
from vantrexia_adapters.directory import DirectoryKeeper
from vantrexia_adapters.sql import SqlDesk, open_engine
from vantrexia_adapters.system import RandomIds, RandomSecrets, SystemClock
from vantrexia_core.kernel import NamePart, NotFoundError, PageRequest, Phi, PracticeId
from vantrexia_core.patients import (
    DirectoryEntry,
    Gender,
    Listing,
    Mrn,
    Ordering,
    Patient,
    Reason,
    Revision,
    Status,
    archive_patient,
    find,
    find_patients,
    register_patient,
    revise_patient,
)

Answer = tuple[int, tuple[int, ...], tuple[str, ...] | None]
"""How many, the record numbers of the page, and the last names of the opened records if they were opened."""

LASTS = ("Smith", "O'Brien", "Núñez", "李", "Smithers", "de la Cruz", "Jones")
SEARCHES = ("smith", "^smi", "obrien", "^brien", "nunez", "李", "cruz", "1", "jones m", None, None)
GHOST = "Ghost"
PAUSE_SECONDS_MAX = 0.05
OVERLAY_MAX, SNAPSHOT_EVERY = 20, 60
"""Small, so that packing and snapshots happen often."""
SEARCHES_A_PROCESS = 150
"""After so many the reader forgets everything and starts as a new process does."""


@attrs.frozen
class Step:
    """What happens to patient ``number``: registered, called otherwise, or archived."""

    what: str
    number: int
    last: str


@attrs.frozen
class Shared:
    """Where the two meet."""

    url: str
    ring: Path
    practice_id: PracticeId
    seconds: float
    use_case_every: int
    """How many searches there are to one of the use case; 0: it is used for the last one only."""
    begun: "Synchronized[int]"
    committed: "Synchronized[int]"
    searched: Event
    is_over: Event


@attrs.define
class Figures:
    """What the reader saw."""

    searches: int = 0
    starts: int = 0
    steps: int = 0
    widest: int = 0
    """The largest number of steps that were under way during one search."""
    loaded_from: set[str] = attrs.field(factory=set)
    wrong: list[str] = attrs.field(factory=list)


def script(seed: int = 1) -> Iterator[Step]:
    """The steps, the same for everybody, without an end."""
    chance, people, active = Random(seed), 0, list[int]()  # noqa: S311 - replayed
    while True:
        what = chance.choice(("register", "register", "register", "revise", "revise", "archive"))
        if what == "register" or not active:
            people += 1
            active.append(people)
            what, number = "register", people
        else:
            number = chance.choice(active)
            if what == "archive":
                active.remove(number)
        # A number behind each name: nobody's place in the alphabet is left to chance.
        yield Step(what, number, f"{chance.choice(LASTS)} {chance.randrange(100)} {number}")


def entry_after(step: Step, before: DirectoryEntry | None) -> DirectoryEntry:
    """What a directory must know of the step's patient."""
    at = NOW + timedelta(seconds=step.number)
    entry = DirectoryEntry.of(
        step.number,
        UUID(int=step.number),
        Status.ACTIVE,
        at,
        last=step.last,
        first="Ann",
        mrn=f"M-{step.number}",
        born=date(1961, 4, 9),
        gender=Gender.FEMALE,
        updated_at=at,
    )
    if step.what == "archive" and before is not None:
        return attrs.evolve(before, status=Status.ARCHIVED)
    return entry


def a_desk(shared: Shared) -> SqlDesk:
    """A desk of its own for each process, as a server has one."""
    ring = KeyRing.open(shared.ring, SystemClock())
    return SqlDesk(
        engine=open_engine(shared.url),
        cipher=AesGcmFieldCipher(ring),
        index=HmacBlindIndex(ring),
        seal=HmacRowSeal(ring),
        clock=SystemClock(),
        ids=RandomIds(),
        secrets=RandomSecrets(),
        passwords=QuickPasswords(),
        tokens=QuickTokens(),
        snapshots=AesGcmSnapshotCipher(ring),
        keeper=lambda store: DirectoryKeeper(store, overlay_max=OVERLAY_MAX, snapshot_every=SNAPSHOT_EVERY),
    )


def write(shared: Shared) -> None:
    """The writer's process: follow the script until the time is over."""
    try:
        _follow_the_script(shared)
    finally:
        shared.is_over.set()


def _follow_the_script(shared: Shared) -> None:
    desk, actor = a_desk(shared), an_actor(practice_id=shared.practice_id)
    patients: list[Patient] = []
    end = time.monotonic() + shared.seconds
    for index, step in enumerate(script()):
        if time.monotonic() > end:
            break
        if index % 20 == 0:
            desk.directory.open(shared.practice_id)  # so that this process packs and writes snapshots as well
        if index % 20 == 10:
            _leave_without_commit(shared, desk, index)
        if step.what == "register":
            new = a_new_patient(first="Ann", last=step.last, mrn=f"M-{step.number}")
            if index % 5 == 0:
                patients.append(_register_slowly(shared, desk, Patient.register(
                    new, id_=RandomIds().new_id(), practice_id=shared.practice_id,
                    mrn=Mrn(f"M-{step.number}"), now=desk.clock.now(),
                )[0]))  # fmt: skip
            else:
                shared.begun.value += 1
                patients.append(register_patient(desk, actor, new))
        else:
            shared.begun.value += 1
            id_ = patients[step.number - 1].id
            if step.what == "revise":
                revise_patient(desk, actor, id_, Revision(last_name=NamePart(step.last)))
            else:
                archive_patient(desk, actor, id_, Reason("Moved away"))
        shared.committed.value += 1


def _register_slowly(shared: Shared, desk: SqlDesk, patient: Patient) -> Patient:
    """Everything is done but the commit, and somebody searches: this step has not begun for anybody."""
    with desk.begin(shared.practice_id) as work:
        work.patients.add(patient)
        _wait_for_a_search(shared)
        shared.begun.value += 1
        work.commit()
    return patient


def _leave_without_commit(shared: Shared, desk: SqlDesk, index: int) -> None:
    """Somebody who never was: nobody may ever find them."""
    ghost = a_new_patient(last=GHOST, mrn=f"GHOST-{index}")
    patient, _ = Patient.register(
        ghost,
        id_=RandomIds().new_id(),
        practice_id=shared.practice_id,
        mrn=Mrn(f"GHOST-{index}"),
        now=desk.clock.now(),
    )
    with desk.begin(shared.practice_id) as work:
        work.patients.add(patient)
        _wait_for_a_search(shared)


def _wait_for_a_search(shared: Shared) -> None:
    shared.searched.clear()
    shared.searched.wait(PAUSE_SECONDS_MAX)


class Reader:
    """The reader's process: search, and compare with the script."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._script = script()
        self._entries: dict[int, DirectoryEntry] = {}
        self._lasts: dict[int, str] = {}
        self._chance = Random(2)  # noqa: S311 - replayed
        self._desk = a_desk(shared)
        self.figures = Figures(starts=1)

    def run(self) -> Figures:
        """Until the writer has ended, and once more."""
        while not self._shared.is_over.is_set():
            every = self._shared.use_case_every
            self._search_once(is_whole=every > 0 and self.figures.searches % every == every - 1)
        self._search_once(is_whole=True)
        return self.figures

    def _search_once(self, *, is_whole: bool) -> None:
        figures = self.figures
        figures.searches += 1
        if figures.searches % SEARCHES_A_PROCESS == 0:
            self._desk._database.engine.dispose()
            self._desk = a_desk(self._shared)
            figures.starts += 1
        listing = self._listing()
        at_least = self._shared.committed.value
        seen = self._seen(listing, is_whole=is_whole)
        at_most = self._shared.begun.value
        self._shared.searched.set()
        figures.widest = max(figures.widest, at_most - at_least)
        figures.loaded_from |= {one.loaded_from for one in self._desk.directory.figures()}
        self._advance(at_least)
        while not self._is_meant(seen, listing):
            if figures.steps >= at_most:
                figures.wrong.append(f"{seen} is not the practice after {at_least} to {at_most} steps")
                return
            self._advance(figures.steps + 1)
        found = self._desk.directory.find(self._shared.practice_id, Listing(search=Phi(GHOST)))
        if found.count:
            figures.wrong.append("somebody who was never committed was found")

    def _listing(self) -> Listing:
        chance = self._chance
        search = chance.choice(SEARCHES)
        return Listing(
            status=chance.choice((Status.ACTIVE, Status.ACTIVE, Status.ARCHIVED)),
            search=None if search is None else Phi(search),
            ordering=chance.choice(tuple(Ordering)),
            page=PageRequest(chance.choice((1, 1, 2)), 5),
        )

    def _seen(self, listing: Listing, *, is_whole: bool) -> Answer:
        """From the directory; or from the use case, which opens records too and writes to the trail."""
        practice_id = self._shared.practice_id
        if is_whole:
            with suppress(NotFoundError):  # a page behind the last one
                page = find_patients(self._desk, an_actor(practice_id=practice_id), listing)
                numbers = tuple(int(one.mrn.reveal().removeprefix("M-")) for one in page.items)
                return page.count, numbers, tuple(one.name.last.reveal() for one in page.items)
        found = self._desk.directory.find(practice_id, listing)
        return found.count, found.numbers, None

    def _is_meant(self, seen: Answer, listing: Listing) -> bool:
        """Whether the practice looks like this after the steps so far."""
        count, numbers, lasts = seen
        is_there = (count, numbers) == find(self._entries.values(), listing)
        return is_there and (lasts is None or lasts == tuple(map(self._lasts.__getitem__, numbers)))

    def _advance(self, steps: int) -> None:
        while self.figures.steps < steps:
            step = next(self._script)
            self._entries[step.number] = entry_after(step, self._entries.get(step.number))
            if step.what != "archive":
                self._lasts[step.number] = step.last
            self.figures.steps += 1


def read(shared: Shared, report: Connection) -> None:
    """The reader's process."""
    report.send(Reader(shared).run())
