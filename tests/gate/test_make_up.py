"""Make-up taps: a record with a name and a reason, taken back by another record, never edited."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import orjson
import pytest
from sqlmodel import Session, col, select

from core.attendance.leaves import Filer, file_leave
from core.attendance.no_show import mark_missing
from core.attendance.review import ReviewResult, answer_absent
from core.attendance.tables import AttendanceDay, LeaveReason, NoShowState
from core.db import transaction
from core.delivery.claims import claim
from core.delivery.settle import Settlement, settle
from core.errors import AccessError, InputError
from core.gate.class_answers import ClassAnswer, ClassWord, answer_for
from core.gate.make_up import make_ups_of, record_make_up, undo_make_up
from core.gate.tables import Tap
from core.house import House
from core.kinds import DayPart, Direction, NoticeState
from core.notices.fan_out import tell_no_shows
from core.notices.tables import Notice
from core.people.tables import Student
from core.watch.replay import Replay, replay
from tests.factories import DESK, card_uid_of
from tests.gate.conftest import SigningReader

MING = card_uid_of("11510001")
NOW = datetime.fromisoformat("2026-11-23T09:00:00+08:00")
SEVEN_FIFTY = datetime.fromisoformat("2026-11-23T07:50:00+08:00")


def _enter(session: Session, at: datetime = SEVEN_FIFTY, *, now: datetime = NOW, **more: object):  # type: ignore[no-untyped-def]
    facts = {"direction": Direction.IN, "recorded_by": "staff:1", "reason": "忘帶卡"} | more
    ming = session.exec(select(Student)).one()
    return record_make_up(session, "liff", student_id=ming.id, at=at, now=now, **facts)  # type: ignore[arg-type]


def _undo(session: Session, tap_id: UUID, now: datetime = NOW) -> None:
    undo_make_up(session, "liff", tap_id=tap_id, recorded_by="staff:2", reason="記錯", now=now)


def _day(session: Session) -> AttendanceDay:
    return session.exec(select(AttendanceDay).execution_options(populate_existing=True)).one()


def _alt_texts(session: Session) -> list[tuple[str, str, str]]:
    rows = session.exec(
        select(Notice).order_by(col(Notice.created_at), col(Notice.dedupe_key))
    ).all()
    return [(one.kind, one.state, orjson.loads(one.content)[0]["altText"]) for one in rows]


def _deliver(house: House, state: NoticeState = NoticeState.ACCEPTED) -> None:
    now = house.clock.now()
    with transaction(house.engine) as session:
        leased = claim(session, now=now, limit=50)
        done = [
            Settlement(one.id, one.school_day, one.lease_token, state, "test") for one in leased
        ]
        settle(session, done, now)


def test_entry_is_told_as_what_it_is(house: House, reader: SigningReader) -> None:
    house.clock.move_to(NOW)
    with transaction(house.engine) as session:
        _enter(session)
        assert (_day(session).arrived_at, _day(session).arrival_is_make_up) == (SEVEN_FIFTY, True)
        assert _alt_texts(session) == [("arrival", "pending", "小明 07:50 到校（補登）")]
        tap = session.exec(select(Tap)).one()
        assert (tap.source, tap.recorded_by, tap.reason) == ("make_up", "staff:1", "忘帶卡")


@pytest.mark.parametrize(
    ("at", "more", "code"),
    [
        (NOW + timedelta(minutes=1), {}, "future"),
        (NOW - timedelta(days=8), {}, "too_old"),
        (SEVEN_FIFTY, {"reason": " "}, "reason_missing"),
    ],
)
def test_entry_that_can_not_be_changes_nothing(
    house: House, reader: SigningReader, at: datetime, more: dict[str, str], code: str
) -> None:
    with pytest.raises(InputError) as refused, transaction(house.engine) as session:
        _enter(session, at, **more)
    assert refused.value.code == code
    with transaction(house.engine) as session:
        assert session.exec(select(Tap)).all() == []


def test_entry_beside_a_real_tap_is_told_once(house: House, reader: SigningReader) -> None:
    house.clock.move_to(NOW)
    reader.taps((1, MING, "2026-11-23T08:59:00+08:00"))
    with transaction(house.engine) as session:
        _enter(session)
        assert _day(session).arrived_at == SEVEN_FIFTY
        assert [alt for _, _, alt in _alt_texts(session)] == ["小明 08:59 到校"]


def test_wrong_entry_is_compensated_and_its_reader_hears(
    house: House, reader: SigningReader
) -> None:
    house.clock.move_to(NOW)
    with transaction(house.engine) as session:
        tap_id = _enter(session)
    _deliver(house)
    with transaction(house.engine) as session:
        _undo(session, tap_id)
        assert _day(session).arrived_at is None
        assert [tap.source for tap in session.exec(select(Tap))].count("undo") == 1
        assert session.get_one(Tap, tap_id).effective_at == SEVEN_FIFTY, "the record stays"
        assert _alt_texts(session)[1:] == [("makeup_undone", "pending", "小明的紀錄已更正")]
        body = session.exec(select(Notice).where(Notice.kind == "makeup_undone")).one().content
        assert "尚無刷卡紀錄" in body.decode()
        ming = session.exec(select(Student)).one()
        assert make_ups_of(session, ming.id, NOW.date()) == []
        with pytest.raises(InputError, match="answered"):
            _undo(session, tap_id)


def test_wrong_entry_nobody_read_yet_is_simply_not_sent(
    house: House, reader: SigningReader
) -> None:
    house.clock.move_to(NOW)
    with transaction(house.engine) as session:
        tap_id = _enter(session)
        _undo(session, tap_id)
        assert [(kind, state) for kind, state, _ in _alt_texts(session)] == [
            ("arrival", "cancelled")
        ]


def test_wrong_entry_that_line_called_wrong_is_not_put_back(
    house: House, reader: SigningReader
) -> None:
    house.clock.move_to(NOW)
    with transaction(house.engine) as session:
        tap_id = _enter(session)
    _deliver(house, NoticeState.DEAD)
    with transaction(house.engine) as session:
        _undo(session, tap_id)
        dead = session.exec(select(Notice)).one()
        assert replay(session, dead.id, by="operator", now=NOW) is Replay.OLD_NEWS


def test_real_arrival_after_a_wrong_entry_is_told(house: House, reader: SigningReader) -> None:
    house.clock.move_to(NOW)
    with transaction(house.engine) as session:
        tap_id = _enter(session)
    _deliver(house)
    with transaction(house.engine) as session:
        _undo(session, tap_id)
    reader.taps((1, MING, "2026-11-23T08:58:00+08:00"))
    with transaction(house.engine) as session:
        assert ("arrival", "pending", "小明 08:58 到校") in _alt_texts(session)


def test_tap_hidden_by_a_wrong_entry_stands_again_without_a_second_telling(
    house: House, reader: SigningReader
) -> None:
    house.clock.move_to(NOW)
    with transaction(house.engine) as session:
        tap_id = _enter(session)
    reader.taps((1, MING, "2026-11-23T08:58:00+08:00"))
    _deliver(house)
    with transaction(house.engine) as session:
        _undo(session, tap_id)
        assert _day(session).arrived_at == datetime.fromisoformat("2026-11-23T08:58:00+08:00")
        assert _alt_texts(session)[-1][0] == "makeup_undone"
        body = session.exec(select(Notice).where(Notice.kind == "makeup_undone")).one().content
        assert "到校 08:58" in body.decode()


def _no_show_was_read(house: House, *, is_read: bool = True) -> None:
    house.clock.move_to(NOW)
    with transaction(house.engine) as session:
        due = mark_missing(
            session, "353607", [6], NOW.date(), state=NoShowState.TOLD, due_at=NOW, now=NOW
        )
        tell_no_shows(
            session,
            DESK,
            due,
            school_day=NOW.date(),
            cutoff=NOW.time(),
            heartbeat=NOW,
            now=NOW,
        )
    if is_read:
        _deliver(house)


def test_teachers_word_after_a_read_no_show_corrects_it_and_so_does_its_undoing(
    house: House, reader: SigningReader
) -> None:
    _no_show_was_read(house)
    with transaction(house.engine) as session:
        tap_id = _enter(session, NOW)
        assert ("correction", "pending", "小明已到校（老師確認）") in _alt_texts(session)
    _deliver(house)
    with transaction(house.engine) as session:
        _undo(session, tap_id)
        kinds = [kind for kind, _, _ in _alt_texts(session)]
        assert "makeup_undone" in kinds, "they read that Ming was there"


def test_arrival_after_a_correction_that_was_wrong_is_told(
    house: House, reader: SigningReader
) -> None:
    _no_show_was_read(house)
    with transaction(house.engine) as session:
        tap_id = _enter(session, NOW)
    _deliver(house)
    with transaction(house.engine) as session:
        _undo(session, tap_id)
        _day(session).no_show = NoShowState.TOLD
    house.clock.move_to(NOW + timedelta(minutes=10))
    reader.taps((1, MING, "2026-11-23T09:09:00+08:00"))
    with transaction(house.engine) as session:
        assert ("arrival", "pending", "小明 09:09 到校") in _alt_texts(session)


@pytest.mark.parametrize("is_read", [True, False])
def test_teacher_who_took_the_word_back_can_say_that_the_child_is_missing(
    house: House, reader: SigningReader, is_read: bool
) -> None:
    _no_show_was_read(house, is_read=is_read)
    with transaction(house.engine) as session:
        tap_id = _enter(session, NOW)
    _deliver(house)
    with transaction(house.engine) as session:
        _undo(session, tap_id)
        ming, now = session.exec(select(Student)).one(), NOW + timedelta(minutes=1)
        facts = {"student_id": ming.id, "school_day": NOW.date(), "by": "staff:x"}
        assert answer_absent(session, DESK, now=now, **facts) is ReviewResult.TOLD  # type: ignore[arg-type]
        waiting = [kind for kind, state, _ in _alt_texts(session) if state == "pending"]
        assert waiting.count("no_show") == 1
    _deliver(house)
    _deliver(house)
    house.clock.move_to(NOW + timedelta(minutes=10))
    reader.taps((1, MING, "2026-11-23T09:09:00+08:00"))
    with transaction(house.engine) as session:
        waiting = [kind for kind, state, _ in _alt_texts(session) if state == "pending"]
        assert waiting == ["correction"], "one for each time it was said"


def test_list_shown_after_a_word_was_taken_back_can_be_answered(
    house: House, reader: SigningReader
) -> None:
    with transaction(house.engine) as session:
        _undo(session, _enter(session, NOW))
        ming = session.exec(select(Student)).one()
        old, fresh = (
            ClassAnswer(ClassWord.PRESENT, "staff:x", NOW + timedelta(minutes=shown))
            for shown in (-1, 2)
        )
        now = NOW + timedelta(minutes=3)
        with pytest.raises(InputError, match="answered"):
            answer_for(session, DESK, ming, old, now)
        assert answer_for(session, DESK, ming, fresh, now)


def test_way_out_entered_after_a_read_no_show_says_left_and_not_here(
    house: House, reader: SigningReader
) -> None:
    _no_show_was_read(house)
    with transaction(house.engine) as session:
        _enter(session, NOW, direction=Direction.OUT)
        assert ("correction", "pending", "小明 09:00 離校") in _alt_texts(session)


def test_only_an_entry_can_be_taken_back(house: House, reader: SigningReader) -> None:
    reader.taps((1, MING, "2026-11-23T07:19:00+08:00"))
    with transaction(house.engine) as session:
        tap = session.exec(select(Tap)).one()
        with pytest.raises(AccessError):
            _undo(session, tap.id)


def test_real_arrival_on_a_leave_is_told_after_a_wrong_entry_was(
    house: House, reader: SigningReader
) -> None:
    house.clock.move_to(NOW)
    with transaction(house.engine) as session:
        file_leave(
            session,
            "liff",
            student_id=session.exec(select(Student)).one().id,
            first_day=NOW.date(),
            last_day=NOW.date(),
            part=DayPart.WHOLE,
            reason=LeaveReason.SICK,
            filer=Filer("staff:1"),
            now=NOW,
        )
        tap_id = _enter(session)
        assert [kind for kind, _, _ in _alt_texts(session)].count("leave_tap") == 1
    _deliver(house)
    with transaction(house.engine) as session:
        _undo(session, tap_id)
    reader.taps((1, MING, "2026-11-23T08:58:00+08:00"))
    with transaction(house.engine) as session:
        assert ("arrival", "pending", "小明 08:58 到校") in _alt_texts(session)


def test_way_home_after_an_entry_between_two_ways_out_was_taken_back_is_told(
    house: House, make_signing_reader: Callable[..., SigningReader], reader: SigningReader
) -> None:
    way_in, way_out = (make_signing_reader(direction=one) for one in ("in", "out"))
    house.clock.move_to(NOW)
    way_in.taps((1, MING, "2026-11-23T07:30:00+08:00"))
    way_out.taps((1, MING, "2026-11-23T08:00:00+08:00"))
    with transaction(house.engine) as session:
        tap_id = _enter(session, NOW - timedelta(minutes=30))
    way_out.taps((2, MING, "2026-11-23T08:50:00+08:00"))
    with transaction(house.engine) as session:
        _undo(session, tap_id)
    house.clock.move_to(NOW + timedelta(hours=7))
    way_in.taps((2, MING, "2026-11-23T15:50:00+08:00"))
    way_out.taps((3, MING, "2026-11-23T15:55:00+08:00"))
    with transaction(house.engine) as session:
        assert ("departure", "pending", "小明 15:55 離校") in _alt_texts(session)


def test_late_upload_after_an_entry_was_taken_back_is_no_second_arrival(
    house: House, reader: SigningReader
) -> None:
    house.clock.move_to(NOW)
    reader.taps((2, MING, "2026-11-23T08:55:00+08:00"))
    with transaction(house.engine) as session:
        tap_id = _enter(session, NOW - timedelta(minutes=30))
    with transaction(house.engine) as session:
        _undo(session, tap_id)
    reader.taps((1, MING, "2026-11-23T08:45:00+08:00"))
    with transaction(house.engine) as session:
        told = [alt for kind, _, alt in _alt_texts(session) if kind == "arrival"]
        assert told == ["小明 08:55 到校"]
