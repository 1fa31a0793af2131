"""代收 and 沿用: what is lent for a while, and what follows a child to another school."""

import json
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update
from sqlmodel import Session, col, select

from core.binding.bars import bar
from core.binding.carry_over import Kept, drop, proposals_to, propose
from core.binding.delegate_ends import end_by_owner
from core.binding.delegates import (
    Delegation,
    accept,
    code_of,
    delegations_to,
    find_invitation,
    invite_delegate,
)
from core.binding.requests import approve
from core.binding.rules import Rules, save_rules
from core.binding.tables import CarryOver, Delegate, DelegateLabel
from core.binding.tries import OWN_LIMIT
from core.db import transaction
from core.delivery.claims import claim
from core.duty.binding_tick import tidy_bindings, watch_bindings
from core.errors import AccessError, InputError
from core.house import House
from core.kinds import Channel, EventKind, NoticeKind, NoticeState
from core.notices.answers import tell_approved
from core.notices.fan_out import tell_happenings
from core.notices.happenings import Happening
from core.notices.links import Consented, make_link
from core.notices.moves import keep_binding
from core.notices.partings import part, tell_delegates_ended
from core.notices.tables import Notice
from core.people.bindings import children_of
from core.people.guardians import PassMember, unlink_account
from core.people.roster import change_national_id, seal_birth_date
from core.people.subscriptions import boxes_of, save_boxes
from core.people.tables import Binding, EnrollmentStatus, Guardian, School, Student
from core.privacy.retention import LIMITS
from tests.conftest import MONDAY_MORNING
from tests.factories import (
    HUA,
    MEI,
    make_binding,
    make_guardian,
    make_school,
    make_student,
    national_id_of,
)

GRANNY = "U" + "9" * 32
MONDAY = date(2026, 11, 23)
Cast = tuple[Guardian, Student, Binding]


@pytest.fixture
def cast(house: House) -> Cast:
    """Mei, bound to Ming."""
    with transaction(house.engine) as session:
        make_school(session)
        mei, ming = make_guardian(session, house), make_student(session, house)
        return mei, ming, make_binding(session, mei, ming)


def invite(session: Session, house: House, binding: Binding, until: date = MONDAY) -> Delegate:
    """Mei's link for Granny."""
    return invite_delegate(
        session,
        house.vault,
        binding=binding,
        label=DelegateLabel.GRANDPARENT,
        until=until,
        last_day=None,
        now=house.clock.now(),
    )


def lend(session: Session, house: House, binding: Binding, until: date = MONDAY) -> Delegation:
    """Granny takes up Mei's link."""
    now = house.clock.now()
    made = invite(session, house, binding, until)
    code = code_of(house.vault, made)
    found = find_invitation(session, house.vault, code, GRANNY, now)
    assert found
    assert accept(session, house.vault, made.id, GRANNY, now)
    return found


def arrive(session: Session, house: House, ming: Student, number: int = 1) -> None:
    """Ming passes the gate."""
    now = house.clock.now()
    one = Happening(
        student_id=ming.id,
        school_day=MONDAY,
        kind=NoticeKind.ARRIVAL,
        occurrence=number,
        number=number,
        at=now,
        tap_id=ming.id,
        gate="正門",
        arrived_at=now,
        departed_at=None,
    )
    tell_happenings(session, "liff", [one], {}, lambda *_: set(), now)


def letters(session: Session, user: str) -> list[tuple[str, str, Any]]:
    """Kind, state and content of what a LINE user is sent."""
    statement = (
        select(Notice)
        .where(Notice.line_user_id == user)
        .order_by(col(Notice.created_at), col(Notice.dedupe_key))
    )
    return [(one.kind, one.state, one.content.decode()) for one in session.exec(statement)]


def test_receiver_gets_arrivals_with_the_given_name_alone(house: House, cast: Cast) -> None:
    _, ming, binding = cast
    with transaction(house.engine) as session:
        lend(session, house, binding)
        arrive(session, house, ming)
        (mine,) = letters(session, MEI)
        (theirs,) = letters(session, GRANNY)
        assert mine[:2] == theirs[:2] == ("arrival", "pending")
        assert json.loads(theirs[2])[0]["altText"] == "小明 07:20 到校"
        for private in ("王", "榕光", "正門", "603", str(binding.id), "02-2300"):
            assert private not in theirs[2], private
    with transaction(house.engine) as session:
        assert {one.line_user_id for one in claim(session, now=house.clock.now(), limit=10)} == {
            MEI,
            GRANNY,
        }


