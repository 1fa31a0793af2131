"""Codes, approval, quiet days, seals, partings: what a binding goes through."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlmodel import Session, col, func, select

from core.audit import AuditEntry
from core.binding import measures
from core.binding.closed import is_closed, open_child
from core.binding.codes import issue_codes
from core.binding.measures import Act
from core.binding.requests import approve, open_requests
from core.binding.rules import Rules, save_rules
from core.binding.sheets import keep_sheet, show_sheet
from core.binding.tables import BindingCode, CodeSheet
from core.binding.trying import BindOutcome, BindResult, bind_by_code, bind_child
from core.db import transaction
from core.duty.binding_tick import watch_bindings
from core.errors import InputError
from core.house import House
from core.kinds import NoticeState
from core.notices.announce import tell_bound
from core.notices.partings import part, part_by_school
from core.notices.tables import Notice
from core.people.bindings import children_of, get_child
from core.people.roster import change_national_id, national_id_columns
from core.people.tables import Binding, BindingAttempt, EnrollmentStatus, Guardian, Student
from tests.conftest import MONDAY_MORNING
from tests.factories import (
    HUA,
    claim_for,
    make_binding,
    make_guardian,
    make_school,
    make_staff,
    make_student,
    national_id_of,
)

NOW = MONDAY_MORNING
LONG_DAY = date(2026, 11, 23)
OFFICER = "U" + "1" * 32
WRONG = {"name": "王小華"}


@pytest.fixture
def cast(house: House) -> tuple[Guardian, Guardian, Student]:
    """Mei and Hua, nobody bound yet; an officer at the school."""
    with transaction(house.engine) as session:
        make_school(session)
        make_staff(session, house, OFFICER)
        mei = make_guardian(session, house)
        hua = make_guardian(session, house, HUA, name="陳淑華")
        return mei, hua, make_student(session, house)


Cast = tuple[Guardian, Guardian, Student]


def by_facts(session: Session, house: House, who: Guardian, ming: Student) -> BindOutcome:
    """Five right facts."""
    return bind_child(
        session,
        house.vault,
        guardian_id=who.id,
        claim=claim_for(ming),
        relationship="mother",
        now=house.clock.now(),
    )


def by_code(session: Session, house: House, who: Guardian, code: str) -> BindOutcome:
    """A code of the school."""
    return bind_by_code(
        session,
        house.vault,
        guardian_id=who.id,
        code=code,
        relationship="father",
        now=house.clock.now(),
    )


def code_for(session: Session, house: House, ming: Student) -> str:
    """A fresh code."""
    (slip,) = issue_codes(session, house.vault, [ming], by="staff:x", now=house.clock.now())
    return slip.code


def act(house: House, reason: str = "家長來電") -> Act:
    """The officer's act now."""
    return Act(by="staff:x", reason=reason, now=house.clock.now())


def told(session: Session) -> list[tuple[str, str]]:
    """Kinds and states of all notices."""
    rows = session.exec(
        select(Notice.kind, Notice.state).order_by(col(Notice.created_at), col(Notice.dedupe_key))
    )
    return list(rows.all())


@pytest.mark.parametrize("spelling", ["{0}-{1}", "{0} {1}", "{0}{1}"])
def test_code_binds_once_however_it_is_written(house: House, cast: Cast, spelling: str) -> None:
    mei, hua, ming = cast
    with transaction(house.engine) as session:
        code = code_for(session, house, ming)
        typed = spelling.format(code[:4].lower(), code[4:])
        assert by_code(session, house, mei, typed).result is BindResult.BOUND
        assert by_code(session, house, hua, code).result is BindResult.MISMATCH
        assert session.exec(select(BindingCode.used_by)).one() == mei.id


def test_code_is_kept_as_a_keyed_hash_alone(house: House, cast: Cast) -> None:
    with transaction(house.engine) as session:
        code = code_for(session, house, cast[2])
        row = session.exec(select(BindingCode)).one()
        assert code not in str(row.model_dump())


def test_code_runs_out_after_two_weeks_and_ends_with_a_new_one(house: House, cast: Cast) -> None:
    mei, hua, ming = cast
    with transaction(house.engine) as session:
        first = code_for(session, house, ming)
        second = code_for(session, house, ming)
        assert by_code(session, house, mei, first).result is BindResult.MISMATCH
        house.clock.move_to(house.clock.now() + timedelta(days=14))
        assert by_code(session, house, hua, second).result is BindResult.MISMATCH


