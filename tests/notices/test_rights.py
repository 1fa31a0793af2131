"""The last look before a notice leaves: whose right to hear it ended meanwhile."""

from collections.abc import Callable
from datetime import time, timedelta
from uuid import uuid4

import pytest
from sqlmodel import Session, select

from core.db import transaction
from core.delivery.claims import claim
from core.delivery.pushes import Leased
from core.house import House
from core.kinds import Channel, EventKind, NoticeKind, NoticeState
from core.notices.tables import Notice
from core.people.bindings import unbind_child
from core.people.friends import record_friendship
from core.people.guardians import unlink_account
from core.people.staff import revoke_staff
from core.people.subscriptions import save_boxes
from core.people.tables import Binding, Guardian, Staff, Student
from tests.factories import MEI, make_binding, make_staff, make_student
from tests.notices.conftest import MONDAY

Notify = Callable[..., int]
Notices = Callable[[], list[Notice]]
Act = Callable[[Session, House, Guardian], None]
LIN = "U" + "7" * 32

OF_THE_CHILD = [
    NoticeKind.CORRECTION,
    NoticeKind.MAKE_UP_UNDONE,
    NoticeKind.LEAVE_OTHER,
    NoticeKind.LEAVE_SCHOOL,
    NoticeKind.LEAVE_CANCELLED,
    NoticeKind.LEAVE_TAP,
]
CLOSURES = [NoticeKind.CLOSURE_ON, NoticeKind.CLOSURE_OFF]
# The same by the same conditions; each by itself would only take its time.
LIKEWISE = [
    NoticeKind.MAKE_UP_DONE,
    NoticeKind.MAKE_UP_NOT,
    NoticeKind.ANSWERED,
    NoticeKind.SCHOOL_REPLY,
    NoticeKind.SCHOOL_SILENT,
    NoticeKind.BOUND_OTHER,
    NoticeKind.CHILD_CLOSED,
    NoticeKind.ANNOUNCEMENT,
]


def unlink(session: Session, house: House, mei: Guardian) -> None:
    unlink_account(session, line_user_id=MEI, now=house.clock.now())


def unbind(session: Session, house: House, mei: Guardian) -> None:
    binding = session.exec(select(Binding)).first()
    assert binding is not None
    unbind_child(session, guardian_id=mei.id, binding_id=binding.id, now=house.clock.now())


def untick(session: Session, house: House, mei: Guardian) -> None:
    binding = session.exec(select(Binding)).one()
    wanted = frozenset({(Channel.LINE, EventKind.DEPARTURE)})
    save_boxes(session, binding_id=binding.id, wanted=wanted, now=house.clock.now())


def act(house: House, mei: Guardian, change: Act) -> None:
    with transaction(house.engine) as session:
        change(session, house, mei)


def claimed(house: House) -> list[Leased]:
    with transaction(house.engine) as session:
        return claim(session, now=house.clock.now(), limit=10)


@pytest.mark.parametrize("change", [unlink, unbind, untick])
def test_right_that_ended_while_the_notice_waited_cancels_it(
    house: House, mei: Guardian, notify: Notify, all_notices: Notices, change: Act
) -> None:
    notify()
    act(house, mei, change)

    assert claimed(house) == []
    assert all_notices()[0].state == NoticeState.CANCELLED


@pytest.mark.parametrize("kind", OF_THE_CHILD)
def test_word_about_a_child_goes_to_whoever_is_bound_whatever_is_ticked(
    house: House, mei: Guardian, notify: Notify, kind: NoticeKind
) -> None:
    notify(kind)
    act(house, mei, untick)

    assert [one.kind for one in claimed(house)] == [kind]


@pytest.mark.parametrize("kind", [*OF_THE_CHILD, *CLOSURES])
@pytest.mark.parametrize("change", [unlink, unbind])
def test_word_about_a_child_ends_with_binding_and_link(
    house: House,
    mei: Guardian,
    notify: Notify,
    all_notices: Notices,
    kind: NoticeKind,
    change: Act,
) -> None:
    notify(kind)
    act(house, mei, change)

    assert claimed(house) == []
    assert all_notices()[0].outcome == "not_wanted"


def test_no_word_about_a_child_outlives_its_last_binding(
    house: House, mei: Guardian, notify: Notify
) -> None:
    for days, kind in enumerate(LIKEWISE):
        # Of different days, since one child's news of one day keeps its order.
        notify(kind, school_day=MONDAY + timedelta(days=days))
    act(house, mei, unbind)

    assert claimed(house) == []


