"""The outbox against a model: whatever senders, answers and time do, each notice ends once."""

from collections import Counter
from datetime import date, timedelta
from itertools import cycle
from typing import Any
from uuid import UUID

import orjson
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import delete, func, select
from sqlmodel import Session, col

from core.db import snapshot, table_of, transaction
from core.delivery.claims import LEASE, claim, expire
from core.delivery.line import PushAnswer, PushResult
from core.delivery.outcomes import settlement_for
from core.delivery.pushes import Leased
from core.delivery.settle import settle
from core.delivery.told_later import PATIENCE, TOLD_LATER, end_told_later
from core.house import House
from core.kinds import NoticeKind, NoticeState
from core.notices.outbox import NewNotice, enqueue
from core.notices.stops import cancel_no_shows, cancel_waiting
from core.notices.tables import Notice
from core.notices.templates import frozen
from core.watch.replay import replay
from tests.conftest import MONDAY_MORNING
from tests.factories import MEI, make_binding, make_guardian, make_school, make_student

MONDAY = date(2026, 11, 23)
ENDED = {state.value for state in NoticeState} - {"pending", "leased"}
KINDS = (NoticeKind.ARRIVAL, NoticeKind.DEPARTURE, NoticeKind.CORRECTION, NoticeKind.NO_SHOW)
ANSWERS = st.sampled_from(list(PushResult))
# Longer than a lease, and than any pause between two tries.
STEP = LEASE + timedelta(seconds=75)


