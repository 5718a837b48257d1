"""Whoever can write to the database, but has no key, cannot make the service show a wrong value."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import attrs
import pytest
import sqlalchemy as sa

from tests.adapters.sql.site import Site
from tests.builders import (
    NOW,
    a_name,
    a_new_patient,
    a_new_user,
    a_patient_id,
    a_practice_id,
    a_session,
    an_actor,
    an_address,
)
from vantrexia_adapters.sql.tables import (
    emergency,
    emergency_notice,
    patient,
    patient_move,
    patient_version,
    receipt,
    user_account,
)
from vantrexia_core.audit import Once
from vantrexia_core.identity import (
    EMERGENCY_LIFE,
    BreakGlass,
    ForgedAccountError,
    Letter,
    Present,
    Round,
    User,
    find_emergencies,
    tell_of_emergencies,
)
from vantrexia_core.kernel import EmergencyId, PageRequest, PatientId, Phi, Purpose, Role
from vantrexia_core.patients import (
    ExternalId,
    Listing,
    Mrn,
    NewPatient,
    Patient,
    Phone,
    Reason,
    Revision,
    Ssn,
    archive_patient,
    list_versions,
    look_up_patient,
    read_version,
    register_patient,
    revise_patient,
)
from vantrexia_core.protection import UnreadableError


@attrs.frozen
class _Tray:
    """Keeps the letters."""

    letters: list[Letter]

    def send(self, letter: Letter) -> None:
        """See `Mailer`."""
        self.letters.append(letter)


ACTOR = an_actor()
ONCE = Once(Phi("key"), Phi(b"request"), lambda found: found.mrn.reveal().encode())


def sealed_columns(table: sa.Table) -> list[sa.Column[Any]]:
    """Every column that holds envelopes."""
    return [
        column
        for column in table.c
        if isinstance(column.type, sa.LargeBinary) and not column.name.endswith(("_bix", "_digest"))
    ]


def _person(number: int) -> NewPatient:
    return a_new_patient(
        first=f"First{number}",
        last=f"Last{number}",
        mrn=f"M-{number}",
        phone=f"555-010{number}",
        email=f"p{number}@example.org",
        address=an_address(),
        ssn=f"899-12-345{number}",
        external_id=f"E-{number}",
        supplement=f'{{"further":{number}}}',
    )


def _value(site: Site, column: sa.Column[Any], where: sa.ColumnElement[bool]) -> Any:
    value = site.execute(sa.select(column).where(where))[0][0]
    return bytes(value) if isinstance(column.type, sa.LargeBinary) else value


@contextmanager
def _changed(
    site: Site, column: sa.Column[Any], where: sa.ColumnElement[bool], value: object
) -> Iterator[None]:
    """The stored value is another one for a while."""
    before = _value(site, column, where)
    site.execute(sa.update(column.table).where(where).values({column: value}))
    yield
    site.execute(sa.update(column.table).where(where).values({column: before}))


def _is(id_: PatientId) -> sa.ColumnElement[bool]:
    return patient.c.id == id_


def _flipped(wire: bytes, position: int) -> bytes:
    changed = bytearray(wire)
    changed[position] ^= 0x01
    return bytes(changed)


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "format byte": lambda wire: _flipped(wire, 0),
    "key version": lambda wire: _flipped(wire, 2),
    "nonce": lambda wire: _flipped(wire, 3),
    "ciphertext": lambda wire: _flipped(wire, 16),
    "tag": lambda wire: _flipped(wire, len(wire) - 1),
    "cut": lambda wire: wire[:-1],
    "longer": lambda wire: wire + b"\0",
    "empty": lambda _: b"",
    "plain text": lambda _: b"Mallory",
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_value_is_never_shown(site: Site, damage: Callable[[bytes], bytes]):
    """One wrong bit anywhere in any column makes the record unreadable, and says nothing else."""
    id_ = register_patient(site.desk, ACTOR, _person(1)).id
    for column in sealed_columns(patient):
        with (
            _changed(site, column, _is(id_), damage(_value(site, column, _is(id_)))),
            pytest.raises(UnreadableError),
        ):
            look_up_patient(site.desk, ACTOR, id_)
    assert look_up_patient(site.desk, ACTOR, id_).mrn == Mrn("M-1")


def test_a_value_of_another_record_is_never_shown(site: Site):
    """Each column, copied from one patient to another."""
    one, other = (register_patient(site.desk, ACTOR, _person(number)).id for number in (1, 2))
    for column in sealed_columns(patient):
        with (
            _changed(site, column, _is(one), _value(site, column, _is(other))),
            pytest.raises(UnreadableError),
        ):
            look_up_patient(site.desk, ACTOR, one)


def test_a_value_of_another_column_is_never_shown(site: Site):
    """Each column, copied to each other column of the same record."""
    id_ = register_patient(site.desk, ACTOR, _person(1)).id
    columns = sealed_columns(patient)
    for column, neighbour in zip(columns, [*columns[1:], columns[0]], strict=True):
        with (
            _changed(site, column, _is(id_), _value(site, neighbour, _is(id_))),
            pytest.raises(UnreadableError),
        ):
            look_up_patient(site.desk, ACTOR, id_)


def test_an_older_value_of_the_same_record_is_never_shown(site: Site):
    """An old phone number beside a new name is no state that the record ever was in."""
    id_ = register_patient(site.desk, ACTOR, _person(1)).id
    before = {column: _value(site, column, _is(id_)) for column in sealed_columns(patient)}
    revise_patient(site.desk, ACTOR, id_, Revision(phone=Phone("555-0199")))
    for column, old in before.items():
        with _changed(site, column, _is(id_), old), pytest.raises(UnreadableError):
            look_up_patient(site.desk, ACTOR, id_)


def test_a_value_of_another_version_is_never_shown(site: Site):
    """Former versions are bound like today's: nothing of one opens in another, to and fro."""
    id_ = register_patient(site.desk, ACTOR, _person(1)).id
    for phone in ("555-0199", "555-0177"):
        revise_patient(site.desk, ACTOR, id_, Revision(phone=Phone(phone)))
    first, second = (sa.and_(patient_version.c.id == id_, patient_version.c.version == n) for n in (1, 2))
    for column in sealed_columns(patient):
        former = patient_version.c[column.name]
        for changed, where, value, version in (
            (column, _is(id_), _value(site, former, second), 3),
            (former, second, _value(site, column, _is(id_)), 2),
            (former, first, _value(site, former, second), 1),
        ):
            with _changed(site, changed, where, value), pytest.raises(UnreadableError):
                read_version(site.desk, ACTOR, id_, version)
    assert [one.patient.version for one in list_versions(site.desk, ACTOR, id_).items] == [3, 2, 1]


