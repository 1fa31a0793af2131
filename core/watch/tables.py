"""Tables of the watch: counts, so that nobody walks through the notices to know how many."""

from datetime import date, datetime

from sqlalchemy import Column
from sqlmodel import Field, SQLModel

from core.db import UtcDateTime


class NoticeCount(SQLModel, table=True):
    """How many notices ended on a Taipei date, by what they were and how they ended.

    `retried` took more than one try; `tries` is all of their tries together.
    """

    __tablename__ = "notice_count"

    day: date = Field(primary_key=True)
    channel: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    state: str = Field(primary_key=True)
    # Empty where the notice has no word for why.
    outcome: str = Field(primary_key=True)
    number: int
    retried: int
    tries: int


class MadeCount(SQLModel, table=True):
    """How many notices were written on a Taipei date, or waited when it began, by what they were.

    Counted on its own, when they are written: what ended is in NoticeCount.
    """

    __tablename__ = "made_count"

    day: date = Field(primary_key=True)
    channel: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    number: int


class DwellCount(SQLModel, table=True):
    """How long taps of one span took to LINE's acceptance. `bucket` counts from the shortest."""

    __tablename__ = "dwell_count"

    # The end of the span.
    until: datetime = Field(sa_column=Column(UtcDateTime, primary_key=True))
    bucket: int = Field(primary_key=True)
    number: int
    seconds: float
