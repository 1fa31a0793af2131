"""The fallback ladder: LINE, then e-mail, then SMS, each once, and only for no-shows."""

import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from uuid import UUID

import pytest
from sqlalchemy import update
from sqlmodel import Session, col, select

from core.db import transaction
from core.delivery.ladder import FALLBACK_MINUTES, LADDER, Standing, climb, next_channel
from core.duty.ladder_tick import run_ladder_tick
from core.house import House
from core.kinds import Channel, EventKind, NoticeKind, NoticeState
from core.notices.fan_out import tell_corrections, tell_no_shows
from core.notices.happenings import Presence
from core.notices.stops import cancel_no_shows, make_moot
from core.notices.tables import Notice
from core.people.friends import record_friendship
from core.people.guardians import find_guardian
from core.people.tables import Binding, Subscription
from tests.conftest import FixedClock
from tests.factories import (
    DESK,
    LONG_AGO,
    MEI,
    make_binding,
    make_guardian,
    make_school,
    make_student,
)

MONDAY = date(2026, 11, 23)
LATE = timedelta(minutes=FALLBACK_MINUTES)
STUCK = [NoticeState.REFUSED, NoticeState.DEAD, NoticeState.UNKNOWN, NoticeState.EXPIRED]


@dataclass
class FakeRung:
    """A channel on which everybody can be told but whom it does not know."""

    channel: Channel
    needs_tick: bool = True
    unknown: set[UUID] = field(default_factory=set)

    def address_of(self, _session: Session, guardian_ids: Collection[UUID]) -> dict[UUID, str]:
        return {one: "mei@example.com" for one in guardian_ids if one not in self.unknown}


MAIL, SMS = FakeRung(Channel.EMAIL), FakeRung(Channel.SMS)
Climb = Callable[..., int]
Channels = Callable[..., list[str]]


@dataclass(frozen=True)
class Family:
    """Ming, who did not come, and Mei, who is to be told."""

    student_id: UUID
    guardian_id: UUID


@pytest.fixture
def family(house: House) -> Family:
    """Every box of e-mail and SMS is ticked as well."""
    with transaction(house.engine) as session:
        make_school(session)
        student, guardian = make_student(session, house), make_guardian(session, house)
        binding = make_binding(session, guardian, student)
        boxes = [(channel, kind) for channel in LADDER[1:] for kind in EventKind]
        session.add_all(
            Subscription(
                binding_id=binding.id, channel=channel, kind=kind, is_on=True, changed_at=LONG_AGO
            )
            for channel, kind in boxes
        )
        return Family(student.id, guardian.id)


def wait(house: House, step: timedelta) -> None:
    assert isinstance(house.clock, FixedClock)
    house.clock.move_to(house.clock.now() + step)


@pytest.fixture
def no_show(house: House, family: Family) -> Callable[..., None]:
    """Tell the no-show on LINE, and let it end so."""

    def tell(state: NoticeState = NoticeState.PENDING) -> None:
        with transaction(house.engine) as session:
            tell_no_shows(
                session,
                DESK,
                [family.student_id],
                school_day=MONDAY,
                cutoff=time(8, 30),
                heartbeat=None,
                now=house.clock.now(),
            )
        settle(house, Channel.LINE, state)

    return tell


def settle(
    house: House, channel: Channel, state: NoticeState, kind: NoticeKind = NoticeKind.NO_SHOW
) -> None:
    """Let the notice of that channel end so, after a try."""
    is_over = state not in (NoticeState.PENDING, NoticeState.LEASED)
    tried = dict.fromkeys(("first_tried_at", "settled_at"), house.clock.now()) if is_over else {}
    with transaction(house.engine) as session:
        session.execute(
            update(Notice)
            .where(col(Notice.channel) == channel, col(Notice.kind) == kind)
            .values(state=state, **tried)
        )


@pytest.fixture
def go(house: House) -> Climb:
    """Climb once, with these rungs or with both."""

    def climb_now(*rungs: FakeRung) -> int:
        with transaction(house.engine) as session:
            return climb(session, rungs or (MAIL, SMS), house.clock.now())

    return climb_now


@pytest.fixture
def channels(house: House) -> Channels:
    """The channels this kind of notice is in, lowest rung first."""

    def read(kind: NoticeKind = NoticeKind.NO_SHOW) -> list[str]:
        with transaction(house.engine) as session:
            rows = session.exec(select(Notice).where(Notice.kind == kind)).all()
        return sorted((row.channel for row in rows), key=LADDER.index)

    return read


@pytest.mark.parametrize("state", STUCK)
def test_no_show_that_line_did_not_carry_goes_by_mail(
    no_show: Callable[..., None], go: Climb, channels: Channels, state: NoticeState
) -> None:
    no_show(state)
    assert go() == 1
    assert channels() == ["line", "email"]


