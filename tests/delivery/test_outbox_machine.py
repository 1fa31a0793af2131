"""The outbox against a model: whatever senders, answers and time do, each notice ends once."""

from collections import Counter
from datetime import date, timedelta
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
from sqlmodel import col

from core.db import snapshot, transaction
from core.delivery.claims import LEASE, claim, expire
from core.delivery.line import PushAnswer, PushResult
from core.delivery.outcomes import settlement_for
from core.delivery.pushes import Leased
from core.delivery.settle import settle
from core.house import House
from core.kinds import NoticeKind, NoticeState
from core.notices.outbox import NewNotice, enqueue
from core.notices.tables import Notice
from core.notices.templates import frozen
from tests.conftest import MONDAY_MORNING
from tests.factories import MEI, make_binding, make_guardian, make_school, make_student

MONDAY = date(2026, 11, 23)
ENDED = {state.value for state in NoticeState} - {"pending", "leased"}
KINDS = (NoticeKind.ARRIVAL, NoticeKind.DEPARTURE, NoticeKind.CORRECTION, NoticeKind.NO_SHOW)
ANSWERS = st.sampled_from(list(PushResult))


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
            occurrence=number,
            content=frozen([{"type": "text", "text": str(number)}]),
            may_ride=is_gate_news,
            due_at=now + timedelta(seconds=15) if held and is_gate_news else None,
        )
        with transaction(self.house.engine) as session:
            self.created += enqueue(session, [notice], now)

    @rule(limit=st.integers(1, 3))
    def take(self, limit: int) -> None:
        now = self.house.clock.now()
        with transaction(self.house.engine) as session:
            expire(session, now)
            self.held += claim(session, now=now, limit=limit)

    @rule(answer=ANSWERS, is_taken=st.booleans(), which=st.integers(0, 5))
    def send(self, answer: PushResult, is_taken: bool, which: int) -> None:
        """LINE answers; where it is in doubt LINE may have taken the push or not."""
        if not self.held:
            return
        push = self.held.pop(which % len(self.held))
        if answer is PushResult.ACCEPTED or (answer is PushResult.AMBIGUOUS and is_taken):
            self._line_takes(push)
        now = self.house.clock.now()
        with transaction(self.house.engine) as session:
            settle(session, [settlement_for(push, PushAnswer(answer, "test"), now)], now)

    @rule(is_taken=st.booleans())
    def sender_dies(self, is_taken: bool) -> None:
        for push in self.held:
            if is_taken:
                self._line_takes(push)
        self.held = []

    @rule(seconds=st.sampled_from([1, 5, 20, 40, 700]))
    def time_passes(self, seconds: int) -> None:
        self.house.clock.move_to(self.house.clock.now() + timedelta(seconds=seconds))

    def _line_takes(self, push: Leased) -> None:
        taken = self.ledger.setdefault(push.retry_key, push.content)
        assert taken == push.content, "another message under a key that LINE knows"

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
        for _ in range(4 * self.created + 4):
            self.house.clock.move_to(self.house.clock.now() + LEASE + timedelta(seconds=75))
            self.take(50)
            while self.held:
                self.send(PushResult.ACCEPTED, True, 0)
        rows = self._rows()
        assert {row.state for row in rows} <= ENDED
        read = {m["text"] for content in self.ledger.values() for m in orjson.loads(content)}
        accepted = {orjson.loads(row.content)[0]["text"] for row in rows if row.state == "accepted"}
        assert accepted <= read
        assert read - accepted <= {
            orjson.loads(row.content)[0]["text"] for row in rows if row.state in ("unknown", "dead")
        }

    def _rows(self) -> list[Any]:
        with snapshot(self.house.engine) as session:
            return list(session.scalars(select(Notice)))


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