def test_link_nobody_took_up_is_told_nothing(house: House, cast: Cast) -> None:
    _, ming, binding = cast
    with transaction(house.engine) as session:
        invite(session, house, binding)
        arrive(session, house, ming)
        assert session.exec(select(Notice.line_user_id)).all() == [MEI]


@pytest.mark.parametrize(
    "change",
    [
        {"until": MONDAY - timedelta(days=1)},
        {"ended_at": MONDAY_MORNING},
        {"line_user_id": HUA},
    ],
    ids=["last day over", "ended", "somebody else's now"],
)
def test_receiver_whose_turn_is_over_is_told_nothing_that_waited(
    house: House, cast: Cast, change: dict[str, Any]
) -> None:
    _, ming, binding = cast
    with transaction(house.engine) as session:
        lend(session, house, binding)
        arrive(session, house, ming)
        session.execute(update(Delegate).values(**change))
        claimed = claim(session, now=house.clock.now(), limit=10)
        assert [one.line_user_id for one in claimed] == [MEI]


@pytest.mark.parametrize("who", [Binding, Guardian])
def test_receiver_hears_no_more_than_the_guardian_would(
    house: House, cast: Cast, who: type[Binding] | type[Guardian]
) -> None:
    _, ming, binding = cast
    now = house.clock.now()
    with transaction(house.engine) as session:
        lend(session, house, binding)
        arrive(session, house, ming)
        over = {"ended_at": now} if who is Binding else {"stopped_at": now}
        session.execute(update(who).values(**over))
        assert claim(session, now=now, limit=10) == []


@pytest.mark.parametrize("has_stopped", [True, False])
def test_receiver_of_both_parents_hears_once(
    house: House, cast: Cast, *, has_stopped: bool
) -> None:
    mei, ming, binding = cast
    with transaction(house.engine) as session:
        others = make_binding(session, make_guardian(session, house, HUA, name="陳淑華"), ming)
        for one in (binding, others):
            lend(session, house, one)
        if has_stopped:
            session.get_one(Guardian, mei.id).stopped_at = house.clock.now()
            session.flush()
        arrive(session, house, ming)
        assert [one[0] for one in letters(session, GRANNY)] == ["arrival"]
        claimed = claim(session, now=house.clock.now(), limit=10)
        assert GRANNY in [one.line_user_id for one in claimed]


def test_guardian_who_receives_in_anothers_stead_too_hears_once(house: House, cast: Cast) -> None:
    _, ming, binding = cast
    with transaction(house.engine) as session:
        make_binding(session, make_guardian(session, house, GRANNY, name="陳淑華"), ming)
        lend(session, house, binding)
        arrive(session, house, ming)
        (told,) = letters(session, GRANNY)
        assert "榕光" in told[2], "as the guardian she is"


def test_quiet_guardian_hears_no_gate_news_and_lends_none(house: House, cast: Cast) -> None:
    _, ming, binding = cast
    with transaction(house.engine) as session:
        mine = session.get_one(Binding, binding.id)
        mine.quiet_until = house.clock.now() + timedelta(hours=24)
        session.flush()
        arrive(session, house, ming)
        assert [one[:2] for one in letters(session, MEI)] == [("arrival", NoticeState.CANCELLED)]
        with pytest.raises(InputError, match="quiet"):
            lend(session, house, mine)


def test_one_link_makes_one_receiver(house: House, cast: Cast) -> None:
    with transaction(house.engine) as session:
        lent = lend(session, house, cast[2])
        assert not accept(session, house.vault, lent.delegate.id, HUA, house.clock.now())
        assert delegations_to(session, HUA, house.clock.now()) == []


def test_sealed_child_is_not_lent(house: House, cast: Cast) -> None:
    _, ming, binding = cast
    with transaction(house.engine) as session:
        made = invite(session, house, binding)
        session.get_one(Student, ming.id).is_sealed = True
        session.flush()
        code, now = code_of(house.vault, made), house.clock.now()
        assert find_invitation(session, house.vault, code, GRANNY, now) is None
        assert not accept(session, house.vault, made.id, GRANNY, now)
        with pytest.raises(InputError, match="not_possible"):
            invite(session, house, binding)


