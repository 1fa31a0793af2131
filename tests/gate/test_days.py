"""From taps to day records and notices: late uploads, any order, corrections."""

import itertools
from collections.abc import Callable
from datetime import date, datetime, time, timedelta

import orjson
import pytest
from sqlmodel import Session, select

from core.attendance.leaves import Filer, file_leave
from core.attendance.no_show import mark_missing
from core.attendance.tables import AttendanceDay, LeaveReason, NoShowState
from core.calendar.policy import NewRule, add_rule
from core.clock import TAIPEI, taipei_clock
from core.db import transaction
from core.delivery.claims import claim, expire
from core.delivery.settle import Settlement, settle
from core.gate.health import gate_health
from core.house import House
from core.kinds import Channel, DayPart, EventKind, NoticeKind, NoticeState
from core.notices.fan_out import tell_no_shows
from core.notices.tables import Notice
from core.people.friends import record_friendship
from core.people.subscriptions import save_boxes
from core.people.tables import Binding, School, Student
from tests.calendar.rows import put_closure
from tests.factories import (
    DESK,
    HUA,
    MEI,
    card_uid_of,
    make_binding,
    make_guardian,
    make_student,
)
from tests.gate.conftest import SigningReader

MING = card_uid_of("11510001")
MONDAY = date(2026, 11, 23)


def _at(clock: str) -> datetime:
    return datetime.fromisoformat(f"{MONDAY}T{clock}+08:00")


def _iso(clock: str) -> str:
    return f"{MONDAY}T{clock}+08:00"


def _notices(session: Session) -> list[Notice]:
    return list(session.exec(select(Notice).order_by(Notice.created_at, Notice.dedupe_key)))  # type: ignore[arg-type]


def _day(session: Session) -> AttendanceDay:
    return session.exec(select(AttendanceDay)).one()


def _sweep(house: House, clock: str = "08:30:00") -> int:
    """Tell no-shows as the tick does, with a gate that was heard a moment ago."""
    house.clock.move_to(_at(clock))
    now = house.clock.now()
    with transaction(house.engine) as session:
        missing = mark_missing(
            session, "353607", [6], MONDAY, state=NoShowState.TOLD, due_at=now, now=now
        )
        return tell_no_shows(
            session,
            DESK,
            missing,
            school_day=MONDAY,
            cutoff=session.get_one(School, "353607").cutoff,
            heartbeat=now,
            now=now,
        )


def _healthy_since(session: Session, school_code: str, now: datetime) -> datetime | None:
    return gate_health(session, school_code, now).heartbeat


def _send_all(house: House, state: NoticeState = NoticeState.ACCEPTED) -> list[str]:
    now = house.clock.now()
    with transaction(house.engine) as session:
        expire(session, now)
        leased = claim(session, now=now, limit=100)
        settle(
            session,
            [Settlement(one.id, one.school_day, one.lease_token, state, "test") for one in leased],
            now,
        )
    return [one.kind for one in leased]


def test_day_record_keeps_arrival_and_departure(house: House, reader: SigningReader) -> None:
    house.clock.move_to(_at("16:10:00"))
    reader.taps((1, MING, _iso("15:30:00")), (2, MING, _iso("16:02:00")))
    reader.taps((3, MING, _iso("07:41:00")))
    with transaction(house.engine) as session:
        day = _day(session)
        assert (day.arrived_at, day.departed_at) == (_at("07:41:00"), _at("15:30:00"))
        assert (day.arrivals, day.departures) == (1, 1)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_any_order_of_the_same_taps_ends_in_one_record_and_one_notice_each(
    house: House, reader: SigningReader, order: tuple[int, ...]
) -> None:
    house.clock.move_to(_at("12:10:00"))
    taps = [(1, MING, _iso("11:20:00")), (2, MING, _iso("11:25:00")), (3, MING, _iso("12:05:00"))]
    for place in order:
        reader.taps(taps[place])
    with transaction(house.engine) as session:
        day = _day(session)
        assert (day.arrived_at, day.departed_at) == (_at("11:20:00"), _at("12:05:00"))
        assert sorted(notice.kind for notice in _notices(session)) == ["arrival", "departure"]


