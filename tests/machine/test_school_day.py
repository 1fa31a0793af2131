"""A school day in any order: taps, late uploads, leaves, make-ups, closures, sweeps, settlements.

Steps are drawn by hypothesis. After each, the records are what the facts amount to, no tap is told
twice, and no guardian reads a no-show that the system knew to be wrong when it sent it.
"""

import os
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import delete, update
from sqlmodel import SQLModel, col, select

from core.attendance.brake import GateReport
from core.attendance.closing import close_day, reopen_day
from core.attendance.leaves import Filer, file_leave, withdraw_leave
from core.attendance.review import answer_absent
from core.attendance.runs import RunKey, cancel_run, release_run
from core.attendance.tables import AttendanceDay, Leave, LeaveReason, NoShowRun
from core.audit import AuditEntry
from core.calendar.closures import propose_closure, propose_undo
from core.calendar.scopes import ClosureScope
from core.calendar.tables import Closure
from core.clock import TAIPEI, school_day_of
from core.db import transaction
from core.delivery.claims import claim
from core.delivery.pushes import Leased
from core.delivery.settle import Settlement, settle
from core.duty.no_show_tick import run_no_show_tick
from core.errors import AccessError, InputError
from core.gate.batch import TapIn
from core.gate.make_up import make_ups_of, record_make_up, undo_make_up
from core.gate.tables import Reader, ReaderDay, Tap, TapSource
from core.gate.taps import Delivery, record_taps
from core.house import House
from core.kinds import DayPart, Direction, HoldReason, NoticeState
from core.notices.tables import Notice
from tests.factories import (
    DESK,
    HUA,
    card_uid_of,
    make_binding,
    make_guardian,
    make_reader,
    make_school,
    make_staff,
    make_student,
)
from tests.machine.ledger import (
    Ledger,
    check_day_records,
    check_notices,
    is_excused,
)

# More than ten thousand; PostgreSQL takes twice as long for one, and the logic is the same.
STEPS = {"sqlite": 10_020, "postgresql": 600}
DAY_STEPS = 60
# Making a failing run shorter takes minutes of databases: only when asked for.
PHASES = tuple(Phase) if os.environ.get("MACHINE_SHRINK") else (Phase.generate,)
MORNING = datetime(2026, 11, 23, 7, 0, tzinfo=TAIPEI)
TODAY = MORNING.date()
CUTOFF = RunKey("353607", TODAY, datetime(2026, 11, 23, 8, 30, tzinfo=TAIPEI).time())
NUMBERS = ("11510001", "11510002", "11510003")
LEFT_BEHIND: tuple[type[SQLModel], ...] = (
    Notice, Tap, AttendanceDay, Leave, NoShowRun, Closure, ReaderDay, AuditEntry
)  # fmt: skip
children = st.integers(0, len(NUMBERS) - 1)
minutes = st.integers(0, 180)


