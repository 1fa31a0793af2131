"""Rows over age go and rows within it stay, on both engines; the purge proves itself."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, insert, select
from sqlmodel import Session

import core.privacy.purge
from core.audit import AuditEntry
from core.calendar.terms import NewTerm, set_term
from core.clock import TAIPEI, at_taipei, day_end, school_day_of
from core.db import metadata, snapshot, transaction
from core.duty.tables import JobRun
from core.gate.tables import Tap, TapNumber
from core.house import House
from core.notices.tables import Notice
from core.people.tables import Binding, BindingAttempt, StaffInvite, Student, Subscription
from core.privacy.purge import DONE, JOB, LOCK, over_age, purge, run_purge_tick
from core.privacy.retention import BLANK, LIMITS, Limit
from core.privacy.slices import BATCH
from core.privacy.tables import PurgeRun
from tests.conftest import FixedClock
from tests.factories import make_school, make_student
from tests.privacy.conftest import MEIS, NOW, Cast, event_of, plant_child, plant_reading

BY_NAME = {one.name: one for one in LIMITS}
NIGHT = datetime(2026, 11, 24, 0, 40, tzinfo=TAIPEI)


def count(house: House, table: str, *where: Any) -> int:
    """How many rows a table has."""
    rows = metadata().tables[table]
    with snapshot(house.engine) as session:
        statement = select(func.count()).select_from(rows).where(*where)
        return session.execute(statement).scalar_one()


def ran(house: House, name: str) -> PurgeRun:
    """What the last purge wrote down about a limit."""
    with snapshot(house.engine) as session:
        runs = select(PurgeRun).where(PurgeRun.limit_name == name)  # type: ignore[arg-type]
        return session.scalars(runs.order_by(PurgeRun.started_at.desc())).first()  # type: ignore[attr-defined, return-value]


Plant = Callable[[Session, Cast, datetime], None]


def _audit(session: Session, _cast: Cast, at: datetime) -> None:
    session.add(AuditEntry(actor="staff:x", action="look", subject="y", at=at))


def _attempt(session: Session, cast: Cast, at: datetime) -> None:
    facts = {"guardian_id": cast.mei, "subject_index": "i0:a", "identity_index": "i0:b"}
    session.add(BindingAttempt(school_day=at.date(), tried_at=at, **facts))


def _event(session: Session, _cast: Cast, at: datetime) -> None:
    row = event_of(MEIS) | {"webhook_event_id": uuid4().hex, "received_at": at}
    session.execute(insert(metadata().tables["line_event"]).values(row))


def _invite(session: Session, _cast: Cast, at: datetime) -> None:
    facts = {"name_sealed": "d0:AAAA", "role": "officer", "invited_by": "operator"}
    session.add(StaffInvite(code_index=f"i0:{uuid4().hex}", invited_at=at, expires_at=at, **facts))


def _run(session: Session, _cast: Cast, at: datetime) -> None:
    session.add(JobRun(job="x", slot=uuid4().hex, outcome="ok", ran_at=at))


def _notice(session: Session, cast: Cast, at: datetime) -> None:
    key = uuid4()
    session.add(
        Notice(
            dedupe_key=str(key),
            retry_key=key,
            kind="arrival",
            guardian_id=cast.mei,
            channel="line",
            school_day=at.date(),
            content=b'[{"text": "x"}]',
            priority=1,
            turn_at=at,
            state="accepted",
            created_at=at,
            due_at=at,
            expires_at=at,
            settled_at=at,
        )
    )


def _announcement(session: Session, cast: Cast, at: datetime) -> None:
    # Read only just now: an announcement takes along who read it.
    plant_reading(session, cast.mei, NOW).archived_at = at


def _reading(session: Session, cast: Cast, at: datetime) -> None:
    plant_reading(session, cast.mei, at)


PLANTS: dict[str, Plant] = {
    "audit": _audit,
    "binding_attempts": _attempt,
    "line_events": _event,
    "staff_invites": _invite,
    "job_runs": _run,
    "notices": _notice,
    "announcements": _announcement,
    "announcement_reads": _reading,
}


@pytest.mark.parametrize("name", PLANTS)
def test_row_just_over_age_goes_and_one_just_within_stays(
    home: House, cast: Cast, name: str
) -> None:
    limit = BY_NAME[name]
    cutoff = limit.cutoff(home.settings, NOW)
    was = count(home, limit.table)
    with transaction(home.engine) as session:
        PLANTS[name](session, cast, cutoff - timedelta(seconds=1))
        PLANTS[name](session, cast, cutoff + timedelta(seconds=1))
    assert purge(home) is not None
    run = ran(home, name)
    assert (run.before - (run.canary_gone is True), run.removed - (run.canary_gone is True)) == (
        1,
        1,
    )
    assert run.after == 0
    # The purge's own two run rows come on top.
    assert count(home, limit.table) - was in ((1, 2) if name == "job_runs" else (1,))


def test_reply_to_the_survey_goes_so_long_after_its_term(home: House, cast: Cast) -> None:
    # Both families replied in the term that ends on 31 January 2027.
    kept = timedelta(days=home.settings.retention_counts_days)
    over = at_taipei(date(2027, 1, 31), time(12)) + kept
    for days, left in ((0, 2), (2, 0)):
        clock = FixedClock(over + timedelta(days=days))
        assert purge(replace(home, clock=clock)) is not None
        assert count(home, "survey_reply") == left


def test_text_of_a_notice_goes_before_the_notice(home: House, cast: Cast) -> None:
    cutoff = BY_NAME["notice_texts"].cutoff(home.settings, NOW)
    with transaction(home.engine) as session:
        _notice(session, cast, cutoff - timedelta(seconds=1))
        _notice(session, cast, cutoff + timedelta(seconds=1))
    purge(home)
    notice = metadata().tables["notice"]
    assert count(home, "notice", notice.c.content == BLANK) == 1
    assert count(home, "notice", notice.c.state == "accepted") == 2


def test_number_of_a_tap_goes_when_it_can_come_again_no_more(home: House, cast: Cast) -> None:
    oldest = school_day_of(BY_NAME["tap_numbers"].cutoff(home.settings, NOW))
    with transaction(home.engine) as session:
        for day in (oldest, oldest - timedelta(days=1)):
            number = {"reader_id": uuid4(), "seq": 1, "tap_id": uuid4()}
            session.add(TapNumber(**number, boot_id="b", day=day))
    purge(home)
    numbers = metadata().tables["tap_number"]
    assert ran(home, "tap_numbers").removed == 1
    assert count(home, "tap_number", numbers.c.day < oldest) == 0
    assert count(home, "tap_number", numbers.c.day == oldest) == 1


def test_blanked_text_is_not_looked_at_every_night_again(home: House, cast: Cast) -> None:
    cutoff = BY_NAME["notice_texts"].cutoff(home.settings, NOW)
    with transaction(home.engine) as session:
        _notice(session, cast, cutoff - timedelta(seconds=1))
    purge(home)
    home.clock.move_to(NOW + timedelta(days=1))  # type: ignore[attr-defined]
    with transaction(home.engine) as session:
        _notice(session, cast, cutoff + timedelta(hours=3))
    purge(home)
    run = ran(home, "notice_texts")
    assert (run.before, run.removed, run.after) == (1, 1, 0)


def test_webhook_event_that_waits_is_never_purged(home: House, cast: Cast) -> None:
    row = event_of(MEIS) | {"webhook_event_id": "waits", "state": "pending"}
    row["received_at"] = NOW - timedelta(days=400)
    with transaction(home.engine) as session:
        session.execute(insert(metadata().tables["line_event"]).values(row))
    purge(home)
    event = metadata().tables["line_event"]
    assert count(home, "line_event", event.c.webhook_event_id == "waits") == 1


def _term(session: Session, number: int, first: date, last: date, scope: str = "city") -> None:
    term = NewTerm(
        scope=scope, school_year=115, number=number, first_day=first, last_day=last, source="x"
    )
    set_term(session, term, by="operator", now=NOW)


@pytest.mark.parametrize(("day_after_term", "is_kept"), [(29, True), (30, False)])
@pytest.mark.parametrize("table", ["tap", "attendance_day", "leave"])
def test_taps_and_days_are_kept_until_thirty_days_after_their_term(
    home: House, cast: Cast, table: str, day_after_term: int, is_kept: bool
) -> None:
    last = date(2027, 1, 20)
    with transaction(home.engine) as session:
        _term(session, 1, date(2026, 8, 30), last)
    home.clock.move_to(at_taipei(last + timedelta(days=day_after_term), time(1)))  # type: ignore[attr-defined]
    purge(home)
    # Mei's child and Hua's.
    assert count(home, table) == (2 if is_kept else 0)


def test_schools_own_term_counts_for_its_children(home: House, cast: Cast) -> None:
    with transaction(home.engine) as session:
        make_school(session, "353608", short_name="槐香國小")
        there = make_student(session, home, number="11510009", school_code="353608")
        session.add_all(_bare_taps(there.id, cast.ming))
        _term(session, 1, date(2026, 8, 30), date(2027, 1, 20))
        _term(session, 1, date(2026, 8, 30), date(2027, 1, 29), "353608")
    home.clock.move_to(at_taipei(date(2027, 2, 20), time(1)))  # type: ignore[attr-defined]
    purge(home)
    tap = metadata().tables["tap"]
    assert count(home, "tap", tap.c.student_id == cast.ming) == 0
    assert count(home, "tap", tap.c.student_id == there.id) == 1


def _bare_taps(*student_ids: Any) -> list[Tap]:
    at = datetime(2026, 11, 20, 7, 41, tzinfo=TAIPEI)
    return [_entered(one, at, "make_up") for one in student_ids]


def _entered(student_id: Any, at: datetime, source: str, undoes: Any = None) -> Tap:
    return Tap(
        student_id=student_id,
        direction="in",
        tap_at=at,
        received_at=at,
        effective_at=at,
        school_day=at.astimezone(TAIPEI).date(),
        source=source,
        verdict="accepted",
        recorded_by="staff:x",
        reason="忘帶卡",
        undoes_id=undoes,
    )


def test_taken_back_entries_go_with_what_takes_them_back(home: House, cast: Cast) -> None:
    at = datetime(2026, 11, 20, 7, 50, tzinfo=TAIPEI)
    with transaction(home.engine) as session:
        entry = _entered(cast.ming, at, "make_up")
        session.add(entry)
        session.flush()
        session.add(_entered(cast.ming, at, "undo", entry.id))
    home.clock.move_to(at_taipei(date(2027, 3, 20), time(1)))  # type: ignore[attr-defined]
    purge(home)
    assert count(home, "tap") == 0


def test_taps_of_cards_nobody_knows_go_too(home: House, cast: Cast) -> None:
    with transaction(home.engine) as session:
        stray = session.scalars(select(Tap)).first()
        assert stray is not None
        stray.student_id, stray.school_day, stray.verdict = None, None, "unknown_card"
        session.add(stray)
    home.clock.move_to(day_end(date(2027, 3, 20)))  # type: ignore[attr-defined]
    purge(home)
    assert count(home, "tap") == 0


def test_attendance_can_be_kept_longer_than_raw_taps(home: House, cast: Cast) -> None:
    longer = home.settings.model_copy(update={"retention_attendance_days": 300})
    home.clock.move_to(day_end(date(2027, 3, 20)))  # type: ignore[attr-defined]
    purge(replace(home, settings=longer))
    assert (count(home, "tap"), count(home, "attendance_day")) == (0, 2)


def test_long_ended_binding_goes_with_its_boxes(home: House, cast: Cast) -> None:
    with transaction(home.engine) as session:
        binding = session.scalars(select(Binding).where(Binding.guardian_id == cast.mei)).one()  # type: ignore[arg-type]
        binding.ended_at = NOW
        session.add(binding)
    home.clock.move_to(NOW + timedelta(days=1828))  # type: ignore[attr-defined]
    purge(home)
    with snapshot(home.engine) as session:
        assert session.get(Binding, binding.id) is None
        left = session.scalars(select(Subscription.binding_id)).all()
    # The other family's binding is open and keeps its boxes, however old they are.
    assert binding.id not in left
    assert left


def test_purge_writes_down_counts_and_that_its_canaries_are_gone(home: House, cast: Cast) -> None:
    done = purge(home)
    assert done is not None
    with snapshot(home.engine) as session:
        runs = session.scalars(select(PurgeRun)).all()
    assert {one.limit_name for one in runs} == set(BY_NAME)
    assert all(one.after == 0 for one in runs)
    gone = {one.limit_name for one in runs if one.canary_gone}
    assert gone == {one.name for one in LIMITS if one.canary is not None}
    assert all(one.before >= 1 for one in runs if one.canary_gone)


def test_canary_that_stays_is_an_error(home: House, cast: Cast) -> None:
    done = purge(home)
    assert done is not None
    kept = replace(done[0], canary_gone=False)
    assert not kept.is_proven
    assert not replace(done[0], after=1).is_proven


def test_row_something_newer_leans_on_stays_and_is_told(
    home: House, cast: Cast, caplog: pytest.LogCaptureFixture
) -> None:
    with transaction(home.engine) as session:
        binding = session.scalars(select(Binding).where(Binding.guardian_id == cast.mei)).one()  # type: ignore[arg-type]
        binding.ended_at = NOW - timedelta(days=1900)
        session.add(binding)
    done = purge(home)
    assert done is not None
    (bindings,) = [one for one in done if one.limit == "ended_bindings"]
    assert (bindings.before, bindings.removed, bindings.after) == (1, 0, 1)
    assert "purge left rows over age" in caplog.text
    # What comes after it was purged all the same.
    assert done[-1].limit == "tombstones"


def test_purge_is_many_small_transactions(home: House, cast: Cast) -> None:
    old = NOW - timedelta(days=200)
    rows = [
        {
            "id": uuid4(),
            "guardian_id": cast.mei,
            "subject_index": "i0:a",
            "identity_index": "i0:b",
            "school_day": old.date(),
            "tried_at": old + timedelta(seconds=number % 7),
        }
        for number in range(2 * BATCH + 1)
    ]
    with transaction(home.engine) as session:
        session.execute(insert(metadata().tables["binding_attempt"]), rows)
    limit: Limit = BY_NAME["binding_attempts"]
    sizes = []

    class Watched(core.privacy.purge._Purge):
        def _batches(self, part: Any) -> Any:
            for size in super()._batches(part):
                sizes.append(size)
                yield size

    with transaction(home.engine) as session:
        session.add(JobRun(job=JOB, slot=LOCK, outcome="mine", ran_at=NOW))
    done = Watched(home, limit, "mine", NOW).run()
    assert sizes == [BATCH, BATCH, 1]
    assert (done.removed, done.after) == (2 * BATCH + 1, 0)


def test_purge_taken_over_by_another_stops_and_the_other_goes_on(home: House, cast: Cast) -> None:
    with transaction(home.engine) as session:
        session.add(JobRun(job=JOB, slot=LOCK, outcome="somebody", ran_at=NOW))
    assert purge(home) is None
    home.clock.move_to(NOW + timedelta(minutes=11))  # type: ignore[attr-defined]
    assert purge(home) is not None
    with pytest.raises(core.privacy.purge.LockLost):
        with transaction(home.engine) as session:
            _audit(session, cast, NOW - timedelta(days=4000))
        core.privacy.purge._Purge(home, BY_NAME["audit"], "somebody", NOW).run()
    assert count(home, "audit_entry", AuditEntry.action == "look") == 1


def test_two_purges_at_once_do_the_work_once(home: House, cast: Cast) -> None:
    with transaction(home.engine) as session:
        _audit(session, cast, NOW - timedelta(days=4000))
    start, done = threading.Barrier(3), []

    def run() -> None:
        start.wait()
        done.append(purge(home))

    threads = [threading.Thread(target=run) for _ in range(3)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    removed = sum(one.removed for each in done if each for one in each if one.limit == "audit")
    runs = sum(each is not None for each in done)
    # A second one may have come after the first had ended; it found its own canary only.
    assert removed == 1 + runs


def test_night_purges_once_a_date(home: House, cast: Cast) -> None:
    home.clock.move_to(NIGHT)  # type: ignore[attr-defined]
    run_purge_tick(home)
    run_purge_tick(home)
    assert count(home, "purge_run") == len(LIMITS)
    with snapshot(home.engine) as session:
        assert session.get_one(JobRun, (JOB, "2026-11-24")).outcome == DONE


@pytest.mark.parametrize(
    ("hour", "minute", "is_run"), [(0, 20, False), (0, 30, True), (6, 0, False), (19, 0, True)]
)
def test_purge_waits_for_a_quiet_hour(
    home: House, cast: Cast, hour: int, minute: int, is_run: bool
) -> None:
    home.clock.move_to(NIGHT.replace(hour=hour, minute=minute))  # type: ignore[attr-defined]
    run_purge_tick(home)
    assert bool(count(home, "purge_run")) is is_run


def test_clock_that_only_runs_by_day_purges_by_day(home: House, cast: Cast) -> None:
    home.clock.move_to(NIGHT)  # type: ignore[attr-defined]
    run_purge_tick(home)
    home.clock.move_to(NIGHT.replace(hour=10) + timedelta(days=2))  # type: ignore[attr-defined]
    run_purge_tick(home)
    assert count(home, "purge_run") == 2 * len(LIMITS)


def test_dry_run_counts_and_changes_nothing(home: House, cast: Cast) -> None:
    with transaction(home.engine) as session:
        _audit(session, cast, NOW - timedelta(days=4000))
    found = {one.limit: one.before for one in over_age(home, NOW)}
    assert found["audit"] == 1
    assert count(home, "purge_run") == 0
    assert count(home, "audit_entry", AuditEntry.action == "look") == 1


def test_purge_goes_on_with_a_child_who_has_records_of_two_terms(home: House, cast: Cast) -> None:
    with transaction(home.engine) as session:
        reader = session.scalars(select(Tap.reader_id)).first()
        child = session.get_one(Student, cast.ming)
        plant_child(session, child, reader, date(2027, 3, 1))  # type: ignore[arg-type]
    home.clock.move_to(day_end(date(2027, 3, 2)))  # type: ignore[attr-defined]
    purge(home)
    tap = metadata().tables["tap"]
    with snapshot(home.engine) as session:
        assert session.scalars(select(tap.c.school_day)).all() == [date(2027, 3, 1)]