def _leave_at_noon(session: Session) -> None:
    ming = session.exec(select(Student)).one()
    file_leave(
        session,
        "liff",
        student_id=ming.id,
        first_day=MONDAY,
        last_day=MONDAY,
        part=DayPart.AFTERNOON,
        reason=LeaveReason.SICK,
        filer=Filer("staff:1"),
        now=_at("10:00:00"),
    )


def _close_at_noon(session: Session) -> None:
    put_closure(session, MONDAY, part=DayPart.AFTERNOON, school_code="353607")


def _close_the_day(session: Session) -> None:
    put_closure(session, MONDAY, part=DayPart.WHOLE, school_code="353607")


@pytest.mark.parametrize("free_the_afternoon", [_leave_at_noon, _close_at_noon, _close_the_day])
def test_who_is_free_in_the_afternoon_is_told_home_at_noon(
    house: House, reader: SigningReader, free_the_afternoon: Callable[[Session], None]
) -> None:
    house.clock.move_to(_at("07:42:00"))
    with transaction(house.engine) as session:
        all_day = NewRule(departure_from=time(15, 30))
        add_rule(session, "353607", all_day, by="operator", now=_at("06:00:00"))
    reader.taps((1, MING, _iso("07:41:00")))
    with transaction(house.engine) as session:
        free_the_afternoon(session)
    house.clock.move_to(_at("12:11:00"))
    assert reader.statuses((2, MING, _iso("12:10:00"))) == ["recorded"]
    with transaction(house.engine) as session:
        assert _day(session).departed_at == _at("12:10:00")
        (told,) = (one for one in _notices(session) if one.kind == NoticeKind.DEPARTURE)
        assert told.state == NoticeState.PENDING


def test_notice_carries_the_taps_own_time(house: House, reader: SigningReader) -> None:
    house.clock.move_to(_at("08:20:00"))
    reader.taps((1, MING, _iso("07:41:00")))
    with transaction(house.engine) as session:
        message = orjson.loads(_notices(session)[0].content)[0]
    assert message["altText"] == "小明 07:41 到校"


def test_news_older_than_an_hour_is_kept_but_not_sent(house: House, reader: SigningReader) -> None:
    house.clock.move_to(_at("10:45:00"))
    assert reader.statuses((1, MING, _iso("07:41:00"))) == ["recorded"]
    assert _send_all(house) == []
    with transaction(house.engine) as session:
        notice = _notices(session)[0]
        assert (notice.state, notice.outcome) == (NoticeState.EXPIRED, "stale")
        assert _day(session).arrived_at == _at("07:41:00")


def test_every_guardian_who_ticked_the_box_hears_and_nobody_else(
    house: House, reader: SigningReader
) -> None:
    with transaction(house.engine) as session:
        ming = session.exec(select(Student)).one()
        make_binding(session, make_guardian(session, house, "U" + "c" * 32, name="王志遠"), ming)
        make_guardian(session, house, HUA, name="陳淑華")
    house.clock.move_to(_at("07:42:00"))
    reader.taps((1, MING, _iso("07:41:00")))
    with transaction(house.engine) as session:
        assert {one.line_user_id for one in _notices(session)} == {MEI, "U" + "c" * 32}


def test_unticked_box_means_silence(house: House, reader: SigningReader) -> None:
    with transaction(house.engine) as session:
        binding = session.exec(select(Binding)).one()
        save_boxes(session, binding_id=binding.id, wanted=frozenset(), now=house.clock.now())
    house.clock.move_to(_at("07:42:00"))
    assert reader.statuses((1, MING, _iso("07:41:00"))) == ["recorded"]
    with transaction(house.engine) as session:
        assert _notices(session) == []


def test_way_home_begins_when_the_rule_of_the_day_says(house: House, reader: SigningReader) -> None:
    with transaction(house.engine) as session:
        rule = NewRule(grade=6, departure_from=time(15, 30))
        add_rule(session, "353607", rule, by="operator", now=_at("06:00:00"))
    house.clock.move_to(_at("16:10:00"))
    reader.taps((1, MING, _iso("12:10:00")), (2, MING, _iso("15:30:00")))
    with transaction(house.engine) as session:
        day = _day(session)
        assert (day.arrived_at, day.departed_at) == (_at("12:10:00"), _at("15:30:00"))


