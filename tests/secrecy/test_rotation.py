"""Keys change while everybody works: nothing fails to open, nobody is missed or found twice."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import col, select

from bot.claims import Outcome, claim_events, settle_events
from bot.inbox import store_events
from bot.tables import EventState, LineEvent
from core.binding.tries import OWN_LIMIT
from core.binding.trying import BindResult, bind_child
from core.crypto import Key, Vault
from core.db import snapshot, table_of, transaction
from core.house import House
from core.people.guardians import guardian_name
from core.people.roster import NATIONAL_ID, Claim, find_student
from core.people.sessions import find_session, open_session, session_line_name
from core.people.staff import enrol_staff, invite_staff
from core.people.tables import Guardian, StaffRole, Student
from core.sealed import KeptKey, hold_keys
from core.secrecy.rotation import rotate, rows_to_rotate
from core.secrecy.standing import UNKNOWN, columns_standing, keys_standing
from tests.bot.happenings import make_text
from tests.factories import HUA, claim_for, make_guardian, make_reader, make_school, make_student

CHILDREN = 12
TURNS = 4


class Stop(Exception):
    """The operator pulls the plug."""


@pytest.fixture
def town(house: House) -> Iterator[House]:
    """A school with children, two guardians, a reader, a session and an event."""
    kept = table_of(KeptKey)
    with snapshot(house.engine) as session:
        sealed = session.scalar(select(kept.c.key_sealed))
    with transaction(house.engine) as session:
        make_school(session)
        for number in range(CHILDREN):
            make_student(session, house, number=f"115100{number:02d}")
        make_guardian(session, house)
        make_guardian(session, house, HUA, name="陳志豪")
        make_reader(session, house)
        open_session(
            session,
            house.vault,
            line_user_id=HUA,
            line_name="Hua",
            proved_at=house.clock.now(),
            now=house.clock.now(),
        )
        store_events(session, [make_text("今天")], house.clock.now())
    yield house
    # The next test finds the database as the migrations left it.
    with transaction(house.engine) as session:
        session.execute(kept.update().values(key_sealed=sealed))


def turned(house: House, turn: int) -> House:
    """The same house after a restart with a fresh key in front of the former ones."""
    keys = tuple(Key(f"r{one}", bytes([one]) * 32) for one in range(turn, 0, -1))
    old = house.vault
    vault = Vault((*keys, *old._data_keys), (*keys, *old._index_keys))
    hold_keys(house.engine, vault)
    return replace(house, vault=vault)


def test_everything_stands_under_the_newest_keys_afterwards(town: House) -> None:
    now = turned(town, 1)
    assert rows_to_rotate(now.engine, now.vault) > CHILDREN
    done = rotate(now.engine, now.vault, batch=5)
    assert (done.missed, done.broken) == (0, {})
    assert rows_to_rotate(now.engine, now.vault) == 0
    with snapshot(now.engine) as session:
        columns = columns_standing(session, now)
        keys = keys_standing(now.vault, columns, now.clock.now())
    assert all(key.is_free for key in keys)
    assert {one.counts[UNKNOWN] for one in columns} == {0}


def test_former_key_is_needed_by_nobody_afterwards(town: House) -> None:
    now = turned(town, 1)
    rotate(now.engine, now.vault)
    alone = Vault(now.vault._data_keys[:1], now.vault._index_keys[:1])
    hold_keys(now.engine, alone)
    with transaction(now.engine) as session:
        student = session.exec(select(Student)).first()
        assert student is not None
        assert find_student(session, alone, claim_for(student)) is not None
        names = {guardian_name(alone, one) for one in session.exec(select(Guardian))}
        (claim,) = claim_events(session, now.clock.now(), 1)
    assert names == {"林雅婷", "陳志豪"}
    assert b"replyToken" in claim.body


def test_rotation_that_was_killed_goes_on_where_it_stopped(town: House) -> None:
    now = turned(town, 1)
    before = rows_to_rotate(now.engine, now.vault)

    def pull(rows: int) -> None:
        raise Stop

    with pytest.raises(Stop):
        rotate(now.engine, now.vault, pull, batch=3)
    middle = rows_to_rotate(now.engine, now.vault)
    assert 0 < middle < before
    assert rotate(now.engine, now.vault, batch=3).changed == middle
    assert rows_to_rotate(now.engine, now.vault) == 0


def test_row_written_meanwhile_keeps_what_was_written(town: House) -> None:
    now = turned(town, 1)
    newer = now.vault.seal("王大明", "guardian.name")

    def write(rows: int) -> None:
        with transaction(now.engine) as session:
            for one in session.exec(select(Guardian)):
                one.name_sealed = newer
                session.add(one)

    rotate(now.engine, now.vault, write, batch=1)
    with snapshot(now.engine) as session:
        assert {one.name_sealed for one in session.exec(select(Guardian))} == {newer}


def test_value_nobody_can_open_is_counted_and_stays(town: House) -> None:
    lost = Vault((Key("gone", b"x" * 32),), ()).seal("A123456789", NATIONAL_ID)
    student = table_of(Student)
    with transaction(town.engine) as session:
        session.execute(student.update().values(national_id_sealed=lost))
    now = turned(town, 1)
    done = rotate(now.engine, now.vault, batch=5)
    assert done.broken["student.national_id_sealed"] == CHILDREN
    with snapshot(now.engine) as session:
        assert set(session.scalars(select(student.c.national_id_sealed))) == {lost}


def test_key_of_an_open_invitation_is_told_until_when_it_is_needed(town: House) -> None:
    with transaction(town.engine) as session:
        code = invite_staff(
            session, town.vault, name="林國華", school_code="353607", role=StaffRole.OFFICER,
            homeroom=None, invited_by="operator", now=town.clock.now(),
        )  # fmt: skip
    now = turned(town, 1)
    rotate(now.engine, now.vault)
    with snapshot(now.engine) as session:
        columns = columns_standing(session, now)
    (data, index) = keys_standing(now.vault, columns, now.clock.now())
    assert data.is_free
    assert (index.is_free, index.until) == (False, now.clock.now() + timedelta(hours=24))
    with transaction(now.engine) as session:
        staff = enrol_staff(session, now.vault, code=code, line_user_id=HUA, now=now.clock.now())
    assert staff is not None


def test_rotating_again_and_again_under_load_fails_no_reader(town: House) -> None:
    """The keys turn; meanwhile people are matched, signed in, bound and written to."""
    vaults = [turned(town, turn).vault for turn in range(1, TURNS + 1)]
    hold_keys(town.engine, vaults[-1])
    # Every process knows all keys; each turn another one writes.
    worlds = [replace(town, vault=_writing(vaults[-1], turn)) for turn in range(1, TURNS + 1)]
    current, stop, faults = [worlds[0]], threading.Event(), []

    def keep(act: Callable[[House], None]) -> None:
        # SQLite lets one write at a time; without a pause nobody else would get a turn.
        while not stop.wait(0.02):
            try:
                act(current[0])
            except Exception as error:  # noqa: BLE001
                faults.append(repr(error))
                return

    acts = (_match, _sign_in, _chat)
    threads = [threading.Thread(target=keep, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    try:
        for world in worlds:
            current[0] = world
            hold_keys(world.engine, world.vault)
            while rotate(world.engine, world.vault, batch=20).missed:
                pass
    finally:
        stop.set()
        for thread in threads:
            thread.join(60)
    assert faults == []
    with snapshot(town.engine) as session:
        assert len(session.exec(select(Student)).all()) == CHILDREN


def _writing(vault: Vault, turn: int) -> Vault:
    """The vault with the key of this turn in front."""

    def first(keys: tuple[Key, ...]) -> tuple[Key, ...]:
        return tuple(sorted(keys, key=lambda key: key.id != f"r{turn}"))

    return Vault(first(vault._data_keys), first(vault._index_keys))


def _match(house: House) -> None:
    with snapshot(house.engine) as session:
        for student in session.exec(select(Student)).all():
            found = find_student(session, house.vault, claim_for(student))
            assert found is not None and found.id == student.id, "a missed match"
    with transaction(house.engine) as session:
        mei = session.exec(select(Guardian).order_by(col(Guardian.taipei_pass_id))).first()
        assert mei is not None
        outcome = bind_child(
            session, house.vault, guardian_id=mei.id, claim=claim_for(student),
            relationship="mother", now=house.clock.now(),
        )  # fmt: skip
        assert outcome.result in (BindResult.BOUND, BindResult.ALREADY)


def _sign_in(house: House) -> None:
    now = house.clock.now()
    with transaction(house.engine) as session:
        token = open_session(
            session, house.vault, line_user_id=HUA, line_name="Hua", proved_at=now, now=now
        )
    with snapshot(house.engine) as session:
        found = find_session(session, token, now)
        assert found is not None and found.line_user_id == HUA
        assert session_line_name(house.vault, found) == "Hua"
        for guardian in session.exec(select(Guardian)):
            guardian_name(house.vault, guardian)


def _chat(house: House) -> None:
    now = house.clock.now()
    with transaction(house.engine) as session:
        store_events(session, [make_text("今天")], now)
    with transaction(house.engine) as session:
        for claim in claim_events(session, now, 1):
            assert b"replyToken" in claim.body
            settle_events(session, [Outcome(claim, EventState.DONE)], now)
    with snapshot(house.engine) as session:
        assert {one.line_user_id for one in session.exec(select(LineEvent))} != set()


def test_tries_of_the_morning_count_after_the_keys_turned(town: House) -> None:
    with transaction(town.engine) as session:
        student = session.exec(select(Student)).first()
        assert student is not None
        guessers = [
            make_guardian(session, town, f"U{number:032x}", name="陳志豪") for number in range(3)
        ]
    wrong, right = claim_for(student, name="王大明"), claim_for(student)

    def bind(house: House, guardian: Guardian, claim: Claim) -> BindResult:
        with transaction(house.engine) as session:
            return bind_child(
                session, house.vault, guardian_id=guardian.id, claim=claim,
                relationship="father", now=house.clock.now(),
            ).result  # fmt: skip

    for guesser in guessers[:2]:
        assert {bind(town, guesser, wrong) for _ in range(OWN_LIMIT)} == {BindResult.MISMATCH}
    assert bind(turned(town, 1), guessers[2], right) is BindResult.MISMATCH
