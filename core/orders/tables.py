"""Tables of the paid SMS service. Times are aware UTC, days Taipei dates, money whole dollars.

The number an order holds is used for its own texts and for nothing else.
"""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, Column, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

import core.people.tables  # noqa: F401  # whom an order is for
from core.db import UtcDateTime
from core.orders.plans import Bearer, Items, Rounding
from core.orders.states import ENDS, OrderState
from core.sealed import BlindIndex, SealedText

OPEN_ORDER = text("ended_at IS NULL")
PAID_TEXT = text("order_id IS NOT NULL")
UNSETTLED = text("state IN ('queued', 'sent', 'unknown')")
# What a number was given for: its kinds, and no others.
PURPOSE_KIND = (
    "(purpose = 'paid' AND kind IN ('arrival', 'departure')) "
    "OR (purpose = 'no_show' AND kind IN ('no_show', 'correction')) "
    "OR (purpose = 'urgent' AND kind IN ('closure_on', 'closure_off', 'announcement')) "
    "OR (purpose = 'test' AND kind = 'test')"
)


def _one_of(name: str, values: type[StrEnum] | frozenset[OrderState]) -> str:
    return f"{name} IN ({', '.join(repr(str(value)) for value in sorted(values))})"


class Origin(StrEnum):
    """How an order came: a guardian's own, typed from the paper slip, or read from a file."""

    GUARDIAN = "guardian"
    SLIP = "slip"
    FILE = "file"


class TextState(StrEnum):
    """Where a text stands. A later one never goes back; UNKNOWN may have left, nobody answered."""

    QUEUED = "queued"
    UNKNOWN = "unknown"
    SENT = "sent"
    DELIVERED = "delivered"
    EXPIRED = "expired"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Purpose(StrEnum):
    """What a text may be for; the first costs, and has an order, the others are free."""

    PAID = "paid"
    NO_SHOW = "no_show"
    URGENT = "urgent"
    TEST = "test"