def test_closure_is_heeded_where_a_tap_of_an_earlier_day_comes_with_it(
    house: House, reader: SigningReader
) -> None:
    with transaction(house.engine) as session:
        put_closure(session, MONDAY, part=DayPart.MORNING, school_code="353607")
    house.clock.move_to(_at("13:00:00"))
    reader.taps((1, MING, "2026-11-22T08:00:00+08:00"), (2, MING, _iso("12:30:00")))
    with transaction(house.engine) as session:
        ming = session.exec(select(Student)).one()
        assert session.get_one(AttendanceDay, (ming.id, MONDAY)).arrived_at == _at("12:30:00")


@pytest.mark.parametrize(
    ("usual", "clock", "kind"),
    [
        (time(11, 30), "12:30:00", "arrival"),
        (time(11, 30), "14:59:59", "arrival"),
        (time(11, 30), "15:00:00", "departure"),
        (time(16, 0), "15:59:59", "arrival"),
    ],
)
def test_who_comes_at_noon_after_a_closed_morning_is_not_told_home(
    house: House, reader: SigningReader, usual: time, clock: str, kind: str
) -> None:
    with transaction(house.engine) as session:
        session.get_one(School, "353607").departure_from = usual
        put_closure(session, MONDAY, part=DayPart.MORNING, school_code="353607")
    house.clock.move_to(_at("16:10:00"))
    reader.taps((1, MING, _iso(clock)))
    with transaction(house.engine) as session:
        day = _day(session)
        assert (day.arrivals, day.departures) == ((1, 0) if kind == "arrival" else (0, 1))


def test_guardian_who_blocked_us_gets_a_refused_row_and_no_push(
    house: House, reader: SigningReader
) -> None:
    with transaction(house.engine) as session:
        record_friendship(session, line_user_id=MEI, is_following=False, at=house.clock.now())
    house.clock.move_to(_at("07:42:00"))
    reader.taps((1, MING, _iso("07:41:00")))
    assert _send_all(house) == []
    with transaction(house.engine) as session:
        assert [one.state for one in _notices(session)] == [NoticeState.REFUSED]


def test_no_show_names_the_child_without_a_tap_only(house: House, reader: SigningReader) -> None:
    with transaction(house.engine) as session:
        make_student(session, house, name="王小華", number="11510002")
    house.clock.move_to(_at("07:42:00"))
    reader.taps((1, card_uid_of("11510002"), _iso("07:41:00")))
    assert _sweep(house) == 1
    assert _send_all(house) == ["no_show"]


def test_second_sweep_tells_nobody_again(house: House, reader: SigningReader) -> None:
    assert _sweep(house) == 1
    assert _sweep(house, "08:31:00") == 0


def test_tap_before_sending_cancels_the_no_show_without_a_correction(
    house: House, reader: SigningReader
) -> None:
    _sweep(house)
    reader.taps((1, MING, _iso("08:29:50")))
    assert _send_all(house) == ["arrival"]
    with transaction(house.engine) as session:
        states = {one.kind: one.state for one in _notices(session)}
        assert states["no_show"] == NoticeState.CANCELLED
        assert _day(session).no_show == NoShowState.CLEARED


@pytest.mark.parametrize(
    ("tapped", "words"), [("07:41:00", "請放心"), ("08:40:00", "「尚無刷卡紀錄」已更新")]
)
def test_tap_after_sending_brings_exactly_one_correction(
    house: House, reader: SigningReader, tapped: str, words: str
) -> None:
    _sweep(house)
    _send_all(house)
    house.clock.move_to(_at("08:41:00"))
    reader.taps((1, MING, _iso(tapped)))
    reader.taps((2, MING, _iso("08:40:30")))
    assert _send_all(house) + _send_all(house) == ["correction"], "one arrival, one message"
    with transaction(house.engine) as session:
        content = next(one for one in _notices(session) if one.kind == "correction").content
        assert words in content.decode()


def test_child_first_seen_leaving_is_not_said_to_have_arrived(
    house: House, reader: SigningReader
) -> None:
    _sweep(house)
    _send_all(house)
    house.clock.move_to(_at("11:45:00"))
    reader.taps((1, MING, _iso("11:40:00")))
    assert _send_all(house) + _send_all(house) == ["correction"]
    with transaction(house.engine) as session:
        content = next(one for one in _notices(session) if one.kind == "correction").content
    assert "11:40" in content.decode()
    assert "到校" not in content.decode().replace("到校通知", "")


