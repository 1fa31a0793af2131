"""Mornings on which a reader dies, or comes back with everything it kept."""

import json
from collections import Counter
from datetime import datetime, timedelta

import pytest
from sqlmodel import Session, select

from core.attendance.runs import RunKey, release_run
from core.attendance.tables import AttendanceDay, NoShowRun
from core.calendar.policy import NewRule, add_rule
from core.db import transaction
from core.delivery.claims import claim
from core.delivery.settle import Settlement, settle
from core.duty.no_show_tick import run_no_show_tick
from core.duty.reader_tick import watch_readers
from core.gate.health import gate_health
from core.house import House
from core.kinds import NoticeKind, NoticeState
from core.notices.tables import Notice
from core.people.tables import Guardian
from tests.factories import DESK, card_uid_of, make_binding, make_staff, make_student
from tests.gate.conftest import SigningReader

CHILDREN = [f"1151{n:04d}" for n in range(100, 250)]
DAY = "2026-11-23"


def _at(clock: str) -> datetime:
    return datetime.fromisoformat(f"{DAY}T{clock}+08:00")


def _beat(house: House, reader: SigningReader, last_seq: int = 0, buffered: int = 0) -> None:
    clock = house.clock.now().isoformat()
    beat = {"boot_id": "boot-1", "last_seq": last_seq, "buffered": buffered, "clock": clock}
    assert reader.send(beat, path="heartbeat").status_code == 200


def _counts(session: Session) -> Counter[tuple[str, str]]:
    return Counter((one.kind, one.state) for one in session.exec(select(Notice)))


@pytest.fixture
def school(house: House, reader: SigningReader) -> House:
    """A hundred and fifty bound children more, an officer, no grace; the reader lives at 07:29."""
    with transaction(house.engine) as session:
        mei = session.exec(select(Guardian)).one()
        for number in CHILDREN:
            make_binding(session, mei, make_student(session, house, number=number))
        make_staff(session, house, "U" + "c" * 32)
        add_rule(session, "353607", NewRule(grace_minutes=0), by="operator", now=_at("06:00:00"))
    house.clock.move_to(_at("07:29:50"))
    _beat(house, reader)
    return house


def test_reader_that_dies_at_half_past_seven_accuses_no_one_and_staff_know_within_two_minutes(
    school: House,
) -> None:
    for seconds in range(0, 121, 15):
        school.clock.move_to(_at("07:30:00") + timedelta(seconds=seconds))
        watch_readers(school)
    with transaction(school.engine) as session:
        assert _counts(session) == {(NoticeKind.READER_SILENT, NoticeState.PENDING): 1}
    for clock in ("08:30:00", "08:31:00", "09:00:00"):
        school.clock.move_to(_at(clock))
        run_no_show_tick(school)
        watch_readers(school)
    with transaction(school.engine) as session:
        assert _counts(session) == {
            (NoticeKind.READER_SILENT, NoticeState.PENDING): 1,
            (NoticeKind.HELD, NoticeState.PENDING): 1,
        }
        assert session.exec(select(NoShowRun)).one().held == len(CHILDREN) + 1


# PostgreSQL may scan the day's taps until it has counted them for the first time.
@pytest.mark.timeout(400)
def test_three_hours_offline_then_nine_hundred_taps(school: House, reader: SigningReader) -> None:
    """Staff released the no-shows meanwhile; LINE took them all."""
    school.clock.move_to(_at("08:32:00"))
    run_no_show_tick(school)
    with transaction(school.engine) as session:
        key = RunKey("353607", _at("08:30:00").date(), _at("08:30:00").time())
        gate = gate_health(session, "353607", school.clock.now())
        release_run(session, DESK, key, gate=gate, by="staff:x", now=school.clock.now())
    _line_takes_everything(school)
    school.clock.move_to(_at("10:30:00"))
    _beat(school, reader, last_seq=900, buffered=900)
    taps = _kept_taps()
    for half in (taps[:450], taps[450:]):
        for _ in range(2):
            assert reader.send({"boot_id": "boot-1", "taps": half}).status_code == 200
    with transaction(school.engine) as session:
        counts = _counts(session)
        assert counts[NoticeKind.CORRECTION, NoticeState.PENDING] == len(CHILDREN)
        assert counts[NoticeKind.ARRIVAL, NoticeState.PENDING] == 0, "no old news as new"
        arrived = [day for day in session.exec(select(AttendanceDay)) if day.arrived_at]
        assert {day.arrivals for day in arrived} == {1}
        assert len(arrived) == len(CHILDREN)
        assert {day.no_show for day in arrived} == {"cleared"}


def _kept_taps() -> list[dict[str, object]]:
    """Six taps a child from half past seven to ten: bounces, and later ones without a change."""
    minutes = ("07:31:00", "07:31:20", "07:31:50", "08:10:00", "09:00:00", "10:00:00")
    made = [
        {"card_uid": card_uid_of(number), "tapped_at": f"{DAY}T{clock}+08:00"}
        for clock in minutes
        for number in CHILDREN
    ]
    return [{"seq": seq, **tap} for seq, tap in enumerate(made, start=1)]


def _line_takes_everything(house: House) -> None:
    with transaction(house.engine) as session:
        leased = claim(session, now=house.clock.now(), limit=1000)
        done = [
            Settlement(one.id, one.school_day, one.lease_token, NoticeState.ACCEPTED, "http_200")
            for one in leased
        ]
        settle(session, done, house.clock.now())
    assert json.loads(leased[0].content)