def test_a_row_put_back_whole_does_not_fit_into_its_history(site: Site):
    """An old row opens under its own number. The versions that came after it were kept, and tell."""
    id_ = register_patient(site.desk, ACTOR, _person(1)).id
    for phone in ("555-0199", "555-0177"):
        revise_patient(site.desk, ACTOR, id_, Revision(phone=Phone(phone)))
    first, second = (sa.and_(patient_version.c.id == id_, patient_version.c.version == n) for n in (1, 2))
    (today,) = site.execute(sa.select(patient).where(_is(id_)))
    (old,) = site.execute(sa.select(*(patient_version.c[one.name] for one in patient.c)).where(first))
    put_back = dict(zip((one.name for one in patient.c), old, strict=True))
    # Under its own number, and under today's, so that it does not stand out.
    for row in (put_back, put_back | {"version": 3}):
        site.execute(sa.update(patient).where(_is(id_)).values(row))
        with pytest.raises(UnreadableError):
            list_versions(site.desk, ACTOR, id_)
    site.execute(sa.update(patient).where(_is(id_)).values(dict(zip(put_back, today, strict=True))))
    assert list_versions(site.desk, ACTOR, id_).count == 3
    site.execute(sa.delete(patient_version).where(second))
    with pytest.raises(UnreadableError):
        list_versions(site.desk, ACTOR, id_)


def test_a_value_of_another_practice_is_never_shown(site: Site):
    """Practices have keys of their own: a row carried over from one to the other does not open."""
    elsewhere = site.house.found(a_practice_id(2))
    id_ = register_patient(site.desk, an_actor(practice_id=elsewhere), _person(1)).id
    site.execute(sa.update(patient).where(_is(id_)).values(practice_id=site.here))
    with pytest.raises(UnreadableError):
        look_up_patient(site.desk, ACTOR, id_)