def test_second_no_show_of_a_day_climbs_by_itself(
    house: House, family: Family, no_show: Callable[..., None], go: Climb, channels: Channels
) -> None:
    no_show(NoticeState.REFUSED)
    assert go(MAIL) == 1
    settle(house, Channel.EMAIL, NoticeState.ACCEPTED)
    with transaction(house.engine) as session:
        cancel_no_shows(session, [family.student_id], MONDAY, house.clock.now())
    no_show(NoticeState.REFUSED)
    assert go(MAIL) == 1
    assert channels() == ["line", "line", "email", "email"]


def test_no_show_to_somebody_who_blocked_us_climbs_at_once(
    house: House, no_show: Callable[..., None], go: Climb, channels: Channels
) -> None:
    with transaction(house.engine) as session:
        record_friendship(session, line_user_id=MEI, is_following=False, at=house.clock.now())
    with transaction(house.engine) as session:
        guardian = find_guardian(session, MEI)
        children = session.exec(select(Binding.student_id)).all()
        assert guardian is not None
        tell_no_shows(
            session,
            DESK,
            children,
            school_day=MONDAY,
            cutoff=time(8, 30),
            heartbeat=None,
            now=house.clock.now(),
        )
    assert go() == 1
    assert channels() == ["line", "email"]


@pytest.mark.parametrize("state", [NoticeState.PENDING, NoticeState.LEASED])
def test_unsent_no_show_climbs_after_ten_minutes(
    house: House, no_show: Callable[..., None], go: Climb, state: NoticeState
) -> None:
    no_show(state)
    wait(house, LATE - timedelta(seconds=1))
    assert go() == 0
    wait(house, timedelta(seconds=1))
    assert go() == 1


@pytest.mark.parametrize("state", [NoticeState.ACCEPTED, NoticeState.CANCELLED])
def test_no_show_that_went_out_or_was_cancelled_stays(
    house: House, no_show: Callable[..., None], go: Climb, state: NoticeState
) -> None:
    no_show(state)
    wait(house, LATE)
    assert go() == 0


def test_each_channel_is_taken_once_and_in_order(
    house: House, no_show: Callable[..., None], go: Climb, channels: Channels
) -> None:
    no_show(NoticeState.REFUSED)
    assert (go(), go()) == (1, 0)
    settle(house, Channel.EMAIL, NoticeState.DEAD)
    assert (go(), go()) == (1, 0)
    assert channels() == ["line", "email", "sms"]
    settle(house, Channel.SMS, NoticeState.DEAD)
    assert go() == 0


def test_mail_that_went_out_is_enough(
    house: House, no_show: Callable[..., None], go: Climb
) -> None:
    no_show(NoticeState.REFUSED)
    go()
    settle(house, Channel.EMAIL, NoticeState.ACCEPTED)
    wait(house, LATE)
    assert go() == 0


def test_channel_without_a_sender_gets_no_row(
    no_show: Callable[..., None], go: Climb, channels: Channels
) -> None:
    no_show(NoticeState.REFUSED)
    assert go(SMS) == 1
    assert channels() == ["line", "sms"]


def test_no_channel_has_a_sender_yet(
    house: House, no_show: Callable[..., None], channels: Channels
) -> None:
    no_show(NoticeState.REFUSED)
    run_ladder_tick(house)
    assert channels() == ["line"]


def test_channel_without_a_verified_address_is_passed_over(
    no_show: Callable[..., None], go: Climb, channels: Channels, family: Family
) -> None:
    no_show(NoticeState.REFUSED)
    assert go(FakeRung(Channel.EMAIL, unknown={family.guardian_id}), SMS) == 1
    assert channels() == ["line", "sms"]


@pytest.mark.parametrize("kind", [EventKind.NO_SHOW, EventKind.ARRIVAL])
def test_only_the_ticked_box_of_no_shows_counts(
    house: House, no_show: Callable[..., None], go: Climb, channels: Channels, kind: EventKind
) -> None:
    no_show(NoticeState.REFUSED)
    with transaction(house.engine) as session:
        session.execute(
            update(Subscription)
            .where(col(Subscription.channel) == Channel.EMAIL, col(Subscription.kind) == kind)
            .values(is_on=False)
        )
    go()
    assert channels() == ["line", "sms" if kind is EventKind.NO_SHOW else "email"]


def test_channel_for_all_needs_an_address_and_no_tick(
    house: House, no_show: Callable[..., None], go: Climb, channels: Channels
) -> None:
    no_show(NoticeState.REFUSED)
    with transaction(house.engine) as session:
        session.execute(update(Subscription).values(is_on=False))
    assert go(FakeRung(Channel.EMAIL, needs_tick=False), SMS) == 1
    assert channels() == ["line", "email"]


def test_whose_binding_ended_is_told_nothing_more(
    house: House, no_show: Callable[..., None], go: Climb
) -> None:
    no_show(NoticeState.REFUSED)
    with transaction(house.engine) as session:
        session.exec(select(Binding)).one().ended_at = house.clock.now()
    assert go() == 0