def test_code_gets_past_a_childs_limit_and_used_up_facts(house: House, cast: Cast) -> None:
    mei, _, ming = cast
    with transaction(house.engine) as session:
        for n in range(10):
            other = make_guardian(session, house, f"U{n:032x}")
            miss(session, house, other, ming)
        for _ in range(6):
            miss(session, house, mei, ming)
        assert by_facts(session, house, mei, ming).result is BindResult.OWN_LIMIT
        assert by_code(session, house, mei, code_for(session, house, ming)).result is (
            BindResult.BOUND
        )


def miss(session: Session, house: House, who: Guardian, ming: Student) -> BindResult:
    """Four facts of five."""
    return bind_child(
        session,
        house.vault,
        guardian_id=who.id,
        claim=claim_for(ming, **WRONG),
        relationship="mother",
        now=house.clock.now(),
    ).result


def test_five_wrong_codes_use_up_codes_and_facts(house: House, cast: Cast) -> None:
    mei, _, ming = cast
    with transaction(house.engine) as session:
        for n in range(5):
            assert by_code(session, house, mei, f"2222222{n}").result is BindResult.MISMATCH
        assert by_code(session, house, mei, code_for(session, house, ming)).result is (
            BindResult.OWN_LIMIT
        )
        assert by_facts(session, house, mei, ming).result is BindResult.OWN_LIMIT


@pytest.mark.parametrize(("vouches", "result"), [(False, "mismatch"), (True, "bound")])
def test_code_stands_for_a_real_name_only_where_the_school_says_so(
    house: House, cast: Cast, vouches: bool, result: str
) -> None:
    mei, _, ming = cast
    with transaction(house.engine) as session:
        rules = Rules(code_vouches=vouches)
        save_rules(session, "353607", rules, by="staff:x", now=house.clock.now())
        session.get_one(Guardian, mei.id).verify_level = "0"
        session.flush()
        assert by_facts(session, house, mei, ming).result is BindResult.GENERAL_MEMBER
        assert by_code(session, house, mei, code_for(session, house, ming)).result == result
        action = AuditEntry.action == "binding_rule.code_vouches.on"
        assert len(session.exec(select(AuditEntry).where(action)).all()) == int(vouches)


def test_sheet_is_shown_once_and_forgotten(house: House, cast: Cast) -> None:
    with transaction(house.engine) as session:
        now = house.clock.now()
        slips = issue_codes(session, house.vault, [cast[2]], by="staff:x", now=now)
        facts = {"school_code": "353607", "title": "603 班", "by": "staff:x", "now": now}
        sheet_id = keep_sheet(session, house.vault, slips, **facts)
        shown = show_sheet(session, house.vault, sheet_id, now)
        assert shown
        assert shown.slips == slips
        assert show_sheet(session, house.vault, sheet_id, now) is None
        session.expire_all()
        assert session.exec(select(CodeSheet.slips_sealed)).one() is None


def test_old_and_new_residence_numbers_both_fit(house: House, cast: Cast) -> None:
    mei, hua, ming = cast
    with transaction(house.engine) as session:
        child = session.get_one(Student, ming.id)
        for column, value in national_id_columns(house.vault, "AA00000009").items():
            setattr(child, column, value)
        assert change_national_id(house.vault, child, "A800000014")
        assert not change_national_id(house.vault, child, " a8-00000014 ")
        session.flush()
        for who, number in ((mei, "AA00000009"), (hua, "A800000014")):
            outcome = bind_child(
                session,
                house.vault,
                guardian_id=who.id,
                claim=claim_for(ming, national_id=number),
                relationship="father",
                now=house.clock.now(),
            )
            assert outcome.result is BindResult.BOUND


def test_number_put_right_fits_no_more(house: House, cast: Cast) -> None:
    mei, _, ming = cast
    with transaction(house.engine) as session:
        child = session.get_one(Student, ming.id)
        assert change_national_id(house.vault, child, national_id_of("11510077"))
        session.flush()
        assert by_facts(session, house, mei, ming).result is BindResult.MISMATCH


def test_number_of_two_entry_years_finds_the_enrolled_one(house: House, cast: Cast) -> None:
    mei, _, ming = cast
    with transaction(house.engine) as session:
        former = Student(**ming.model_dump(exclude={"id"}) | {"entry_year": 109})
        former.status = EnrollmentStatus.GRADUATED
        session.add(former)
        session.flush()
        outcome = by_facts(session, house, mei, ming)
        assert outcome.binding_id
        assert session.get_one(Binding, outcome.binding_id).student_id == ming.id