@pytest.mark.parametrize("is_bound", [True, False])
def test_one_account_hears_of_an_arrival_once_whoever_lent_it(
    house: House, cast: Cast, is_bound: bool
) -> None:
    mei, ming, binding = cast
    now = house.clock.now()
    with transaction(house.engine) as session:
        hua = make_guardian(session, house, HUA, name="陳淑華")
        theirs = make_binding(session, hua, ming)
        reader = MEI if is_bound else GRANNY
        for lent in (binding, theirs):
            made = invite(session, house, lent)
            assert accept(session, house.vault, made.id, reader, now)
        arrive(session, house, ming)
        assert [one[0] for one in letters(session, reader)] == ["arrival"]
        assert [one[0] for one in letters(session, HUA)] == ["arrival"]


def test_account_that_turns_out_to_be_of_somebody_kept_away_receives_no_more(
    house: House, cast: Cast
) -> None:
    _, ming, binding = cast
    now = house.clock.now()
    with transaction(house.engine) as session:
        hua = make_guardian(session, house, HUA, name="陳淑華")
        assert bar(session, house.vault, hua.id, ming.id, by="staff:x", now=now)
        lend(session, house, binding)
        assert delegations_to(session, GRANNY, now)
        member = PassMember(hua.taipei_pass_id, "陳淑華", "3")
        make_link(session, house, GRANNY, Consented(member, "1"), now)
        assert delegations_to(session, GRANNY, now) == []
        arrive(session, house, ming)
        assert "arrival" not in [one[0] for one in letters(session, GRANNY)]


@pytest.mark.parametrize("is_linked", [True, False])
def test_guardian_kept_away_receives_nothing_in_anothers_stead(
    house: House, cast: Cast, is_linked: bool
) -> None:
    _, ming, binding = cast
    with transaction(house.engine) as session:
        now = house.clock.now()
        hua = make_guardian(session, house, HUA, name="陳淑華")
        bar(session, house.vault, hua.id, ming.id, by="staff:x", now=now)
        if not is_linked:
            unlink_account(session, line_user_id=HUA, now=now)
        made = invite(session, house, binding)
        assert find_invitation(session, house.vault, code_of(house.vault, made), HUA, now) is None
        assert not accept(session, house.vault, made.id, HUA, now)
        assert accept(session, house.vault, made.id, GRANNY, now)


def test_wrong_links_are_counted(house: House, cast: Cast) -> None:
    with transaction(house.engine) as session:
        for n in range(OWN_LIMIT):
            code = f"2222222{n}"
            now = house.clock.now()
            assert find_invitation(session, house.vault, code, HUA, now) is None
        with pytest.raises(InputError, match="own_limit"):
            find_invitation(session, house.vault, "22222229", HUA, house.clock.now())


def test_only_the_owner_ends_it_and_what_waited_is_not_sent(house: House, cast: Cast) -> None:
    mei, ming, binding = cast
    with transaction(house.engine) as session:
        lent = lend(session, house, binding)
        arrive(session, house, ming)
        hua = make_guardian(session, house, HUA, name="陳淑華")
        now = house.clock.now()
        with pytest.raises(AccessError):
            end_by_owner(session, lent.delegate.id, hua.id, now)
        ended = end_by_owner(session, lent.delegate.id, mei.id, now)
        tell_delegates_ended(session, house.settings, [ended], now)
        session.expire_all()
        kinds = [one[:2] for one in letters(session, GRANNY)]
        assert kinds == [("arrival", "cancelled"), ("delegate_ended", "pending")]
        assert [one[1] for one in letters(session, MEI)] == ["pending"]
        claimed = claim(session, now=now, limit=10)
        assert {one.line_user_id: one.kind for one in claimed} == {
            MEI: "arrival",
            GRANNY: "delegate_ended",
        }