def test_arrival_never_climbs(
    house: House, no_show: Callable[..., None], go: Climb, channels: Channels
) -> None:
    no_show(NoticeState.REFUSED)
    with transaction(house.engine) as session:
        session.execute(update(Notice).values(kind=NoticeKind.ARRIVAL))
    wait(house, LATE)
    assert go() == 0


def test_old_no_show_does_not_climb(house: House, no_show: Callable[..., None], go: Climb) -> None:
    no_show(NoticeState.REFUSED)
    wait(house, timedelta(minutes=120))
    assert go() == 0


def test_answer_stops_the_climb(
    house: House, no_show: Callable[..., None], go: Climb, family: Family
) -> None:
    no_show(NoticeState.REFUSED)
    with transaction(house.engine) as session:
        make_moot(session, [family.student_id], MONDAY, house.clock.now())
    assert go() == 0


@pytest.mark.parametrize("state", [*STUCK, NoticeState.PENDING, NoticeState.LEASED])
def test_no_show_that_no_longer_stands_does_not_climb(
    house: House, no_show: Callable[..., None], go: Climb, family: Family, state: NoticeState
) -> None:
    no_show(state)
    with transaction(house.engine) as session:
        cancel_no_shows(session, [family.student_id], MONDAY, house.clock.now())
    wait(house, LATE)
    assert go() == 0


def test_mail_not_sent_yet_is_cancelled_with_the_rest(
    house: House, no_show: Callable[..., None], go: Climb, family: Family
) -> None:
    no_show(NoticeState.REFUSED)
    go()
    arrive(house, family)
    with transaction(house.engine) as session:
        mail = session.exec(select(Notice).where(Notice.channel == Channel.EMAIL)).one()
    assert (mail.state, mail.outcome, mail.kind) == ("cancelled", "tap_came", "no_show")
    assert go() == 0


def arrive(house: House, family: Family) -> None:
    """Ming taps after all."""
    now = house.clock.now()
    with transaction(house.engine) as session:
        presence = Presence(student_id=family.student_id, arrived_at=now)
        tell_corrections(session, "liff-1", [presence], school_day=MONDAY, now=now)


def test_row_of_another_channel_holds_no_line_address(
    house: House, no_show: Callable[..., None], go: Climb
) -> None:
    no_show(NoticeState.REFUSED)
    go()
    with transaction(house.engine) as session:
        rows = {row.channel: row for row in session.exec(select(Notice))}
    line, mail = rows["line"], rows["email"]
    assert (mail.line_user_id, mail.state, mail.content) == (None, "pending", line.content)
    assert mail.expires_at == line.expires_at
    assert mail.retry_key != line.retry_key


def test_machines_that_climb_at_once_write_one_row(
    house: House, no_show: Callable[..., None], go: Climb, channels: Channels
) -> None:
    no_show(NoticeState.REFUSED)
    counts: list[int] = []
    threads = [threading.Thread(target=lambda: counts.append(go())) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(counts) == [0, 0, 0, 0, 0, 1]
    assert channels() == ["line", "email"]


@pytest.mark.parametrize("turn", range(5))
def test_tap_beside_a_climb_leaves_no_mail_waiting(
    house: House, no_show: Callable[..., None], go: Climb, family: Family, turn: int
) -> None:
    no_show(NoticeState.REFUSED)
    start = threading.Barrier(2)

    def meet(work: Callable[[], object]) -> None:
        start.wait()
        work()

    threads = [
        threading.Thread(target=meet, args=[work]) for work in (go, lambda: arrive(house, family))
    ]
    for thread in threads[:: -1 if turn % 2 else 1]:
        thread.start()
    for thread in threads:
        thread.join()
    assert go() == 0
    with transaction(house.engine) as session:
        mails = session.exec(select(Notice).where(Notice.channel == Channel.EMAIL)).all()
    assert [mail.state for mail in mails if mail.state != NoticeState.CANCELLED] == []


NOW = LONG_AGO
GONE = Standing(NoticeState.REFUSED, NOW)
SENT = Standing(NoticeState.ACCEPTED, NOW)
WAITING = Standing(NoticeState.PENDING, NOW)


@pytest.mark.parametrize(
    ("standings", "is_open", "expected"),
    [
        ({Channel.LINE: GONE}, {Channel.EMAIL, Channel.SMS}, Channel.EMAIL),
        ({Channel.LINE: GONE}, {Channel.SMS}, Channel.SMS),
        ({Channel.LINE: GONE}, set(), None),
        ({Channel.LINE: SENT}, {Channel.EMAIL}, None),
        ({Channel.LINE: GONE, Channel.EMAIL: WAITING}, {Channel.SMS}, None),
        ({Channel.LINE: GONE, Channel.EMAIL: GONE}, {Channel.EMAIL, Channel.SMS}, Channel.SMS),
        ({Channel.LINE: GONE, Channel.SMS: SENT}, {Channel.SMS}, None),
    ],
)
def test_next_channel(
    standings: dict[Channel, Standing], is_open: set[Channel], expected: Channel | None
) -> None:
    assert next_channel(standings, is_open, NOW) is expected