def test_first_guardian_begins_at_once_and_a_second_after_a_day(house: House, cast: Cast) -> None:
    mei, hua, ming = cast
    with transaction(house.engine) as session:
        by_facts(session, house, mei, ming)
        second = by_facts(session, house, hua, ming)
        assert second.binding_id
        child = get_child(session, hua.id, second.binding_id)
        assert children_of(session, mei.id)[0].quiet_until is None
        assert child.quiet_until == house.clock.now() + timedelta(hours=24)
        tell_bound(session, house.settings, child, hua.id, house.clock.now())
        bodies = {
            (one.kind, one.line_user_id): one.content.decode()
            for one in session.exec(select(Notice))
        }
    assert "自 11/24（二）07:20 起通知" in bodies["bound", HUA]
    assert "24 小時後才會開始收到通知" in bodies["bound_other", mei_user(mei)]
    assert "12 王○明 有新的家長綁定（07:20）" in bodies["new_binding", OFFICER]
    assert "陳淑華" not in str(bodies)


def mei_user(_: Guardian) -> str:
    """Mei's LINE."""
    return "U" + "a" * 32


def test_school_that_approves_is_asked_and_first_answer_counts(house: House, cast: Cast) -> None:
    mei, _, ming = cast
    now = house.clock.now()
    with transaction(house.engine) as session:
        save_rules(session, "353607", Rules(needs_approval=True), by="staff:x", now=now)
        asked = by_facts(session, house, mei, ming)
        again = by_facts(session, house, mei, ming)
        assert (asked.result, again.request_id) == (BindResult.REQUESTED, asked.request_id)
        assert children_of(session, mei.id) == []
        assert asked.request_id
        approve(session, house.vault, asked.request_id, by="staff:x", now=now)
        assert [child.name for child in children_of(session, mei.id)] == ["王小明"]
        with pytest.raises(InputError, match="answered"):
            approve(session, house.vault, asked.request_id, by="staff:y", now=now)
        assert open_requests(session, ["353607"]) == []


def test_sealing_ends_codes_and_requests_and_leaves_bindings(house: House, cast: Cast) -> None:
    mei, hua, ming = cast
    with transaction(house.engine) as session:
        make_binding(session, mei, ming)
        code = code_for(session, house, ming)
        measures.seal(session, house.vault, ming, act(house, "保護令"))
        assert by_code(session, house, hua, code).result is BindResult.MISMATCH
        assert by_facts(session, house, hua, ming).result is BindResult.MISMATCH
        assert len(children_of(session, mei.id)) == 1
        measures.unseal(session, house.vault, ming, act(house))
        assert by_facts(session, house, hua, ming).result is BindResult.BOUND
        reasons = [reason for _, reason in measures.measures_of(session, house.vault, ming.id)]
        assert sorted(reasons) == ["保護令", "家長來電"]


def waiting_notice(session: Session, who: Guardian, ming: Student, user: str) -> UUID:
    """An arrival that waits to be sent."""
    notice = Notice(
        dedupe_key=f"x/{who.id}",
        retry_key=who.id,
        kind="arrival",
        student_id=ming.id,
        guardian_id=who.id,
        channel="line",
        line_user_id=user,
        school_day=LONG_DAY,
        content=b"[]",
        priority=2,
        turn_at=NOW,
        created_at=NOW,
        due_at=NOW,
        expires_at=NOW + timedelta(hours=1),
    )
    session.add(notice)
    session.flush()
    return notice.id


def test_guardian_who_leaves_is_told_nothing_that_waited(house: House, cast: Cast) -> None:
    mei, hua, ming = cast
    with transaction(house.engine) as session:
        mine, theirs = make_binding(session, mei, ming), make_binding(session, hua, ming)
        waiting = waiting_notice(session, mei, ming, mei_user(mei))
        kept = waiting_notice(session, hua, ming, HUA)
        facts = {"guardian_id": mei.id, "binding_id": mine.id, "now": house.clock.now()}
        part(session, house.settings, **facts)
        session.expire_all()
        assert session.get_one(Notice, waiting).state == NoticeState.CANCELLED
        assert session.get_one(Notice, kept).state == NoticeState.PENDING
        assert session.get_one(Binding, theirs.id).ended_at is None


