"""How fast, and how rightly, somebody is recognised among many encrypted records.

A practice of synthetic families (`families.py`) is stored in a database that is thrown away, sealed as ever. Then people are looked for through the store, as a registration does it:

* people who are there, written down a second time (dense: all fields; sparse: no SSN and no e-mail, and twice as
  many errors): is the right record the first answer?
* people who are not there, and whose parents, children, siblings and twins are: is anybody linked by mistake?

What a start takes is measured in the same process: from the rows, and from the sealed snapshot.

\b
Example:
    python bench/matching_online.py --patients 100000
    python bench/matching_online.py --patients 1000000 --on postgresql
"""

import json
import random
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path
from statistics import quantiles
from typing import Final
from uuid import UUID

import attrs
import click

from families import Known, Rates, again, households
from practice import DATABASES
from processes import postgresql
from vantrexia_adapters.assembly import Service, migrate_database, open_service
from vantrexia_adapters.cli.console import counting
from vantrexia_adapters.directory import CandidateKeeper
from vantrexia_adapters.settings import Settings
from vantrexia_core.kernel import Email, NamePart, PatientId, PersonName, Phi, Phone, PracticeId
from vantrexia_core.patients import (
    Address,
    AddressLine,
    City,
    DateOfBirth,
    Gender,
    MatchGrade,
    Mrn,
    Patient,
    Person,
    Ranked,
    Ssn,
    Status,
    Zip,
    find_resembling,
)

SEED: Final = "households of another town"
HELD_BACK: Final = 20
"""One household in so many has a member who is not stored."""
BATCH: Final = 500
AT: Final = datetime(2026, 1, 5, 8, tzinfo=UTC)


@click.command(help=__doc__)
@click.option("--patients", default=100_000, show_default=True, help="Records to store.")
@click.option("--probes", default=1_000, show_default=True, help="People to look for, of each kind.")
@click.option("--on", "database", type=click.Choice(DATABASES), default="sqlite", show_default=True)
def main(*, patients: int, probes: int, database: str) -> None:
    """Measure."""
    chance = random.Random(f"{SEED}, a second time").random  # noqa: S311 - no secret
    with ExitStack() as stack:
        settings = Settings(data_dir=Path(stack.enter_context(tempfile.TemporaryDirectory())))
        if database == "postgresql":
            url = stack.enter_context(postgresql()).url
            settings = attrs.evolve(settings, database_url=url)
            migrate_database(settings)
        with open_service(settings) as service:
            stored, absent = _stored(service, patients)
        figures: dict[str, object] = {"database": database, "patients": len(stored)}
        with open_service(settings) as service:
            figures["start"] = _starts(service)
            figures["index"] = _index(service)
            chosen = [stored[int(chance() * len(stored))] for _ in range(probes)]
            for kind, rates in (("dense", Rates()), ("sparse", Rates().doubled())):
                figures[kind] = _found(service, [(again(one, rates, chance), n) for one, n in chosen])
            figures["absent"] = _absent(service, [again(one, Rates(), chance) for one in absent[:probes]])
    click.echo(json.dumps(figures, indent=2))


def _stored(service: Service, count: int) -> tuple[list[tuple[Known, int]], list[Known]]:
    """Who is stored, with their numbers, and who of their households is not."""
    stored: list[tuple[Known, int]] = []
    absent: list[Known] = []
    for place, household in enumerate(households(SEED)):
        members = list(household)
        if place % HELD_BACK == 0 and len(members) > 1:
            absent.append(members.pop())
        stored += [(one, len(stored) + number) for number, one in enumerate(members, start=1)]
        if len(stored) >= count:
            break
    del stored[count:]
    records = (_patient(service.practice_id, one, number) for one, number in stored)
    with counting("Storing patients", len(stored)) as count_more:
        while batch := list(islice(records, BATCH)):
            with service.desk.begin(service.practice_id) as work:
                work.patients.add_many(batch)
                work.commit()
            count_more(len(batch))
    return stored, absent


def _patient(practice_id: PracticeId, known: Known, number: int) -> Patient:
    return Patient(
        id=_id(number),
        practice_id=practice_id,
        mrn=Mrn.numbered(number),
        name=PersonName(NamePart.trusted(known["first_name"]), NamePart.trusted(known["last_name"])),
        date_of_birth=DateOfBirth.trusted(date.fromisoformat(known["date_of_birth"])),
        gender=Phi(Gender(known["gender"])),
        phone=Phone.trusted(known["phone"]) if "phone" in known else None,
        email=Email.trusted(known["email"]) if "email" in known else None,
        address=Address(
            AddressLine.trusted(known["line1"]) if "line1" in known else None,
            None,
            City.trusted(known["city"]),
            None,
            Zip.trusted(known["zip"]),
        ),
        ssn=Ssn.trusted(known["ssn"]) if "ssn" in known else None,
        external_id=None,
        status=Status.ACTIVE,
        version=1,
        created_at=AT,
        updated_at=AT,
    )


