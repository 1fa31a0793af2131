"""How long each kind of row is kept: one limit for each, in days that settings name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, Table, and_, func, select, true
from sqlmodel import Session, col

from core.calendar.term_ends import last_term_ends
from core.clock import school_day_of
from core.db import metadata
from core.people.tables import Binding
from core.privacy.slices import Slice, of_ended_terms
from core.privacy.tables import PurgeRun
from core.settings import Settings

Row = dict[str, Any]
BLANK = b"[]"
# What was committed later than its own moment must not slip through.
OVERLAP = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """Rows of `table` are kept `days` (a setting) from their `age` column on.

    With `by_term` the days begin when the term is over that `age`, a Taipei date, lies in. `only`
    narrows it; `blank` overwrites columns and keeps the row. `canary` makes a row of the given age.
    """

    name: str
    table: str
    days: str
    age: str
    by_term: bool = False
    only: Callable[[Table], ColumnElement[bool]] | None = None
    blank: Mapping[str, Any] = field(default_factory=dict)
    canary: Callable[[datetime], Row] | None = None

    def cutoff(self, settings: Settings, now: datetime) -> datetime:
        """Return the moment before which rows are over age (of a term: since when it is over)."""
        days: int = getattr(settings, self.days)
        return now - timedelta(days=days)

    def rows(self) -> Table:
        """Return the table."""
        return metadata().tables[self.table]

    def slices(self, session: Session, settings: Settings, now: datetime) -> list[Slice]:
        """Return the rows over age, in parts that an index serves; only reads."""
        table, cutoff = self.rows(), self.cutoff(settings, now)
        narrowed = [self.only(table)] if self.only else []
        if self.by_term:
            return of_ended_terms(session, table, self.age, school_day_of(cutoff), narrowed)
        age = table.c[self.age]
        since = _blanked_until(session, self.name) if self.blank else None
        if since is not None:
            narrowed.append(age >= since)
        return [Slice(and_(age < _comparable(age, cutoff), *narrowed), age)]

    def whole_days(
        self, session: Session, settings: Settings, now: datetime
    ) -> tuple[date, ColumnElement[bool]]:
        """Return the last day of which all is over age, and what must hold of its rows besides."""
        table, cutoff = self.rows(), self.cutoff(settings, now)
        if self.by_term:
            return min(last_term_ends(session, school_day_of(cutoff)).values()), true()
        return school_day_of(cutoff), table.c[self.age] < cutoff


def _blanked_until(session: Session, name: str) -> datetime | None:
    """Return how far a purge came that left nothing; what is older was blanked then.

    Blanked rows stay, and a purge must not walk past three months of them each night.
    """
    last: datetime | None = session.execute(
        select(func.max(col(PurgeRun.cutoff))).where(
            col(PurgeRun.limit_name) == name, col(PurgeRun.after) == 0
        )
    ).scalar()
    return last - OVERLAP if last else None


def _comparable(age: Any, cutoff: datetime) -> Any:
    return school_day_of(cutoff) if age.type.python_type is date else cutoff


def _of_ended_bindings(table: Table) -> ColumnElement[bool]:
    # Its own age is when a box was last ticked; what counts is that the binding is over.
    ended = select(col(Binding.id)).where(col(Binding.ended_at).is_not(None))
    among: ColumnElement[bool] = table.c.binding_id.in_(ended)
    return among


def _old_audit(at: datetime) -> Row:
    return {"id": uuid4(), "actor": "purge", "action": "canary", "subject": "purge", "at": at}


def _old_session(at: datetime) -> Row:
    return {
        "token_hash": f"canary-{uuid4()}",
        "line_user_id": "canary",
        "line_name_sealed": "canary:AAAA",
        "created_at": at,
        "seen_at": at,
        "proved_at": at,
    }


def _old_run(at: datetime) -> Row:
    return {"job": "purge_canary", "slot": str(uuid4()), "outcome": "old", "ran_at": at, "count": 0}


def _old_event(at: datetime) -> Row:
    return {
        "webhook_event_id": f"canary-{uuid4()}",
        "occurred_at": at,
        "received_at": at,
        "body": b"{}",
        "state": "done",
        "attempts": 0,
    }


LIMITS = (
    Limit(
        name="taps",
        table="tap",
        days="retention_taps_days",
        age="school_day",
        by_term=True,
    ),
    Limit(
        name="tap_numbers",
        table="tap_number",
        days="retention_events_days",
        age="day",
    ),
    Limit(
        name="attendance_days",
        table="attendance_day",
        days="retention_attendance_days",
        age="school_day",
        by_term=True,
    ),
    Limit(
        name="leaves",
        table="leave",
        days="retention_attendance_days",
        age="last_day",
        by_term=True,
    ),
    Limit(
        name="make_up_requests",
        table="make_up_request",
        days="retention_attendance_days",
        age="school_day",
        by_term=True,
    ),
    Limit(
        name="no_show_answers",
        table="no_show_answer",
        days="retention_attendance_days",
        age="school_day",
        by_term=True,
    ),
    Limit(
        name="help_requests",
        table="help_request",
        days="retention_attendance_days",
        age="school_day",
        by_term=True,
    ),
    Limit(
        name="conversations",
        table="conversation",
        days="retention_events_days",
        age="expires_at",
    ),
    Limit(
        name="notice_texts",
        table="notice",
        days="retention_notice_text_days",
        age="settled_at",
        only=lambda notice: notice.c.content != BLANK,
        blank={"content": BLANK},
    ),
    Limit(name="notices", table="notice", days="retention_notices_days", age="settled_at"),
    Limit(
        name="line_events",
        table="line_event",
        days="retention_events_days",
        age="received_at",
        # What still waits is answered first, however old it is.
        only=lambda event: event.c.state != "pending",
        canary=_old_event,
    ),
    Limit(
        name="binding_attempts",
        table="binding_attempt",
        days="retention_attempts_days",
        age="tried_at",
    ),
    Limit(
        name="web_sessions",
        table="web_session",
        days="retention_sessions_days",
        age="created_at",
        canary=_old_session,
    ),
    Limit(
        name="contact_proofs",
        table="contact_proof",
        days="retention_sessions_days",
        age="asked_at",
    ),
    Limit(
        name="announcements",
        table="announcement",
        days="retention_announcements_days",
        age="archived_at",
    ),
    Limit(
        name="announcement_reads",
        table="announcement_read",
        days="retention_announcements_days",
        age="read_at",
    ),
    Limit(name="copy_orders", table="copy_order", days="retention_sessions_days", age="expires_at"),
    Limit(
        name="staff_invites",
        table="staff_invite",
        days="retention_sessions_days",
        age="expires_at",
    ),
    Limit(
        name="one_time_texts",
        table="one_time_text",
        days="retention_sessions_days",
        age="expires_at",
    ),
    Limit(
        name="setting_changes",
        table="setting_change",
        days="retention_audit_days",
        age="recorded_at",
    ),
    Limit(
        name="audit", table="audit_entry", days="retention_audit_days", age="at", canary=_old_audit
    ),
    Limit(
        name="boxes_of_ended_bindings",
        table="subscription",
        days="retention_ended_days",
        age="changed_at",
        only=_of_ended_bindings,
    ),
    Limit(
        name="binding_codes", table="binding_code", days="retention_sessions_days", age="expires_at"
    ),
    Limit(
        name="binding_requests",
        table="binding_request",
        days="retention_ended_days",
        age="decided_at",
    ),
    Limit(name="binding_bars", table="binding_bar", days="retention_ended_days", age="lifted_at"),
    Limit(
        name="binding_measures",
        table="binding_measure",
        days="retention_audit_days",
        age="taken_at",
    ),
    Limit(name="delegates", table="delegate", days="retention_ended_days", age="ended_at"),
    Limit(name="carry_overs", table="carry_over", days="retention_ended_days", age="answered_at"),
    Limit(
        # Unanswered for good; the binding could not go before them.
        name="carry_overs_of_ended_bindings",
        table="carry_over",
        days="retention_ended_days",
        age="proposed_at",
        only=_of_ended_bindings,
    ),
    Limit(name="ended_bindings", table="binding", days="retention_ended_days", age="ended_at"),
    Limit(name="ended_links", table="account_link", days="retention_ended_days", age="unlinked_at"),
    Limit(name="notice_counts", table="notice_count", days="retention_counts_days", age="day"),
    Limit(name="takeover_counts", table="takeover_count", days="retention_counts_days", age="day"),
    Limit(name="made_counts", table="made_count", days="retention_counts_days", age="day"),
    Limit(name="delivery_days", table="delivery_day", days="retention_counts_days", age="day"),
    Limit(name="quota_months", table="quota_month", days="retention_counts_days", age="month"),
    Limit(name="reader_days", table="reader_day", days="retention_counts_days", age="day"),
    Limit(name="no_show_runs", table="no_show_run", days="retention_counts_days", age="school_day"),
    Limit(
        name="job_runs",
        table="job_run",
        days="retention_counts_days",
        age="ran_at",
        canary=_old_run,
    ),
    Limit(
        # From the end of their term on.
        name="survey_replies",
        table="survey_reply",
        days="retention_counts_days",
        age="last_day",
    ),
    Limit(
        # From the settlement of their semester on, with steps, texts and what was told by them.
        name="sms_orders",
        table="sms_order",
        days="retention_orders_days",
        age="settled_at",
    ),
    Limit(
        name="free_texts",
        table="sms_text",
        days="retention_counts_days",
        age="changed_at",
        only=lambda one: one.c.order_id.is_(None),
    ),
    Limit(name="purge_runs", table="purge_run", days="retention_counts_days", age="started_at"),
    Limit(name="tombstones", table="tombstone", days="retention_backups_days", age="erased_at"),
)