class SchoolDay(RuleBasedStateMachine):
    """One school, three children, two guardians, a directed and an undirected reader."""

    house: House
    students: list[UUID]
    guardians: list[UUID]
    readers: list[UUID]
    staff: list[str]
    steps = 0

    @initialize()
    def begin(self) -> None:
        self.house.clock.move_to(MORNING)
        with transaction(self.house.engine) as session:
            # What takes back is deleted before what it takes back.
            session.execute(delete(Tap).where(col(Tap.source) == TapSource.UNDO))
            for table in LEFT_BEHIND:
                session.execute(delete(table))
            session.execute(update(Reader).values(last_contact_at=MORNING, buffered=0))
        self.ledger, self.read, self.leased = Ledger(), set[tuple[UUID, UUID]](), list[Leased]()
        self.seq, self.batch, self.gate_is_up = 0, list[TapIn](), True
        self.closed: Closure | None = None
        # It moves the hour from which a tap means out, for what is decided while it stands.
        self.had_closed_morning = False

    @property
    def now(self) -> datetime:
        return self.house.clock.now()

    def _do(self, act: Any, **facts: Any) -> Any:
        """Run one use case as its entry point would; a refusal changes nothing."""
        try:
            with transaction(self.house.engine) as session:
                return act(session, **facts)
        except (InputError, AccessError):
            return None

    @rule(step=st.integers(1, 40))
    def time_passes(self, step: int) -> None:
        self.house.clock.move_to(min(self.now + timedelta(minutes=step), MORNING.replace(hour=18)))

    @rule(child=children, ago=minutes, reader=st.integers(0, 1), other=children)
    def tap(self, child: int, ago: int, reader: int, other: int) -> None:
        """One or two children tap, now or some time ago (a late upload)."""
        at = max(self.now - timedelta(minutes=ago), MORNING)
        self.seq += 2
        self.batch = [
            TapIn(self.seq, card_uid_of(NUMBERS[child]), at),
            TapIn(self.seq + 1, card_uid_of(NUMBERS[other]), at + timedelta(seconds=20)),
        ]
        self._upload(reader)

    @rule(reader=st.integers(0, 1))
    def send_again(self, reader: int) -> None:
        self._upload(reader)

    def _upload(self, reader: int) -> None:
        if not self.batch:
            return
        with transaction(self.house.engine) as session:
            device = session.get_one(Reader, self.readers[reader])
            liff_id = self.house.settings.liff_id
            record_taps(
                session, liff_id, [Delivery(device, f"boot-{reader}", self.batch)], self.now
            )

    @rule(
        child=children, who=st.integers(0, 2), part=st.sampled_from(DayPart), span=st.integers(0, 2)
    )
    def file(self, child: int, who: int, part: DayPart, span: int) -> None:
        self._do(
            file_leave,
            liff_id="liff",
            student_id=self.students[child],
            first_day=TODAY,
            last_day=TODAY + timedelta(days=span),
            part=part,
            reason=LeaveReason.SICK,
            filer=self._filer(who),
            now=self.now,
        )

    @rule(who=st.integers(0, 2))
    def withdraw(self, who: int) -> None:
        with transaction(self.house.engine) as session:
            leave = session.exec(select(Leave).where(col(Leave.withdrawn_at).is_(None))).first()
        if leave is not None:
            facts = {"leave_id": leave.id, "filer": self._filer(who), "now": self.now}
            self._do(withdraw_leave, liff_id="liff", **facts)

    def _filer(self, who: int) -> Filer:
        if who == len(self.guardians):
            return Filer(self.staff[0])
        return Filer(f"guardian:{self.guardians[who]}", self.guardians[who])

    @rule(child=children, ago=minutes, direction=st.sampled_from([Direction.IN, Direction.OUT]))
    def make_up(self, child: int, ago: int, direction: Direction) -> None:
        self._do(
            record_make_up,
            liff_id="liff",
            student_id=self.students[child],
            at=max(self.now - timedelta(minutes=ago), MORNING),
            direction=direction,
            recorded_by=self.staff[0],
            reason="忘帶卡",
            now=self.now,
        )

    @rule(child=children)
    def take_back(self, child: int) -> None:
        with transaction(self.house.engine) as session:
            entered = make_ups_of(session, self.students[child], TODAY)
        if entered:
            facts = {"tap_id": entered[0].id, "recorded_by": self.staff[1], "reason": "記錯"}
            self._do(undo_make_up, liff_id="liff", now=self.now, **facts)

    @rule(child=children)
    def teacher_has_not_seen(self, child: int) -> None:
        facts = {"student_id": self.students[child], "school_day": TODAY, "by": self.staff[0]}
        self._do(answer_absent, desk=DESK, now=self.now, **facts)

    @rule(part=st.sampled_from(DayPart), scope=st.sampled_from(["city", "school", "grade"]))
    def close(self, part: DayPart, scope: str) -> None:
        if self.closed is not None:
            return
        place = {
            "city": ClosureScope(),
            "school": ClosureScope(school_code="353607"),
            "grade": ClosureScope(school_code="353607", grade=6),
        }[scope]
        proposed = self._do(
            propose_closure,
            scope=place,
            day=TODAY,
            part=part,
            source="臺北市政府",
            source_at=self.now,
            by=self.staff[0],
            now=self.now,
        )
        if proposed is not None:
            self.had_closed_morning |= part is DayPart.MORNING
            self.closed = self._do(
                close_day, closure_id=proposed.id, by=self.staff[1], now=self.now
            )

    @rule()
    def reopen(self) -> None:
        if self.closed is None:
            return
        facts = {"closure_id": self.closed.id, "now": self.now}
        if self._do(propose_undo, by=self.staff[0], **facts) and self._do(
            reopen_day, by=self.staff[1], **facts
        ):
            self.closed = None

    @rule()
    def gate_falls_silent_or_speaks(self) -> None:
        self.gate_is_up = not self.gate_is_up

    @rule()
    def cutoff_tick(self) -> None:
        if self.gate_is_up:
            with transaction(self.house.engine) as session:
                session.execute(update(Reader).values(last_contact_at=self.now))
        run_no_show_tick(self.house)

    @rule(releases=st.booleans())
    def staff_decide(self, releases: bool) -> None:
        by = self.staff[0]
        if releases:
            gate = GateReport(None, HoldReason.SILENT)
            self._do(release_run, desk=DESK, key=CUTOFF, gate=gate, by=by, now=self.now)
        else:
            self._do(cancel_run, key=CUTOFF, by=by, now=self.now)

    @rule(limit=st.integers(1, 4))
    def worker_claims(self, limit: int) -> None:
        with transaction(self.house.engine) as session:
            taken = claim(session, now=self.now, limit=limit)
            for one in taken:
                notice = session.get_one(Notice, one.id)
                if notice.kind == "no_show" and notice.student_id:
                    assert not is_excused(session, notice.student_id, self.now)
        self.leased += taken

    @rule(outcome=st.sampled_from(["accepted", "lost_answer", "refused_rate", "crash"]))
    def worker_sends(self, outcome: str) -> None:
        # What may be done depends on ids drawn by chance; what is drawn must not.
        if not self.leased:
            return
        one = self.leased.pop(0)
        if outcome in ("accepted", "lost_answer", "crash"):
            self.ledger.accept(one.retry_key, one.content)
            self._note_read(one)
        if outcome == "crash":
            # Nobody settles; the lease runs out.
            return
        state = NoticeState.ACCEPTED if outcome == "accepted" else NoticeState.PENDING
        settlement = Settlement(
            one.id,
            one.school_day,
            one.lease_token,
            state,
            outcome,
            due_at=None if outcome == "accepted" else self.now + timedelta(seconds=5),
            is_try=outcome != "refused_rate",
            riders=one.riders,
        )
        with transaction(self.house.engine) as session:
            settle(session, [settlement], self.now)

    def _note_read(self, one: Leased) -> None:
        with transaction(self.house.engine) as session:
            notice = session.get_one(Notice, one.id)
            if notice.kind == "no_show" and notice.student_id and notice.guardian_id:
                self.read.add((notice.student_id, notice.guardian_id))

    @invariant()
    def records_and_notices_are_true(self) -> None:
        type(self).steps += 1
        # What a step broke stays broken: every third look finds it as well.
        if self.steps % 3 == 0:
            self._judge()

    def teardown(self) -> None:
        self._judge()

    def _judge(self) -> None:
        with transaction(self.house.engine) as session:
            check_notices(session, self.read)
            if not self.had_closed_morning:
                check_day_records(session)