def test_school_ends_a_binding_tells_that_guardian_and_can_undo(house: House, cast: Cast) -> None:
    mei, hua, ming = cast
    with transaction(house.engine) as session:
        binding = make_binding(session, mei, ming)
        make_binding(session, hua, ming)
        ended = measures.end_binding(session, house.vault, ming.id, binding.id, act(house))
        part_by_school(session, house.settings, ended, house.clock.now())
        rows = [(one.kind, one.line_user_id) for one in session.exec(select(Notice))]
        assert rows == [("unbound", mei_user(mei))]
        assert children_of(session, mei.id) == []
        measures.undo_end(session, house.vault, ming, binding.id, act(house))
        assert len(children_of(session, mei.id)) == 1


def test_undo_is_over_after_seven_days_or_a_new_binding(house: House, cast: Cast) -> None:
    mei, _, ming = cast
    with transaction(house.engine) as session:
        binding = make_binding(session, mei, ming)
        measures.end_binding(session, house.vault, ming.id, binding.id, act(house))
        by_facts(session, house, mei, ming)
        with pytest.raises(InputError, match="not_possible"):
            measures.undo_end(session, house.vault, ming, binding.id, act(house))
        house.clock.move_to(house.clock.now() + timedelta(days=8))
        with pytest.raises(InputError, match="too_late"):
            measures.undo_end(session, house.vault, ming, binding.id, act(house))


def test_guardian_kept_away_is_refused_like_a_wrong_fact(house: House, cast: Cast) -> None:
    mei, hua, ming = cast
    with transaction(house.engine) as session:
        make_binding(session, mei, ming)
        make_binding(session, hua, ming)
        measures.keep_away(session, house.vault, ming.id, hua.id, act(house, "監護權"))
        assert children_of(session, hua.id) == []
        assert by_facts(session, house, hua, ming) == BindOutcome(BindResult.MISMATCH, left=4)
        code = code_for(session, house, ming)
        assert by_code(session, house, hua, code) == BindOutcome(BindResult.MISMATCH, left=4)
        assert len(children_of(session, mei.id)) == 1
        measures.let_near(session, house.vault, ming.id, hua.id, act(house))
        assert by_facts(session, house, hua, ming).result is BindResult.BOUND


def test_closed_child_is_told_once_to_school_and_bound_and_can_be_opened(
    house: House, cast: Cast
) -> None:
    mei, hua, ming = cast
    with transaction(house.engine) as session:
        make_binding(session, mei, ming)
        for n in range(11):
            miss(session, house, make_guardian(session, house, f"U{n:032x}"), ming)
    watch_bindings(house)
    watch_bindings(house)
    with transaction(house.engine) as session:
        kinds = sorted(kind for kind, _ in told(session))
        assert kinds == ["child_closed", "new_binding"]
        assert len(children_of(session, mei.id)) == 1
        assert is_closed(session, house.vault, ming, house.clock.now())
        assert by_facts(session, house, hua, ming).result is BindResult.MISMATCH
        open_child(session, house.vault, ming, by="staff:x", now=house.clock.now())
        assert by_facts(session, house, hua, ming).result is BindResult.BOUND


def test_guesses_at_nobody_close_nobody(house: House, cast: Cast) -> None:
    with transaction(house.engine) as session:
        ming = cast[2]
        nobody = {"student_number": "999", "national_id": national_id_of("999")}
        for n in range(11):
            other = make_guardian(session, house, f"U{n:032x}")
            bind_child(
                session,
                house.vault,
                guardian_id=other.id,
                claim=claim_for(ming, **nobody),
                relationship="other",
                now=house.clock.now(),
            )
    watch_bindings(house)
    with transaction(house.engine) as session:
        assert told(session) == []


def test_hundred_misses_in_an_hour_are_told_once_an_hour(house: House, cast: Cast) -> None:
    mei, _, _ = cast
    now = house.clock.now()

    def misses(count: int) -> None:
        with transaction(house.engine) as session:
            for n in range(count):
                session.add(
                    BindingAttempt(
                        guardian_id=mei.id,
                        subject_index=f"i0:{n}",
                        identity_index=f"i0:{n}",
                        school_day=house.clock.now().date(),
                        tried_at=house.clock.now(),
                    )
                )

    def alarms() -> int:
        watch_bindings(house)
        with transaction(house.engine) as session:
            kind = Notice.kind == "many_misses"
            return session.exec(select(func.count()).select_from(Notice).where(kind)).one()

    misses(99)
    assert alarms() == 0
    misses(1)
    assert (alarms(), alarms()) == (1, 1)
    house.clock.move_to(now + timedelta(hours=1))
    assert alarms() == 2
    house.clock.move_to(now + timedelta(hours=3))
    assert alarms() == 2
