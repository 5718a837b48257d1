"""A practice in which every sealed column holds something, and how all of it reads."""

from datetime import timedelta
from uuid import UUID

import attrs
import sqlalchemy as sa

from tests.adapters.sql.site import Site
from tests.builders import (
    NOW,
    a_new_patient,
    a_new_user,
    a_password,
    a_suspicion,
    a_user_id,
    an_actor,
    an_address,
    an_email,
)
from tests.desks import SqlHouse
from tests.ehr import an_external_id
from tests.sources import CountedIds, ManualClock
from vantrexia_adapters.crypto import KeyRing
from vantrexia_adapters.sql import SqlDesk, open_engine
from vantrexia_adapters.sql.resealing import SEALED_TABLES
from vantrexia_core.audit import AlreadyAnswered, Once
from vantrexia_core.ehr import Demographics, ImportJob, LastTold, LostValues, Side
from vantrexia_core.identity import BreakGlass, SecondFactor, create_user, list_users
from vantrexia_core.kernel import (
    Email,
    EmergencyId,
    NamePart,
    PageRequest,
    PatientId,
    Phi,
    Phone,
    PracticeId,
    SessionId,
    UserId,
)
from vantrexia_core.patients import (
    Decision,
    Listing,
    Reason,
    Revision,
    Ruling,
    archive_patient,
    find_merges,
    find_patients,
    list_versions,
    merge_patients,
    register_patient,
    revise_patient,
    unarchive_patient,
    undo_merge,
)

ACTOR = an_actor()
ONCE = Once(Phi("key"), Phi(b"request"), lambda found: found.mrn.reveal().encode() + bytes(200_000))
"""An answer of more than one envelope."""
JOB = UUID(int=1, version=4)
TOLD = Demographics(first_name=NamePart("Zoë"), phone=Phone("555-0142"), email=Email("zoe@example.org"))


def fill(site: Site, *, patients: int = 3) -> list[PatientId]:
    """Put something into every sealed column of the practice."""
    desk = site.desk
    ids = [register_patient(desk, ACTOR, _person(number)).id for number in range(1, patients)]
    ids.append(register_patient(desk, ACTOR, _person(patients), once=ONCE).id)
    revise_patient(desk, ACTOR, ids[0], Revision(last_name=NamePart("Okafor")))
    archive_patient(desk, ACTOR, ids[1], Reason("moved away"))
    unarchive_patient(desk, ACTOR, ids[1])
    user = create_user(desk, ACTOR, attrs.evolve(a_new_user(), phone=Phone("555-0199")), a_password())
    with desk.begin(site.here) as work:
        work.second_factors.keep(user, SecondFactor(Phi(bytes(range(20))), is_confirmed=True, last_step=7))
        work.ehr_records.keep([(ids[0], LastTold(TOLD, NOW, NOW, ("phone",)))])
        lost = LostValues(TOLD, {"phone": Side.EHR}, 2, NOW)
        work.ehr_records.lose(ids[0], lost)
        job = ImportJob(JOB, practice_id=site.here, by=a_user_id(), total=3, created_at=NOW, updated_at=NOW)
        work.import_jobs.add(job, [an_external_id(number) for number in range(3)])
        declared = BreakGlass(
            EmergencyId(JOB), site.here, user.id, SessionId(JOB), Reason("unresponsive"), NOW, NOW
        )
        work.emergencies.add(declared, [])
        (found,) = work.suspicions.add([a_suspicion(ids[0], ids[1])])
        ruling = Ruling(UserId(4), an_email("nurse"), NOW + timedelta(days=1))
        work.suspicions.save(
            attrs.evolve(found, decision=Decision.DIFFERENT, ruling=ruling, version=found.version + 1)
        )
        work.commit()
    merged = merge_patients(
        desk, ACTOR, ids[0], ids[-1], Reason("registered twice"), despite_differences=True
    )
    undo_merge(desk, ACTOR, merged.merge.id, Reason("they are two"))
    return ids


def is_full(site: Site) -> bool:
    """Whether no sealed column is empty: a new one has to be filled here too."""
    return all(
        site.execute(sa.select(sa.func.count()).where(column.is_not(None)))[0][0]
        for sealed in SEALED_TABLES
        for column in sealed.sealed
    )


def another_process(site: Site, series: str = "another process") -> SqlDesk:
    """A desk that has nothing in common with the site's but the database and the key ring's file."""
    house = object.__new__(SqlHouse)
    ring = KeyRing.open(site.house.ring.path, ManualClock())
    engine = open_engine(site.url)
    site._stack.callback(engine.dispose)
    house.__dict__.update(engine=engine, _ring=ring)
    return house.desk(site.clock, CountedIds(series))


def read(desk: SqlDesk, here: PracticeId, ids: list[PatientId]) -> list[object]:
    """All that can be read, in an order that does not change."""
    told: list[object] = []
    patients = find_patients(desk, ACTOR, Listing(page=PageRequest(1, 100)))
    told += sorted(patients.items, key=lambda one: one.id)
    for id_ in ids:
        told += list_versions(desk, ACTOR, id_).items
    told += find_merges(desk, ACTOR, ids[-1])
    told += list_users(desk, ACTOR)
    with desk.begin(here) as work:
        told += [change for id_ in ids for change in work.patients.history(id_)]
        user = work.users.all()[0]
        factor = work.second_factors.get_to_change(user)
        assert factor is not None
        told += [factor.secret.reveal(), factor.last_step]
        told += work.emergencies.newest_first(skip=0, limit=9)
        told += [work.ehr_records.last(ids[0]), *work.ehr_records.lost(ids[0])]
        told += work.import_jobs.items(JOB, PageRequest(1, 10))
        told.append(work.suspicions.get(a_suspicion(ids[0], ids[1]).id))
    try:
        register_patient(desk, ACTOR, _person(len(ids)), once=ONCE)
    except AlreadyAnswered as before:
        told.append(before.answer.reveal())
    return told


def _person(number: int) -> object:
    return a_new_patient(
        first=f"First{number}",
        last=f"Last{number}",
        mrn=f"M-{number}",
        address=an_address(),
        ssn=f"899-12-{3450 + number}",
        external_id=f"E-{number}",
        supplement=f'{{"further":{number}}}',
    )
