"""The last look: what nobody may hear any more ends, as what it was."""

from datetime import datetime

import pytest
from sqlalchemy import update
from sqlmodel import col, select

from core.db import snapshot, transaction
from core.delivery.line import PushResult
from core.house import House
from core.kinds import NoticeState
from core.notices.tables import Notice
from core.people.friends import record_friendship
from core.people.tables import Binding, Subscription
from tests.delivery.held_up import ARRIVAL, Notify, Take, kinds, land
from tests.delivery.siblings import NAMES, Walk, later, send, states
from tests.factories import MEI
from tests.fakes import FakeLine


def _leave_account(house: House) -> None:
    now: datetime = house.clock.now()
    with transaction(house.engine) as session:
        record_friendship(session, line_user_id=MEI, is_following=False, at=now)


def _untick(house: House) -> None:
    with transaction(house.engine) as session:
        session.execute(update(Subscription).values(is_on=False))


def _end(house: House) -> tuple[str, str | None]:
    with snapshot(house.engine) as session:
        notice = session.exec(select(Notice)).one()
        return notice.state, notice.outcome


def test_what_nobody_wants_is_not_wanted_whoever_left_and_whatever_is_short(
    house: House, take: Take, notify: Notify
) -> None:
    """Only what was wanted goes another way."""
    notify(ARRIVAL)
    _untick(house)
    _leave_account(house)
    assert take(ARRIVAL) == []
    assert _end(house) == (NoticeState.CANCELLED, "not_wanted")


@pytest.mark.parametrize(
    ("answer", "state"),
    [(None, NoticeState.REFUSED), (PushResult.AMBIGUOUS, NoticeState.UNKNOWN)],
)
def test_what_may_have_been_read_before_the_account_was_left_is_not_called_refused(
    house: House, take: Take, notify: Notify, answer: PushResult | None, state: NoticeState
) -> None:
    notify(ARRIVAL)
    if answer is not None:
        land(house, take(), answer)
    later(house, seconds=5)
    _leave_account(house)
    assert take() == []
    assert _end(house) == (state, "unfollowed")


def test_what_may_have_been_read_is_repeated_though_its_kind_waits_to_be_asked_for(
    house: House, take: Take, notify: Notify
) -> None:
    notify(ARRIVAL)
    land(house, take(), PushResult.AMBIGUOUS)
    later(house, seconds=5)
    assert kinds(take(ARRIVAL)) == [ARRIVAL]


@pytest.mark.usefixtures("mother")
@pytest.mark.parametrize("of_head", [True, False])
def test_box_unticked_before_a_push_leaves_takes_no_sibling_along(
    house: House, walk: Walk, line: FakeLine, of_head: bool
) -> None:
    line.script = [(429, '{"message":"The API rate limit has been exceeded."}'), (500, "{}")]
    walk("07:41:00", *NAMES)
    send(house, line)
    seat = col(Notice.rides_with)
    is_there = seat.is_(None) if of_head else seat.is_not(None)
    with transaction(house.engine) as session:
        child = session.scalars(select(col(Notice.student_id)).where(is_there)).first()
        bound = select(col(Binding.id)).where(col(Binding.student_id) == child)
        boxes = update(Subscription).where(col(Subscription.binding_id).in_(bound))
        session.execute(boxes.values(is_on=False))
    later(house, seconds=5)
    assert [len(one) for one in send(house, line)] == [2]
    later(house, seconds=5)
    assert [len(one) for one in send(house, line)] == [2], "the doubtful try is repeated"
    assert states(house) == [NoticeState.ACCEPTED] * 2 + [NoticeState.CANCELLED]