@pytest.mark.timeout(900)
def test_any_order_of_a_school_day_keeps_its_promises(house: House) -> None:
    with transaction(house.engine) as session:
        make_school(session)
        mei, hua = make_guardian(session, house), make_guardian(session, house, HUA)
        students = [make_student(session, house, number=number) for number in NUMBERS]
        for guardian, student in ((mei, 0), (mei, 1), (hua, 1), (hua, 2)):
            make_binding(session, guardian, students[student])
        readers = [
            make_reader(session, house, reader_id=uuid4(), direction=direction)
            for direction in ("both", "in")
        ]
        SchoolDay.students = [one.id for one in students]
        SchoolDay.guardians = [mei.id, hua.id]
        people = [make_staff(session, house, f"U{n:032d}") for n in range(2)]
        SchoolDay.staff = [f"staff:{one.id}" for one in people]
        SchoolDay.readers = [one.id for one in readers]
    SchoolDay.house, SchoolDay.steps = house, 0
    goal = int(os.environ.get("MACHINE_STEPS", STEPS[house.engine.dialect.name]))
    while SchoolDay.steps < goal:
        run_state_machine_as_test(
            SchoolDay,
            settings=settings(
                max_examples=min(60, -(-(goal - SchoolDay.steps) // DAY_STEPS)),
                stateful_step_count=DAY_STEPS,
                deadline=None,
                phases=PHASES,
                suppress_health_check=list(HealthCheck),
            ),
        )
    assert school_day_of(house.clock.now()) == TODAY