def test_a_record_under_another_id_is_never_shown(site: Site):
    """The envelopes name the record that they belong to."""
    id_ = register_patient(site.desk, ACTOR, _person(1)).id
    stolen = PatientId(site.desk.ids.new_id())
    site.execute(sa.update(patient).where(_is(id_)).values(id=stolen))
    with pytest.raises(UnreadableError):
        look_up_patient(site.desk, ACTOR, stolen)


@pytest.mark.parametrize("column", [patient.c.first_name, patient.c.last_name, patient.c.mrn], ids=str)
def test_a_damaged_name_is_not_listed_and_hides_nobody_else(site: Site, column: sa.Column[bytes]):
    """The directory leaves the record out, says so in the log, and never guesses."""
    one, other = (register_patient(site.desk, ACTOR, _person(number)).id for number in (1, 2))
    site.execute(sa.update(patient).where(_is(one)).values({column: _value(site, column, _is(other))}))
    assert site.desk.directory.find(site.here, Listing()).numbers == (2,)
    with pytest.raises(UnreadableError):
        look_up_patient(site.desk, ACTOR, one)


def test_the_reason_of_another_move_is_never_shown(site: Site):
    """History is sealed move by move: who and why cannot be exchanged."""
    ids = [register_patient(site.desk, ACTOR, _person(number)).id for number in (1, 2)]
    for id_ in ids:
        archive_patient(site.desk, ACTOR, id_, Reason(f"Because of {id_}"))
    one, other = (patient_move.c.patient_id == id_ for id_ in ids)
    for column in sealed_columns(patient_move):
        with (
            _changed(site, column, one, _value(site, column, other)),
            site.desk.begin(site.here) as work,
            pytest.raises(UnreadableError),
        ):
            work.patients.history(ids[0])


def _two_accounts(site: Site) -> tuple[User, User]:
    with site.desk.begin(site.here) as work:
        one, other = (
            work.users.add(
                attrs.evolve(
                    a_new_user(role, email=f"u{number}@example.org", patient_id=a_patient_id(number)),
                    phone=Phone(f"555-010{number}"),
                ),
                f"hash {number}",
            )
            for number, role in ((1, Role.NURSE), (2, Role.ADMIN))
        )
        work.users.save(attrs.evolve(other, is_active=False, is_2fa_enabled=True))
        work.commit()
    return one, other


FORGEABLE = [column for column in user_account.c if column.name not in {"id", "last_login_at"}]


@pytest.mark.parametrize("column", FORGEABLE, ids=lambda column: column.name)
def test_an_account_with_a_value_of_another_is_not_genuine(site: Site, column: sa.Column[Any]):
    """Nobody becomes somebody else, or more than they are, by a column that is copied from another row."""
    one, other = _two_accounts(site)
    is_one, is_other = user_account.c.id == one.id, user_account.c.id == other.id
    # Where the schema allows no copy, something else that it allows.
    instead: dict[str, Any] = {
        "record_id": site.desk.ids.new_id(),
        "email_bix": bytes(32),
        "practice_id": site.house.found(a_practice_id(2)),
        "key_version": 2,
    }
    copied = instead[column.name] if column.name in instead else _value(site, column, is_other)
    with _changed(site, column, is_one, copied):
        shown = site.desk.accounts.by_id(one.id)
        assert shown is not None
        assert not shown.is_genuine
        assert shown.email != other.email
    assert site.desk.accounts.by_id(one.id) == one


def test_an_account_under_the_id_of_another_is_not_genuine(site: Site):
    """What the trail says of an id stays said of the same person."""
    one, other = _two_accounts(site)
    site.execute(sa.delete(user_account).where(user_account.c.id == other.id))
    site.execute(sa.update(user_account).where(user_account.c.id == one.id).values(id=other.id))
    shown = site.desk.accounts.by_id(other.id)
    assert shown is not None
    assert not shown.is_genuine


@pytest.mark.parametrize(
    "forged",
    [{"ends_at": NOW + timedelta(days=9)}, {"session_id": a_session(number=2).id}, {"user_id": 2}],
    ids=lambda forged: next(iter(forged)),
)
def test_an_emergency_that_was_changed_opens_nothing(site: Site, forged: dict[str, Any]):
    """Neither made to last, nor put under another session; and it is shown as what it is."""
    one, _ = _two_accounts(site)
    session, second = a_session(one.id), a_session(one.id, number=2)
    declared = BreakGlass(
        EmergencyId(UUID(int=1)), site.here, one.id, session.id, Reason("Why"), NOW, NOW + EMERGENCY_LIFE
    )
    with site.desk.begin(site.here) as work:
        work.sessions.open(session)
        work.sessions.open(second)
        work.emergencies.add(declared, [])
        work.commit()
    purpose = Purpose.EMERGENCY_TREATMENT
    assert site.desk.accounts.in_session(one.id, session.id, at=NOW) == Present(one, purpose)
    site.execute(sa.update(emergency).values(**forged))
    for opened in (session, second):
        assert site.desk.accounts.in_session(one.id, opened.id, at=NOW) == Present(one)
    with site.desk.begin(site.here) as work:
        [shown] = work.emergencies.newest_first(skip=0, limit=1)
    assert not shown.is_genuine


