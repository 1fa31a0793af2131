"""Requests for make-ups: one at a time, answered once, entered as any make-up is."""

import threading
from datetime import datetime, timedelta
from uuid import UUID

import orjson
import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from core.attendance.tables import AttendanceDay, NoShowState
from core.audit import AuditEntry
from core.clock import TAIPEI, school_day_of
from core.db import transaction
from core.errors import AccessError, InputError
from core.gate.make_up_requests import (
    NewRequest,
    approve_request,
    ask_make_up,
    refuse_request,
    undo_request,
    withdraw_request,
)
from core.gate.make_up_review import open_requests, recent_answers
from core.gate.tables import MakeUpRequest, RequestState, Tap
from core.house import House
from core.kinds import Direction, EventKind, MakeUpReason, MakeUpRefusal
from core.notices.fan_out import tell_no_shows
from core.notices.staff_desk import staff_desk
from core.notices.tables import Notice
from core.people.bindings import children_of
from core.people.subscriptions import save_boxes
from core.people.tables import Binding, Guardian, StaffRole, Student
from tests.factories import DESK, make_binding, make_guardian, make_school, make_staff, make_student

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=TAIPEI)
AT = datetime(2026, 11, 23, 7, 50, tzinfo=TAIPEI)
TEACHER = "U" + "7" * 32
Cast = tuple[UUID, UUID]


@pytest.fixture
def cast(house: House) -> Cast:
    """Mei and Ming, bound; a teacher of the class."""
    house.clock.move_to(NOW)  # type: ignore[attr-defined]
    with transaction(house.engine) as session:
        make_school(session)
        mei, ming = make_guardian(session, house), make_student(session, house)
        make_binding(session, mei, ming)
        role = StaffRole.HOMEROOM_TEACHER
        make_staff(session, house, TEACHER, role=role, homeroom="603")
        return mei.id, ming.id


def ask(session: Session, house: House, cast: Cast, **changed: object) -> UUID:
    """Mei asks."""
    (child,) = children_of(session, cast[0])
    facts: dict[str, object] = {
        "at": AT,
        "direction": Direction.IN,
        "reason": MakeUpReason.FORGOTTEN,
        "words": "早上忘在家裡",
    }
    wish = NewRequest(**facts | changed)  # type: ignore[arg-type]
    desk, vault = staff_desk(house.settings), house.vault
    return ask_make_up(session, vault, desk, child, cast[0], wish, back=3, now=NOW)


def asked(house: House, cast: Cast, **changed: object) -> UUID:
    """Mei asked, and it is committed."""
    with transaction(house.engine) as session:
        return ask(session, house, cast, **changed)


def told(session: Session) -> list[tuple[str, str]]:
    """What was written to whom, in order."""
    rows = session.exec(
        select(Notice).order_by(col(Notice.created_at), col(Notice.dedupe_key))
    ).all()
    return [(one.kind, orjson.loads(one.content)[0]["altText"]) for one in rows]


def test_teacher_is_asked_once_and_the_lock_screen_names_no_child(house: House, cast: Cast) -> None:
    first = asked(house, cast)
    with transaction(house.engine) as session:
        withdraw_request(session, first, cast[0], NOW)
        ask(session, house, cast)
        (notice,) = session.exec(select(Notice)).all()
        assert told(session) == [("makeup_request", "603 班有家長申請補登")]
        body = notice.content.decode()
        assert "家長申請補登：12 王○明 到校 07:50，忘帶卡。" in body
        assert "早上忘在家裡" not in body


def test_words_of_the_guardian_are_sealed(house: House, cast: Cast) -> None:
    asked(house, cast)
    with transaction(house.engine) as session:
        (row,) = session.exec(select(MakeUpRequest)).all()
        assert row.words_sealed
        assert house.vault.open(row.words_sealed, "make_up_request.words") == "早上忘在家裡"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"at": NOW + timedelta(minutes=1)}, "future"),
        ({"at": NOW + timedelta(days=1)}, "future"),
        ({"at": AT - timedelta(days=4)}, "past"),
        ({"at": AT - timedelta(days=1)}, "no_school_day"),
    ],
)
def test_what_can_not_be_asked_for_is_refused(
    house: House, cast: Cast, changed: dict[str, object], code: str
) -> None:
    with transaction(house.engine) as session, pytest.raises(InputError) as error:
        ask(session, house, cast, **changed)
    assert error.value.code == code


@pytest.mark.parametrize(
    ("day", "code"),
    [
        ({"arrived_at": AT}, "recorded"),
        ({"leave": "whole"}, "on_leave"),
        ({"departed_at": NOW}, None),
    ],
)
def test_day_that_is_on_record_or_on_leave_needs_no_make_up(
    house: House, cast: Cast, day: dict[str, object], code: str | None
) -> None:
    with transaction(house.engine) as session:
        session.add(AttendanceDay(student_id=cast[1], school_day=school_day_of(AT), **day))
    if code is None:
        assert asked(house, cast)
        return
    with transaction(house.engine) as session, pytest.raises(InputError) as error:
        ask(session, house, cast)
    assert error.value.code == code


