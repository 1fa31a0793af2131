"""Tables of delivery. Times are aware UTC; a month begins on its first Taipei date."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Column
from sqlmodel import Field, SQLModel

from core.db import UtcDateTime
from core.sealed import SealedText


class PushSlot(SQLModel, table=True):
    """An equal share of LINE_PUSH_PER_SECOND. Who holds it may push at that rate until the end."""

    __tablename__ = "push_slot"

    number: int = Field(primary_key=True)
    holder: UUID | None = None
    held_until: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))


class SenderSeat(SQLModel, table=True):
    """A sender that is at work, so that the others leave it its share of slots."""

    __tablename__ = "sender_seat"

    id: UUID = Field(primary_key=True)
    seen_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))


class ChannelToken(SQLModel, table=True):
    """The access token in use where this program fetches its own; renewed by one for all."""

    __tablename__ = "channel_token"

    channel: str = Field(primary_key=True)
    token_sealed: str | None = Field(default=None, sa_column=Column(SealedText("channel.token")))
    # Grows with each renewal, so that whoever was refused knows whether it has been renewed since.
    version: int = 0
    expires_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    # Somebody is fetching the next one; everybody else waits until then.
    renewing_until: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))


class QuotaMonth(SQLModel, table=True):
    """What LINE says of a month's quota, and what was made of it.

    `granted` None: LINE sets no limit. `step` is how far deliveries were cut back, since `step_at`;
    `told` is the last share staff heard of, in percent.
    """

    __tablename__ = "quota_month"

    channel: str = Field(primary_key=True)
    month: date = Field(primary_key=True)
    granted: int | None = None
    used: int = 0
    asked_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    step: int = 0
    step_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    told: int = 0


class TakeoverCount(SQLModel, table=True):
    """How many notices a sender took over from another on a Taipei date."""

    __tablename__ = "takeover_count"

    day: date = Field(primary_key=True)
    channel: str = Field(primary_key=True)
    number: int


class DeliveryDay(SQLModel, table=True):
    """A day's pushes as we and as LINE count them; `theirs` None: not known yet."""

    __tablename__ = "delivery_day"

    channel: str = Field(primary_key=True)
    day: date = Field(primary_key=True)
    ours: int
    theirs: int | None = None
    checked_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