def test_correction_reaches_who_read_the_no_show_even_if_the_box_is_off_now(
    house: House, reader: SigningReader
) -> None:
    _sweep(house)
    _send_all(house)
    with transaction(house.engine) as session:
        binding = session.exec(select(Binding)).one()
        wanted = frozenset({(Channel.LINE, EventKind.ARRIVAL)})
        save_boxes(session, binding_id=binding.id, wanted=wanted, now=house.clock.now())
    reader.taps((1, MING, _iso("08:29:50")))
    assert _send_all(house) == ["correction"]


def test_no_show_that_certainly_never_left_needs_no_correction(
    house: House, reader: SigningReader
) -> None:
    _sweep(house)
    now = house.clock.now()
    with transaction(house.engine) as session:
        leased = claim(session, now=now, limit=1)[0]
        stopped = Settlement(
            leased.id,
            leased.school_day,
            leased.lease_token,
            NoticeState.PENDING,
            "http_401",
            now,
            is_try=False,
        )
        settle(session, [stopped], now)
    reader.taps((1, MING, _iso("08:29:50")))
    assert _send_all(house) == ["arrival"]


def test_late_upload_of_a_way_out_tells_the_way_back_too(
    house: House, reader: SigningReader, make_signing_reader: Callable[..., SigningReader]
) -> None:
    way_in, way_out = make_signing_reader(direction="in"), make_signing_reader(direction="out")
    house.clock.move_to(_at("07:41:00"))
    way_in.taps((1, MING, _iso("07:40:00")))
    house.clock.move_to(_at("13:01:00"))
    assert way_in.statuses((2, MING, _iso("13:00:00"))) == ["duplicate"]
    house.clock.move_to(_at("13:05:00"))
    way_out.taps((1, MING, _iso("12:40:00")))
    with transaction(house.engine) as session:
        told = [orjson.loads(one.content)[0]["altText"] for one in _notices(session)]
    assert told == ["小明 07:40 到校", "小明 12:40 離校", "小明 13:00 再次到校"]


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_directed_readers_in_any_order_tell_no_tap_twice(
    house: House,
    reader: SigningReader,
    make_signing_reader: Callable[..., SigningReader],
    order: tuple[int, ...],
) -> None:
    way_in, way_out = make_signing_reader(direction="in"), make_signing_reader(direction="out")
    house.clock.move_to(_at("12:50:00"))
    sends = [
        (way_in, (1, MING, _iso("12:00:00"))),
        (way_out, (1, MING, _iso("12:10:00"))),
        (way_in, (2, MING, _iso("12:20:00"))),
        (way_out, (2, MING, _iso("12:30:00"))),
    ]
    for place in order:
        sender, tap = sends[place]
        sender.taps(tap)
    with transaction(house.engine) as session:
        taps = [one.tap_id for one in _notices(session)]
        day = _day(session)
    assert len(taps) == len(set(taps)) <= 4
    assert (day.arrivals, day.departures) == (2, 2)
    assert (day.arrived_at, day.departed_at) == (_at("12:00:00"), _at("12:30:00"))


def test_tap_while_the_no_show_is_on_its_way_corrects_it_and_stops_its_retries(
    house: House, reader: SigningReader
) -> None:
    _sweep(house)
    with transaction(house.engine) as session:
        in_flight = claim(session, now=house.clock.now(), limit=10)
    assert [one.kind for one in in_flight] == ["no_show"]
    reader.taps((1, MING, _iso("08:29:50")))
    now = house.clock.now()
    with transaction(house.engine) as session:
        (sent,) = in_flight
        again = Settlement(
            sent.id, sent.school_day, sent.lease_token, NoticeState.PENDING, "timeout", now
        )
        settle(session, [again], now)
    kinds = _send_all(house) + _send_all(house)
    assert "no_show" not in kinds
    assert kinds.count("correction") == 1


def test_gate_is_healthy_only_while_every_reader_is_heard(
    house: House, reader: SigningReader
) -> None:
    now = house.clock.now()
    with transaction(house.engine) as session:
        assert _healthy_since(session, "353607", now) is None
    reader.taps((1, "0411223344AABB", now.astimezone(TAIPEI).isoformat()))
    with transaction(house.engine) as session:
        assert _healthy_since(session, "353607", now + timedelta(minutes=2)) == now
        assert _healthy_since(session, "353607", now + timedelta(minutes=2, seconds=1)) is None
        assert taipei_clock(now) == "07:20"