class Outbox(RuleBasedStateMachine):
    """Senders that may die, a LINE that may lie, and what each guardian has read."""

    house: House
    guardian: UUID
    children: list[UUID]

    @initialize()
    def begin(self) -> None:
        self.house.clock.move_to(MONDAY_MORNING)
        with transaction(self.house.engine) as session:
            session.execute(delete(Notice))
        self.created, self.written = 0, set[str]()
        self.held: list[Leased] = []
        # What LINE took, by retry key, in the order it was taken.
        self.ledger: dict[UUID, bytes] = {}
        # No-shows nobody had in hand when their child came.
        self.called_off = set[UUID]()

    @rule(child=st.integers(0, 1), kind=st.sampled_from(KINDS), held=st.booleans())
    def write(self, child: int, kind: NoticeKind, held: bool) -> None:
        now, number = self.house.clock.now(), self.created + 1
        is_gate_news = kind in (NoticeKind.ARRIVAL, NoticeKind.DEPARTURE)
        notice = NewNotice(
            kind=kind,
            student_id=self.children[child],
            guardian_id=self.guardian,
            line_user_id=MEI,
            school_day=MONDAY,
            at=now,
            about=str(number),
            content=frozen([{"type": "text", "text": str(number)}]),
            may_ride=is_gate_news,
            due_at=now + timedelta(seconds=15) if held and is_gate_news else None,
        )
        with transaction(self.house.engine) as session:
            self.created += enqueue(session, [notice], now)

    @rule()
    def siblings_come(self) -> None:
        for child in range(len(self.children)):
            self.write(child, NoticeKind.ARRIVAL, held=False)

    @rule(limit=st.integers(1, 3))
    def take(self, limit: int) -> None:
        now = self.house.clock.now()
        with transaction(self.house.engine) as session:
            expire(session, now)
            end_told_later(session, (), now)
            leased = claim(session, now=now, limit=limit)
        assert not self.called_off & {push.id for push in leased}
        self.held += leased
        self._no_departure_waits_too_long()

    @rule(answer=ANSWERS, is_taken=st.booleans(), which=st.integers(0, 5))
    def send(self, answer: PushResult, is_taken: bool, which: int) -> None:
        """LINE answers; where it is in doubt LINE may have taken the push or not."""
        if not self.held:
            return
        self._land(self.held.pop(which % len(self.held)), answer, is_taken)

    @rule(child=st.integers(0, 1))
    def no_show_dies(self, child: int) -> None:
        self.write(child, NoticeKind.NO_SHOW, held=False)
        self.take(3)
        for push in [one for one in self.held if one.kind == NoticeKind.NO_SHOW]:
            self.held.remove(push)
            self._land(push, PushResult.WRONG, is_taken=False)

    @rule(
        answers=st.lists(ANSWERS, min_size=4, max_size=4),
        order=st.permutations(range(6)),
        cut=st.integers(0, 6),
    )
    def all_land(self, answers: list[PushResult], order: list[int], cut: int) -> None:
        """Whatever is settled first, and together with what, the same becomes of all."""
        now, settlements = self.house.clock.now(), []
        for push, answer in zip(self.held, cycle(answers)):  # noqa: B905  # there are few words
            if answer is PushResult.ACCEPTED:
                self._line_takes(push)
            settlements.append(settlement_for(push, PushAnswer(answer, "test"), now))
        self.held = []
        mixed = [settlements[place] for place in order if place < len(settlements)]
        mixed += settlements[len(order) :]
        with transaction(self.house.engine) as session:
            trial = session.begin_nested()
            for part in (mixed[:cut], mixed[cut:]):
                settle(session, part, now)
            expected = _stand(session)
            trial.rollback()
            settle(session, settlements, now)
            assert _stand(session) == expected

    @rule(child=st.integers(0, 1))
    def unbind(self, child: int) -> None:
        """The child's waiting news is stopped; that it is bound anew spares us a binding."""
        about = {"guardian_id": self.guardian, "student_id": self.children[child]}
        now = self.house.clock.now()
        with transaction(self.house.engine) as session:
            cancel_waiting(session, **about, now=now, outcome="unbound")

    @rule(child=st.integers(0, 1))
    def child_comes(self, child: int) -> None:
        in_hand = {push.id for push in self.held}
        its = (Notice.kind == NoticeKind.NO_SHOW, Notice.student_id == self.children[child])
        with transaction(self.house.engine) as session:
            now = self.house.clock.now()
            cancel_no_shows(session, [self.children[child]], MONDAY, now)
            self.called_off |= set(session.scalars(select(col(Notice.id)).where(*its))) - in_hand

    @rule(which=st.integers(0, 5))
    def replay_a_dead_one(self, which: int) -> None:
        with transaction(self.house.engine) as session:
            is_dead = col(Notice.state) == NoticeState.DEAD
            dead = session.scalars(select(col(Notice.id)).where(is_dead).order_by(Notice.id)).all()
            if dead:
                now = self.house.clock.now()
                replay(session, dead[which % len(dead)], by="operator", now=now)

    @rule(is_taken=st.booleans())
    def sender_dies(self, is_taken: bool) -> None:
        for push in self.held:
            if is_taken:
                self._line_takes(push)
        self.held = []

    @rule(seconds=st.sampled_from([1, 5, 20, 40, 700]))
    def time_passes(self, seconds: int) -> None:
        self.house.clock.move_to(self.house.clock.now() + timedelta(seconds=seconds))

    def _land(self, push: Leased, answer: PushResult, is_taken: bool) -> None:
        if answer is PushResult.ACCEPTED or (answer is PushResult.AMBIGUOUS and is_taken):
            self._line_takes(push)
        now = self.house.clock.now()
        with transaction(self.house.engine) as session:
            settle(session, [settlement_for(push, PushAnswer(answer, "test"), now)], now)

    def _line_takes(self, push: Leased) -> None:
        taken = self.ledger.setdefault(push.retry_key, push.content)
        assert taken == push.content, "another message under a key that LINE knows"

    def _no_departure_waits_too_long(self) -> None:
        """Behind an arrival that nobody sends, and that a tried push does not hold."""
        now, rows = self.house.clock.now(), self._rows()
        heads = {row.rides_with for row in rows}
        free = [
            row
            for row in rows
            if row.kind == NoticeKind.ARRIVAL
            and (row.state == "pending" or (row.state == "leased" and row.lease_until < now))
            and (row.first_tried_at is None or (row.rides_with is None and row.id not in heads))
        ]
        late = [
            (row.student_id, row.created_at, row.id)
            for row in rows
            if row.kind == NoticeKind.DEPARTURE
            and row.state == "pending"
            and row.due_at <= now < row.expires_at
            and row.turn_at <= now - PATIENCE
        ]
        assert not [
            row
            for row in free
            for child, *moment in late
            if child == row.student_id and moment > [row.created_at, row.id]
        ]

    @invariant()
    def each_notice_is_read_once_at_most(self) -> None:
        read = [m["text"] for content in self.ledger.values() for m in orjson.loads(content)]
        assert not [text for text, count in Counter(read).items() if count > 1]

    @invariant()
    def every_notice_is_in_one_named_state(self) -> None:
        with snapshot(self.house.engine) as session:
            states = session.execute(
                select(col(Notice.state), func.count()).group_by(col(Notice.state))
            ).all()
        assert sum(count for _, count in states) == self.created
        assert {state for state, _ in states} <= {state.value for state in NoticeState}

    def teardown(self) -> None:
        """Once LINE is well, everything ends, and nothing accepted was never read."""
        self.held = []
        enough = (self.created + 2) * STEP
        fresh = {one.id for one in self._rows() if one.expires_at > self.house.clock.now() + enough}
        for _ in range(4 * self.created + 4):
            self.house.clock.move_to(self.house.clock.now() + STEP)
            self.take(50)
            while self.held:
                self.send(PushResult.ACCEPTED, True, 0)
        rows = self._rows()
        assert {row.state for row in rows} <= ENDED
        late = {row.id for row in rows if row.settled_at >= row.expires_at}
        assert not fresh & late, "nothing may hold up news until it is too old"
        read = {m["text"] for content in self.ledger.values() for m in orjson.loads(content)}
        later = [row for row in rows if row.outcome == TOLD_LATER]
        assert {row.kind for row in later} <= {NoticeKind.ARRIVAL}
        for row in later:
            # Nobody knows of what was tried; of what never was, that nobody read it.
            assert row.state == ("unknown" if row.first_tried_at else "expired")
        accepted = {orjson.loads(row.content)[0]["text"] for row in rows if row.state == "accepted"}
        assert accepted <= read
        # What was called off between two tries may have been read at the first.
        doubtful = ("unknown", "dead", "cancelled")
        assert read - accepted <= {
            orjson.loads(row.content)[0]["text"] for row in rows if row.state in doubtful
        }

    def _rows(self) -> list[Any]:
        with snapshot(self.house.engine) as session:
            return list(session.scalars(select(Notice)))


def _stand(session: Session) -> list[Any]:
    """How every notice stands."""
    names = ("id", "state", "outcome", "due_at", "settled_at", "attempts", "first_tried_at")
    columns = [table_of(Notice).c[name] for name in names]
    return list(session.execute(select(*columns).order_by(columns[0])).all())


@pytest.mark.timeout(600)
def test_any_order_of_claims_answers_and_deaths_ends_well(house: House) -> None:
    with transaction(house.engine) as session:
        make_school(session)
        guardian = make_guardian(session, house)
        children = [make_student(session, house, number=number) for number in ("1", "2")]
        for child in children:
            make_binding(session, guardian, child)
        Outbox.guardian, Outbox.children = guardian.id, [child.id for child in children]
    Outbox.house = house
    run_state_machine_as_test(
        Outbox,
        settings=settings(
            max_examples=25 if house.engine.dialect.name == "postgresql" else 60,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
