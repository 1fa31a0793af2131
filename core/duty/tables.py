"""Tables of the duty room."""

from datetime import datetime

from sqlalchemy import Column
from sqlmodel import Field, SQLModel

from core.db import UtcDateTime


class JobRun(SQLModel, table=True):
    """A tick's work, done once across machines: the primary key is the lock."""

    __tablename__ = "job_run"

    job: str = Field(primary_key=True)
    # What the run was for, such as 353607/2026-11-23.
    slot: str = Field(primary_key=True)
    outcome: str
    ran_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    count: int = 0