def test_way_home_of_a_child_that_came_can_be_asked_for(house: House, cast: Cast) -> None:
    with transaction(house.engine) as session:
        day = AttendanceDay(student_id=cast[1], school_day=school_day_of(AT), arrived_at=AT)
        session.add(day)
    assert asked(house, cast, direction=Direction.OUT)


def test_another_school_reads_no_request(house: House, cast: Cast) -> None:
    request_id = asked(house, cast)
    with transaction(house.engine) as session:
        assert open_requests(session, "353608") == []
        approve_request(session, "liff", request_id, by="staff:x", now=NOW)
        assert recent_answers(session, "353608", NOW) == []


def test_new_guardian_can_not_learn_from_the_answer_where_the_child_is(
    house: House, cast: Cast
) -> None:
    with transaction(house.engine) as session:
        session.exec(select(Binding)).one().quiet_until = NOW + timedelta(hours=1)
    with transaction(house.engine) as session, pytest.raises(InputError, match="quiet"):
        ask(session, house, cast)


def test_one_way_of_a_day_is_asked_for_once_at_a_time(house: House, cast: Cast) -> None:
    first = asked(house, cast)
    with transaction(house.engine) as session, pytest.raises(InputError, match="open"):
        ask(session, house, cast, at=AT + timedelta(minutes=3))
    assert asked(house, cast, direction=Direction.OUT)
    with transaction(house.engine) as session:
        withdraw_request(session, first, cast[0], NOW)
        assert ask(session, house, cast)


def test_database_itself_holds_one_open_request(house: House, cast: Cast) -> None:
    asked(house, cast)
    with transaction(house.engine) as session:
        (row,) = session.exec(select(MakeUpRequest)).all()
        twin = row.model_dump(exclude={"id"})
    with pytest.raises(IntegrityError), transaction(house.engine) as session:
        session.add(MakeUpRequest(**twin))


def test_approved_request_is_an_ordinary_make_up(house: House, cast: Cast) -> None:
    request_id = asked(house, cast)
    with transaction(house.engine) as session:
        approve_request(session, "liff", request_id, by="staff:1", now=NOW)
        (tap,) = session.exec(select(Tap)).all()
        assert (tap.source, tap.recorded_by, tap.reason) == ("make_up", "staff:1", "忘帶卡")
        day = session.get_one(AttendanceDay, (cast[1], school_day_of(AT)))
        assert (day.arrived_at, day.arrival_is_make_up) == (AT, True)
        # What tells of the tap tells the one who asked too; once is enough.
        to_mei = [one for one in told(session) if one[0] != "makeup_request"]
        assert to_mei == [("arrival", "小明 07:50 到校（補登）")]
        actions = [one.action for one in session.exec(select(AuditEntry))]
        assert {"make_up_request.ask", "make_up.add", "make_up_request.approve"} <= set(actions)


def test_who_asked_is_answered_where_the_tap_is_no_news(house: House, cast: Cast) -> None:
    with transaction(house.engine) as session:
        binding = session.exec(select(Binding)).one()
        save_boxes(session, binding_id=binding.id, wanted=frozenset(), now=NOW)
    today = asked(house, cast)
    friday = asked(house, cast, at=AT - timedelta(days=3), direction=Direction.OUT)
    with transaction(house.engine) as session:
        for one in (today, friday):
            approve_request(session, "liff", one, by="staff:1", now=NOW)
        answers = [one for one in told(session) if one[0] == "makeup_done"]
        assert answers == [("makeup_done", "小明的補登已登記")] * 2
        bodies = "".join(one.content.decode() for one in session.exec(select(Notice)))
        assert "老師已登記小明 11/20（五）離校 07:50（補登）" in bodies


def test_approval_stops_the_no_show_and_corrects_what_was_read(house: House, cast: Cast) -> None:
    day = school_day_of(AT)
    with transaction(house.engine) as session:
        waiting = {"no_show": NoShowState.TOLD, "no_show_at": NOW}
        session.add(AttendanceDay(student_id=cast[1], school_day=day, **waiting))
        session.flush()
        facts = {"school_day": day, "cutoff": AT.time(), "heartbeat": None, "now": NOW}
        tell_no_shows(session, DESK, [cast[1]], **facts)  # type: ignore[arg-type]
    request_id = asked(house, cast)
    with transaction(house.engine) as session:
        approve_request(session, "liff", request_id, by="staff:1", now=NOW)
        states = {one.kind: one.state for one in session.exec(select(Notice))}
        assert states[EventKind.NO_SHOW] == "cancelled"