class SmsPlan(SQLModel, table=True):
    """The service of a semester such as (114, 1), the same for every school. See plans.Plan."""

    __tablename__ = "sms_plan"
    __table_args__ = (
        UniqueConstraint("school_year", "term"),
        CheckConstraint("term IN (1, 2)", name="term"),
        CheckConstraint("first_day < last_day", name="days"),
        CheckConstraint("send_until BETWEEN first_day AND last_day", name="send_until"),
        CheckConstraint("billing_days >= 0", name="billing_days"),
        CheckConstraint(
            "price_arrival >= 0 AND price_departure >= 0 AND price_both >= 0", name="prices"
        ),
        CheckConstraint(_one_of("rounding", Rounding), name="rounding"),
        CheckConstraint(_one_of("shortfall_by", Bearer), name="shortfall_by"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    school_year: int
    term: int
    name: str
    first_day: date
    last_day: date
    send_until: date
    billing_days: int
    price_arrival: int
    price_departure: int
    price_both: int
    rounding: str = Rounding.PER_ORDER
    shortfall_by: str = Bearer.SCHOOL
    recorded_by: str
    recorded_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    # Since then its fees are fixed.
    closed_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    closed_by: str | None = None


class SmsOrder(SQLModel, table=True):
    """One child's texts of a semester to one number.

    A school's own order (slip, file) has no guardian. A guardian's follows the number they prove,
    see core.orders.numbers. It sends from `effective_from` until
    `cancel_effective_from`, or to the plan's end. `reason` says why it was returned. What was
    counted when the plan was closed is `arrivals` to `fee`; until then it is counted anew.
    """

    __tablename__ = "sms_order"
    __table_args__ = (
        CheckConstraint(_one_of("items", Items), name="items"),
        CheckConstraint(_one_of("origin", Origin), name="origin"),
        CheckConstraint(_one_of("state", OrderState), name="state"),
        CheckConstraint(
            f"({_one_of('state', ENDS)}) = (ended_at IS NOT NULL)",
            name="ended",
        ),
        CheckConstraint("ended_at IS NOT NULL OR phone_sealed IS NOT NULL", name="phone"),
        CheckConstraint("(phone_sealed IS NULL) = (phone_index IS NULL)", name="phone_index"),
        CheckConstraint("(origin = 'guardian') = (guardian_id IS NOT NULL)", name="applicant"),
        CheckConstraint("(effective_from IS NULL) = (approved_at IS NULL)", name="effect"),
        CheckConstraint("prepaid >= 0", name="prepaid"),
        CheckConstraint("(settled_at IS NULL) = (fee IS NULL)", name="settled"),
        # One open order for a child and a reader: of a guardian, and of a number, whoever asks.
        Index(
            "uq_sms_order_open_guardian",
            "plan_id",
            "student_id",
            "guardian_id",
            unique=True,
            sqlite_where=OPEN_ORDER,
            postgresql_where=OPEN_ORDER,
        ),
        Index(
            "uq_sms_order_open_phone",
            "plan_id",
            "student_id",
            "phone_index",
            unique=True,
            sqlite_where=OPEN_ORDER,
            postgresql_where=OPEN_ORDER,
        ),
        # Serves the fan-out and the child's page.
        Index("ix_sms_order_student", "student_id"),
        Index("ix_sms_order_guardian", "guardian_id"),
        # Serves the end of the time an order is kept.
        Index("ix_sms_order_settled", "settled_at"),
        # Serves a school's lists and the reminders.
        Index("ix_sms_order_school", "school_code", "plan_id", "state"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    plan_id: UUID = Field(foreign_key="sms_plan.id")
    school_code: str = Field(foreign_key="school.code")
    student_id: UUID = Field(foreign_key="student.id")
    guardian_id: UUID | None = Field(default=None, foreign_key="guardian.id")
    # Forgotten with the guardian's data, once nothing is sent to it any more.
    phone_sealed: str | None = Field(default=None, sa_column=Column(SealedText("sms_order.phone")))
    phone_index: str | None = Field(
        default=None, sa_column=Column(BlindIndex("sms_order.phone", of="phone_sealed"))
    )
    items: str
    state: str = OrderState.REQUESTED
    origin: str
    asked_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    asked_by: str
    # When the guardian of a late order said yes to what it can come to.
    consented_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    prepaid: int = 0
    receipt_number: str | None = None
    paid_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    paid_by: str | None = None
    approved_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    approved_by: str | None = None
    effective_from: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    cancel_asked_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    cancel_effective_from: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    ended_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    reason: str | None = None
    arrivals: int | None = None
    departures: int | None = None
    failed: int | None = None
    fee: int | None = None
    settled_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))


class SmsOrderStep(SQLModel, table=True):
    """One step of an order, numbered from 1: what, who and when; a receipt's number as reason."""

    __tablename__ = "sms_order_step"
    # One follows another, whoever presses at the same moment.
    __table_args__ = (UniqueConstraint("order_id", "number"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    order_id: UUID = Field(foreign_key="sms_order.id", ondelete="CASCADE")
    number: int
    step: str
    actor: str
    at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    reason: str = ""


class SmsText(SQLModel, table=True):
    """One text, without a word of what it said; `kind` is a NoticeKind.

    Those that were paid for name their order and no other has one. `client_id` is what the provider
    knows a repeat by, `provider_id` what it calls the text.
    """

    __tablename__ = "sms_text"
    __table_args__ = (
        CheckConstraint(_one_of("purpose", Purpose), name="purpose"),
        CheckConstraint(_one_of("state", TextState), name="state"),
        CheckConstraint("(purpose = 'paid') = (order_id IS NOT NULL)", name="paid"),
        CheckConstraint(PURPOSE_KIND, name="purpose_kind"),
        CheckConstraint("parts >= 1", name="parts"),
        # Serves the accounts.
        Index(
            "ix_sms_text_order",
            "order_id",
            "kind",
            "state",
            sqlite_where=PAID_TEXT,
            postgresql_where=PAID_TEXT,
        ),
        # Serves the counts of a school's days.
        Index("ix_sms_text_school_day", "school_code", "school_day"),
        # Serves the receipts.
        Index("ix_sms_text_provider_id", "provider_id"),
        # Serves the retention.
        Index("ix_sms_text_changed", "changed_at"),
        # Serves the look at what has no receipt.
        Index(
            "ix_sms_text_unsettled",
            "created_at",
            sqlite_where=UNSETTLED,
            postgresql_where=UNSETTLED,
        ),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    # Points at nothing once the notice is over age: texts are kept for longer.
    notice_id: UUID | None = Field(default=None, unique=True)
    order_id: UUID | None = Field(default=None, foreign_key="sms_order.id", ondelete="CASCADE")
    purpose: str
    kind: str
    school_code: str = Field(foreign_key="school.code")
    school_day: date
    client_id: str = Field(unique=True)
    provider: str
    provider_id: str | None = None
    parts: int = 1
    state: str = TextState.QUEUED
    created_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    changed_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    # When the provider was last asked after it.
    asked_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))


class SmsTotal(SQLModel, table=True):
    """What a closed plan came to at a school, by items; it stays when the orders go."""

    __tablename__ = "sms_total"

    plan_id: UUID = Field(foreign_key="sms_plan.id", primary_key=True)
    school_code: str = Field(foreign_key="school.code", primary_key=True)
    items: str = Field(primary_key=True)
    orders: int
    arrivals: int
    departures: int
    failed: int
    fee: int
    prepaid: int
    refund: int
    shortfall: int