def test_box_of_another_channel_is_no_box_of_lines(
    house: House, mei: Guardian, notify: Notify
) -> None:
    notify()
    with transaction(house.engine) as session:
        binding = session.exec(select(Binding)).one()
        letters = frozenset({(Channel.EMAIL, EventKind.ARRIVAL)})
        save_boxes(session, binding_id=binding.id, wanted=letters, now=house.clock.now())

    assert claimed(house) == []


@pytest.mark.parametrize(
    ("kind", "sent"),
    [(NoticeKind.LINK_NEW, 1), (NoticeKind.COPY_READY, 1), (NoticeKind.BOUND, 0)],
)
def test_who_stopped_everything_hears_of_their_own_acts_alone(
    house: House, mei: Guardian, notify: Notify, kind: NoticeKind, sent: int
) -> None:
    notify(kind, student_id=None)
    with transaction(house.engine) as session:
        session.get_one(Guardian, mei.id).stopped_at = house.clock.now()

    assert len(claimed(house)) == sent


@pytest.mark.parametrize("kind", CLOSURES)
def test_closure_goes_out_while_any_child_is_bound(
    house: House, mei: Guardian, notify: Notify, kind: NoticeKind
) -> None:
    with transaction(house.engine) as session:
        make_binding(session, mei, make_student(session, house, number="11510002"))
    notify(kind, student_id=None)
    act(house, mei, unbind)

    assert [one.kind for one in claimed(house)] == [kind]


@pytest.mark.parametrize(("wanted_by", "sent"), [(time(17, 0), 1), (None, 0)])
def test_missing_tap_out_is_told_only_while_it_is_asked_for(
    house: House, notify: Notify, wanted_by: time | None, sent: int
) -> None:
    with transaction(house.engine) as session:
        session.exec(select(Binding)).one().tap_out_by = wanted_by
    notify(NoticeKind.NO_TAP_OUT)

    assert len(claimed(house)) == sent


@pytest.mark.parametrize("kind", [NoticeKind.LINK_OLD, NoticeKind.UNLINKED])
def test_farewell_still_reaches_the_account_that_was_unlinked(
    house: House, mei: Guardian, notify: Notify, kind: NoticeKind
) -> None:
    act(house, mei, unlink)
    notify(kind, student_id=None, about=str(uuid4()))

    assert [one.kind for one in claimed(house)] == [kind]


@pytest.fixture
def lin(house: House, mei: Guardian, notify: Notify) -> Staff:
    """Mr Lin, the officer, with a notice that waits for him."""
    with transaction(house.engine) as session:
        staff = make_staff(session, house, LIN)
    notify(NoticeKind.REVIEW, guardian_id=None, staff_id=staff.id, line_user_id=LIN)
    return staff


def test_staff_hear_without_any_link_or_binding(house: House, lin: Staff) -> None:
    assert [one.line_user_id for one in claimed(house)] == [LIN]


def test_revoked_staff_hear_nothing_more(house: House, lin: Staff, all_notices: Notices) -> None:
    with transaction(house.engine) as session:
        revoke_staff(session, lin.id, by="operator", now=house.clock.now())

    assert claimed(house) == []
    ended = all_notices()[0]
    assert (ended.state, ended.outcome) == (NoticeState.CANCELLED, "not_wanted")


def test_staff_notice_goes_to_nobody_elses_account(
    house: House, lin: Staff, all_notices: Notices
) -> None:
    with transaction(house.engine) as session:
        session.get_one(Staff, lin.id).line_user_id = "U" + "8" * 32

    assert claimed(house) == []


def test_staff_who_blocked_us_are_not_pushed_to(
    house: House, lin: Staff, all_notices: Notices
) -> None:
    with transaction(house.engine) as session:
        record_friendship(session, line_user_id=LIN, is_following=False, at=house.clock.now())

    assert claimed(house) == []
    assert all_notices()[0].outcome == "unfollowed"


def test_staff_and_guardian_are_told_of_one_child_without_waiting_for_each_other(
    house: House, lin: Staff, notify: Notify
) -> None:
    notify(NoticeKind.CORRECTION)

    assert {one.line_user_id for one in claimed(house)} == {LIN, MEI}


def test_guardians_keys_are_what_they_always_were(
    house: House, mei: Guardian, notify: Notify, all_notices: Notices
) -> None:
    notify()

    with transaction(house.engine) as session:
        ming = session.exec(select(Student)).one()
    assert all_notices()[0].dedupe_key == f"{ming.id}/2026-11-23/arrival/1/{mei.id}/line"