def test_it_ends_with_its_last_day_and_with_the_binding(house: House, cast: Cast) -> None:
    mei, ming, binding = cast
    with transaction(house.engine) as session:
        lend(session, house, binding)
    house.clock.move_to(MONDAY_MORNING + timedelta(days=1))
    watch_bindings(house)
    with transaction(house.engine) as session:
        assert [one[0] for one in letters(session, GRANNY)] == ["delegate_ended"]
        lend(session, house, binding, until=date(2026, 12, 1))
        facts = {"guardian_id": mei.id, "binding_id": binding.id, "now": house.clock.now()}
        part(session, house.settings, **facts)
        assert delegations_to(session, GRANNY, house.clock.now()) == []
        arrive(session, house, ming)
        assert "arrival" not in [one[0] for one in letters(session, GRANNY)]


@pytest.mark.parametrize(
    ("until", "last_day", "code"),
    [
        (date(2026, 11, 22), None, "past"),
        (date(2027, 1, 21), date(2027, 1, 20), "too_long"),
        (date(2027, 11, 1), None, "too_long"),
    ],
)
def test_it_lasts_to_the_end_of_the_term_at_most(
    house: House, cast: Cast, until: date, last_day: date | None, code: str
) -> None:
    with transaction(house.engine) as session, pytest.raises(InputError, match=code):
        invite_delegate(
            session,
            house.vault,
            binding=cast[2],
            label=DelegateLabel.CLUB,
            until=until,
            last_day=last_day,
            now=house.clock.now(),
        )


def move_up(session: Session, ming: Student, status: str = "graduated") -> Student:
    """Ming is on the roster of the junior high."""
    if session.get(School, "353608") is None:
        make_school(session, "353608", short_name="槐香國中", level="國中")
    session.get_one(Student, ming.id).status = EnrollmentStatus(status)
    new = Student(
        **ming.model_dump(exclude={"id", "school_code", "status"}),
        school_code="353608",
        status=EnrollmentStatus.ENROLLED,
    )
    session.add(new)
    session.flush()
    return new


def follow(session: Session, house: House, carry_over_id: UUID, who: Guardian) -> Kept:
    """A guardian's yes."""
    return keep_binding(
        session,
        house.vault,
        house.settings,
        carry_over_id=carry_over_id,
        guardian_id=who.id,
        now=house.clock.now(),
    )


def test_child_who_moved_up_is_proposed_and_one_yes_keeps_the_boxes(
    house: House, cast: Cast
) -> None:
    mei, ming, binding = cast
    wanted = frozenset({(Channel.LINE, EventKind.NO_SHOW)})
    with transaction(house.engine) as session:
        save_boxes(session, binding_id=binding.id, wanted=wanted, now=house.clock.now())
        new = move_up(session, ming)
    tidy_bindings(house)
    tidy_bindings(house)
    with transaction(house.engine) as session:
        assert [one[0] for one in letters(session, MEI)] == ["moved_up"]
        assert children_of(session, mei.id)[0].school_code == "353607"
        (proposal,) = proposals_to(session, mei.id)
        row = proposal.carry_over
        kept = follow(session, house, row.id, mei)
        (child,) = children_of(session, mei.id)
        assert (child.student_id, child.quiet_until) == (new.id, None)
        assert kept.binding_id
        assert boxes_of(session, kept.binding_id) == wanted
        with pytest.raises(InputError, match="answered"):
            follow(session, house, row.id, mei)


def test_binding_that_the_new_school_approves_follows_with_its_boxes_too(
    house: House, cast: Cast
) -> None:
    mei, ming, binding = cast
    wanted = frozenset({(Channel.LINE, EventKind.NO_SHOW)})
    now = house.clock.now()
    with transaction(house.engine) as session:
        save_boxes(session, binding_id=binding.id, wanted=wanted, now=now)
        new = move_up(session, ming)
        save_rules(session, new.school_code, Rules(needs_approval=True), by="staff:x", now=now)
        hua = make_guardian(session, house, HUA, name="陳淑華")
        make_binding(session, hua, new)
        (row,) = propose(session, house.vault, now)
        kept = follow(session, house, row.id, mei)
        assert kept.request_id
        assert [one.student_id for one in children_of(session, mei.id)] == [ming.id]
        asked, made = approve(session, house.vault, kept.request_id, by="staff:x", now=now)
        tell_approved(session, house.settings, asked, made, now)
        (child,) = children_of(session, mei.id)
        assert (child.student_id, child.quiet_until) == (new.id, None)
        assert boxes_of(session, made) == wanted