def _declared(site: Site) -> tuple[User, User, BreakGlass]:
    """Who declared an emergency, the administrator who is to be told, and the emergency."""
    with site.desk.begin(site.here) as work:
        nurse, boss = (
            work.users.add(a_new_user(role, email=f"{role.value}@example.org"), "hash")
            for role in (Role.NURSE, Role.ADMIN)
        )
        declared = BreakGlass(
            EmergencyId(UUID(int=1)),
            site.here,
            nurse.id,
            a_session(nurse.id).id,
            Reason("Why"),
            NOW,
            NOW + EMERGENCY_LIFE,
        )
        work.emergencies.add(declared, [boss.id])
        work.commit()
    return nurse, boss, declared


def _stranger(site: Site) -> User:
    """An administrator of another practice."""
    with site.desk.begin(site.house.found(a_practice_id(2))) as work:
        stranger = work.users.add(a_new_user(Role.ADMIN, email="stranger@example.org"), "hash")
        work.commit()
    return stranger


def test_a_forged_emergency_hides_no_other(site: Site):
    """Neither one that names an account of another practice, nor one whose reason was changed."""
    _, _, declared = _declared(site)
    copy = {"id": sa.literal(UUID(int=2), sa.Uuid()), "user_id": sa.literal(_stranger(site).id)}
    site.execute(
        sa.insert(emergency).from_select(
            emergency.c.keys(), sa.select(*(copy.get(column.name, column) for column in emergency.c))
        )
    )
    reason = _value(site, emergency.c.reason, emergency.c.id == declared.id)
    page = find_emergencies(site.desk, ACTOR, PageRequest())
    assert [shown.emergency.is_genuine for shown in page.items] == [False, True]
    with _changed(site, emergency.c.reason, emergency.c.id == declared.id, _flipped(reason, 20)):
        page = find_emergencies(site.desk, ACTOR, PageRequest())
    assert [shown.emergency.is_genuine for shown in page.items] == [False, False]


def test_no_letter_repeats_what_a_forged_row_says(site: Site):
    """Whoever writes to the database could accuse anybody of an emergency: administrators are warned."""
    nurse, boss, _ = _declared(site)
    site.execute(sa.update(emergency).values(ends_at=NOW + timedelta(days=9)))
    letters: list[Letter] = []
    assert tell_of_emergencies(site.desk, _Tray(letters)).sent == 1
    assert [letter.to for letter in letters] == [boss.email]
    assert nurse.email.reveal() not in letters[0].text.reveal()


def test_no_letter_leaves_for_another_practice(site: Site):
    """Whom a notice names is in clear, and may be changed by whoever writes to the database."""
    _declared(site)
    site.execute(sa.update(emergency_notice).values(administrator_id=_stranger(site).id))
    assert tell_of_emergencies(site.desk, _Tray([])) == Round()


def test_an_account_without_a_tag_is_not_genuine(site: Site):
    """Nor one that was inserted by somebody who has no key."""
    one, _ = _two_accounts(site)
    site.execute(sa.update(user_account).where(user_account.c.id == one.id).values(tag=None))
    shown = site.desk.accounts.by_id(one.id)
    assert shown is not None
    assert not shown.is_genuine


def test_nothing_is_written_on_top_of_a_forged_account(site: Site):
    """It would get a tag of ours, and be genuine from then on."""
    one, _ = _two_accounts(site)
    site.execute(sa.update(user_account).where(user_account.c.id == one.id).values(role="admin"))
    for write in (
        lambda work: work.users.save(attrs.evolve(one, is_active=False)),
        lambda work: work.users.set_password(one.id, "another hash"),
    ):
        with site.desk.begin(site.here) as work, pytest.raises(ForgedAccountError):
            write(work)
    with site.desk.begin_sign_in() as work, pytest.raises(ForgedAccountError):
        work.accounts.signed_in(one.id, at=site.clock.now())