def test_leave_filed_meanwhile_is_seen_and_nothing_is_entered(house: House, cast: Cast) -> None:
    request_id = asked(house, cast)
    with transaction(house.engine) as session:
        day = {"school_day": school_day_of(AT), "leave": "whole"}
        session.add(AttendanceDay(student_id=cast[1], **day))
    with pytest.raises(InputError, match="on_leave"), transaction(house.engine) as session:
        approve_request(session, "liff", request_id, by="staff:1", now=NOW)
    with transaction(house.engine) as session:
        assert session.exec(select(Tap)).all() == []
        assert session.get_one(MakeUpRequest, request_id).state == RequestState.OPEN


def test_refusal_reaches_the_one_who_asked_with_its_reason(house: House, cast: Cast) -> None:
    with transaction(house.engine) as session:
        hua = make_guardian(session, house, "U" + "b" * 32, name="華大明")
        make_binding(session, hua, session.get_one(Student, cast[1]))
    request_id = asked(house, cast)
    with transaction(house.engine) as session:
        why = MakeUpRefusal.OTHER_TIME
        refuse_request(session, "liff", request_id, why, by="staff:1", now=NOW)
        sent = select(Notice).where(col(Notice.kind) == "makeup_not")
        (notice,) = session.exec(sent).all()
        assert notice.guardian_id == cast[0]
        assert "原因：時間和老師的紀錄不同。" in notice.content.decode()
        assert session.exec(select(Tap)).all() == []


def test_undoing_takes_the_tap_back_once(house: House, cast: Cast) -> None:
    request_id = asked(house, cast)
    with transaction(house.engine) as session:
        approve_request(session, "liff", request_id, by="staff:1", now=NOW)
    with transaction(house.engine) as session:
        undo_request(session, "liff", request_id, by="staff:2", now=NOW)
        (listed,) = recent_answers(session, "353607", NOW)
        assert listed.is_undone
        assert listed.record == (None, None)
    with transaction(house.engine) as session, pytest.raises(InputError, match="answered"):
        undo_request(session, "liff", request_id, by="staff:2", now=NOW)


def test_another_guardian_withdraws_nothing(house: House, cast: Cast) -> None:
    request_id = asked(house, cast)
    with transaction(house.engine) as session:
        hua = make_guardian(session, house, "U" + "b" * 32, name="華大明").id
    with transaction(house.engine) as session, pytest.raises(AccessError):
        withdraw_request(session, request_id, hua, NOW)
    with transaction(house.engine) as session:
        assert [one.relationship for one in open_requests(session, "353607")] == ["mother"]
        assert session.get(Guardian, hua)


def side_by_side(house: House, *works: object) -> list[str]:
    """Let all begin at once, each in a transaction of its own; return how each ended."""
    ends: list[str] = []
    barrier = threading.Barrier(len(works))

    def run(work: object) -> None:
        barrier.wait()
        try:
            with transaction(house.engine) as session:
                work(session)  # type: ignore[operator]
            ends.append("done")
        except InputError as error:
            ends.append(error.code)

    threads = [threading.Thread(target=run, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return sorted(ends)


def test_two_who_answer_at_once_enter_one_tap(house: House, cast: Cast) -> None:
    request_id = asked(house, cast)
    ends = side_by_side(
        house,
        lambda s: approve_request(s, "liff", request_id, by="staff:1", now=NOW),
        lambda s: approve_request(s, "liff", request_id, by="staff:2", now=NOW),
        lambda s: approve_request(s, "liff", request_id, by="staff:3", now=NOW),
    )
    assert ends == ["answered", "answered", "done"]
    with transaction(house.engine) as session:
        assert len(session.exec(select(Tap)).all()) == 1
        arrivals = [kind for kind, _ in told(session) if kind == "arrival"]
        assert len(arrivals) == 1


def test_yes_and_no_and_withdrawal_at_once_have_one_effect(house: House, cast: Cast) -> None:
    request_id = asked(house, cast)
    why = MakeUpRefusal.TALK
    ends = side_by_side(
        house,
        lambda s: approve_request(s, "liff", request_id, by="staff:1", now=NOW),
        lambda s: refuse_request(s, "liff", request_id, why, by="staff:2", now=NOW),
        lambda s: withdraw_request(s, request_id, cast[0], NOW),
    )
    assert ends == ["answered", "answered", "done"]
    with transaction(house.engine) as session:
        row = session.get_one(MakeUpRequest, request_id)
        assert row.state != RequestState.OPEN
        assert len(session.exec(select(Tap)).all()) == (row.state == RequestState.APPROVED)


def test_two_guardians_who_ask_at_once_make_one_request(house: House, cast: Cast) -> None:
    ends = side_by_side(house, lambda s: ask(s, house, cast), lambda s: ask(s, house, cast))
    assert ends == ["done", "open"]