def _id(number: int) -> PatientId:
    return PatientId(UUID(int=number << 80, version=4))


def _person(known: Known) -> Person:
    def text(field: str) -> Phi[str] | None:
        return Phi(known[field]) if field in known else None

    return Person(
        first_name=text("first_name"),
        last_name=text("last_name"),
        date_of_birth=Phi(date.fromisoformat(known["date_of_birth"])),
        gender=Phi(Gender(known["gender"])),
        phone=text("phone"),
        email=text("email"),
        line1=text("line1"),
        city=text("city"),
        zip=text("zip"),
        ssn=text("ssn"),
    )


def _starts(service: Service) -> dict[str, object]:
    """Loading the index from the rows, then from the snapshot that this wrote."""
    store = service.desk.candidacy.store
    took: dict[str, object] = {}
    for _ in range(2):
        keeper = CandidateKeeper(store, in_background=lambda job: job())
        began, began_cpu = time.perf_counter(), time.process_time()
        keeper.open(service.practice_id)
        seconds, cpu = time.perf_counter() - began, time.process_time() - began_cpu
        (figures,) = keeper.figures()
        took[f"from_{figures.loaded_from}"] = {"seconds": round(seconds, 2), "cpu_seconds": round(cpu, 2)}
    service.desk.candidacy.open(service.practice_id)
    return took


@attrs.define
class Stopwatch:
    """Wall and CPU seconds of each question; the CPU's are those to trust where others are at work."""

    wall: list[float] = attrs.field(factory=list)
    cpu: list[float] = attrs.field(factory=list)

    def ask(self, service: Service, known: Known) -> tuple[Ranked[Patient], ...]:
        """Look for somebody through the store."""
        person = _person(known)
        began, began_cpu = time.perf_counter(), time.thread_time()
        found = find_resembling(service.desk, service.practice_id, person).ranked
        self.cpu.append(time.thread_time() - began_cpu)
        self.wall.append(time.perf_counter() - began)
        return found

    def milliseconds(self) -> dict[str, float]:
        """Medians, and what one question in twenty takes longer than."""
        return {
            f"{name}_{cut}_ms": round(1e3 * quantiles(times, n=100)[place], 2)
            for name, times in (("wall", self.wall), ("cpu", self.cpu))
            for cut, place in (("p50", 49), ("p95", 94))
        }


def _index(service: Service) -> dict[str, object]:
    (figures,) = service.desk.candidacy.figures()
    return {
        "memory_bytes": figures.memory_bytes,
        "bytes_a_patient": round(figures.memory_bytes / max(1, figures.patients), 1),
        "loaded_from": figures.loaded_from,
    }


def _found(service: Service, probes: Sequence[tuple[Known, int]]) -> dict[str, object]:
    """How often the right record comes first, and how long that takes."""
    first = linked = queued = other = 0
    watch = Stopwatch()
    for known, number in probes:
        found = watch.ask(service, known)
        first += bool(found) and found[0].key.id == _id(number)
        right = [one.match.grade for one in found if one.key.id == _id(number)]
        linked += right == [MatchGrade.CERTAIN]
        queued += right == [MatchGrade.PROBABLE]
        other += any(one.match.may_link and one.key.id != _id(number) for one in found)
    return {
        "probes": len(probes),
        "recall_at_1": round(first / len(probes), 4),
        "linked": round(linked / len(probes), 4),
        "to_review": round(queued / len(probes), 4),
        "false_links": other,
        **watch.milliseconds(),
    }


def _absent(service: Service, probes: Sequence[Known]) -> dict[str, object]:
    """How many of those who are not there are taken for somebody who is."""
    linked = queued = possible = 0
    watch = Stopwatch()
    for known in probes:
        found = watch.ask(service, known)
        grades = {one.match.grade for one in found}
        linked += MatchGrade.CERTAIN in grades
        queued += MatchGrade.PROBABLE in grades
        possible += MatchGrade.POSSIBLE in grades
    return {
        "probes": len(probes),
        "false_links": linked,
        "to_review": queued,
        "possible": possible,
        **watch.milliseconds(),
    }


if __name__ == "__main__":
    main()