def test_a_row_that_was_opened_before_is_checked_again_when_it_changes(site: Site):
    """What is remembered of a row is remembered of its very bytes."""
    one, _ = _two_accounts(site)
    session = a_session(one.id, at=site.clock.now())
    with site.desk.begin_sign_in() as work:
        work.sessions.open(session)
        work.commit()
    now = site.clock.now()
    for _ in range(2):
        assert site.desk.accounts.in_session(one.id, session.id, at=now) == Present(one)
    site.execute(sa.update(user_account).where(user_account.c.id == one.id).values(role="admin"))
    shown = site.desk.accounts.in_session(one.id, session.id, at=now)
    assert shown is not None
    assert not shown.user.is_genuine


def test_the_answer_of_another_receipt_is_never_given(site: Site):
    """A kept answer belongs to its key, its practice and its moment."""
    for number in (1, 2):
        once = attrs.evolve(ONCE, key=Phi(f"key-{number}"))
        register_patient(site.desk, ACTOR, _person(number), once=once)
        site.clock.advance()
    first, second = site.execute(sa.select(receipt.c.answer).order_by(receipt.c.at))
    site.execute(sa.update(receipt).where(receipt.c.answer == first[0]).values(answer=second[0]))
    with pytest.raises(UnreadableError):
        register_patient(site.desk, ACTOR, _person(1), once=attrs.evolve(ONCE, key=Phi("key-1")))


def test_what_is_absent_can_be_told_except_for_the_ssn(site: Site):
    """NULL stays NULL, but whether a social security number is known is nobody's business."""
    bare = register_patient(site.desk, ACTOR, a_new_patient(phone=None, email=None)).id
    row = site.execute(sa.select(patient).where(_is(bare)))[0]._mapping
    absent = {column.name for column in patient.c if row[column.name] is None}
    assert absent == {
        "phone", "email", "line1", "line2", "city", "state", "zip", "external_id", "external_id_bix",
        "supplement", "merged_into",
    }  # fmt: skip
    assert len(row["ssn"]) == len(_ssn_of(site, _person(1)))
    assert look_up_patient(site.desk, ACTOR, bare).ssn is None


def _ssn_of(site: Site, new: NewPatient) -> bytes:
    return _value(site, patient.c.ssn, _is(register_patient(site.desk, ACTOR, new).id))


def test_a_move_seals_nothing_anew(site: Site):
    """Archiving a patient does not touch the envelopes: they stay bound to the demographics' version."""
    id_ = register_patient(site.desk, ACTOR, _person(1)).id
    before = {column: _value(site, column, _is(id_)) for column in sealed_columns(patient)}
    archive_patient(site.desk, ACTOR, id_, Reason("Moved away"))
    assert {column: _value(site, column, _is(id_)) for column in sealed_columns(patient)} == before


def test_a_revision_seals_everything_anew(site: Site):
    """What did not change, too: all fields are of one version, and equal values look different."""
    id_ = register_patient(site.desk, ACTOR, _person(1)).id
    before = {column: _value(site, column, _is(id_)) for column in sealed_columns(patient)}
    revised: Patient = revise_patient(
        site.desk, ACTOR, id_, Revision(first_name=a_name("Ann").first, ssn=Ssn("899-12-9999"))
    )
    assert not any(_value(site, column, _is(id_)) == old for column, old in before.items())
    assert look_up_patient(site.desk, ACTOR, id_) == revised


def test_equal_people_look_different(site: Site):
    """Two practices' records of one person have no column in common, digests included."""
    elsewhere = an_actor(practice_id=site.house.found(a_practice_id(2)))
    ids = [register_patient(site.desk, actor, _person(1)).id for actor in (ACTOR, elsewhere)]
    columns = [*sealed_columns(patient), patient.c.mrn_bix, patient.c.external_id_bix]
    assert not any(
        _value(site, column, _is(ids[0])) == _value(site, column, _is(ids[1])) for column in columns
    )


def test_the_digest_of_an_mrn_is_whole(site: Site):
    """32 bytes, as the HMAC gives them."""
    id_ = register_patient(site.desk, ACTOR, _person(1)).id
    assert len(_value(site, patient.c.mrn_bix, _is(id_))) == 32
    assert look_up_patient(site.desk, ACTOR, id_).external_id == ExternalId("E-1")