def test_quiet_day_that_still_runs_follows_the_child(house: House, cast: Cast) -> None:
    mei, ming, binding = cast
    until = house.clock.now() + timedelta(hours=20)
    with transaction(house.engine) as session:
        session.get_one(Binding, binding.id).quiet_until = until
        move_up(session, ming)
        (row,) = propose(session, house.vault, house.clock.now())
        follow(session, house, row.id, mei)
        assert [one.quiet_until for one in children_of(session, mei.id)] == [until]


def test_child_still_enrolled_at_the_former_school_is_not_proposed(
    house: House, cast: Cast
) -> None:
    with transaction(house.engine) as session:
        move_up(session, cast[1], "enrolled")
        assert propose(session, house.vault, house.clock.now()) == []


def test_no_is_a_no_and_strangers_cannot_answer(house: House, cast: Cast) -> None:
    mei, ming, _ = cast
    with transaction(house.engine) as session:
        move_up(session, ming)
        (row,) = propose(session, house.vault, house.clock.now())
        hua = make_guardian(session, house, HUA, name="陳淑華")
        with pytest.raises(AccessError):
            follow(session, house, row.id, hua)
        drop(session, row.id, mei.id, house.clock.now())
        assert propose(session, house.vault, house.clock.now()) == []
        assert [child.student_id for child in children_of(session, mei.id)] == [ming.id]


def test_sealed_child_does_not_follow(house: House, cast: Cast) -> None:
    mei, ming, _ = cast
    with transaction(house.engine) as session:
        new = move_up(session, ming)
        (row,) = propose(session, house.vault, house.clock.now())
        new.is_sealed = True
        session.flush()
        with pytest.raises(InputError, match="not_possible"):
            follow(session, house, row.id, mei)


@pytest.mark.parametrize(
    ("name", "born"), [("陳小華", date(2015, 3, 5)), ("王小明", date(2014, 3, 5))]
)
def test_anothers_number_on_the_roster_leads_to_no_other_child(
    house: House, cast: Cast, name: str, born: date
) -> None:
    with transaction(house.engine) as session:
        new = move_up(session, cast[1])
        new.name, new.birth_date_sealed = name, seal_birth_date(house.vault, born)
        session.flush()
        assert propose(session, house.vault, house.clock.now()) == []


def test_child_who_turns_out_another_after_the_question_is_not_bound(
    house: House, cast: Cast
) -> None:
    mei, ming, _ = cast
    with transaction(house.engine) as session:
        new = move_up(session, ming)
        (row,) = propose(session, house.vault, house.clock.now())
        new.name = "陳小華"
        session.flush()
        with pytest.raises(InputError, match="not_possible"):
            follow(session, house, row.id, mei)


def test_number_put_right_leads_nobody_to_the_child_it_belongs_to(house: House, cast: Cast) -> None:
    ming = cast[1]
    with transaction(house.engine) as session:
        wrong = session.get_one(Student, ming.id)
        new = move_up(session, ming, "enrolled")
        assert change_national_id(house.vault, wrong, national_id_of("11510077"))
        wrong.status = EnrollmentStatus.GRADUATED
        session.flush()
        assert wrong.former_id_index is None
        assert new.national_id_index != wrong.national_id_index
        assert propose(session, house.vault, house.clock.now()) == []


def test_question_about_an_ended_binding_is_over_and_goes_with_it(house: House, cast: Cast) -> None:
    mei, ming, binding = cast
    with transaction(house.engine) as session:
        move_up(session, ming)
        (row,) = propose(session, house.vault, house.clock.now())
        now = house.clock.now()
        part(session, house.settings, guardian_id=mei.id, binding_id=binding.id, now=now)
        assert proposals_to(session, mei.id) == []
        later = now + timedelta(days=house.settings.retention_ended_days + 1)
        names = [one.name for one in LIMITS]
        assert names.index("carry_overs_of_ended_bindings") < names.index("ended_bindings")
        limit = next(one for one in LIMITS if one.name == "carry_overs_of_ended_bindings")
        (over_age,) = limit.slices(session, house.settings, later)
        assert session.exec(select(CarryOver.id).where(over_age.condition)).all() == [row.id]
