"""Tables of the topics. Times are aware UTC."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column
from sqlmodel import Field, SQLModel

from core.db import UtcDateTime


class TopicChoice(SQLModel, table=True):
    """What a guardian chose of a topic, and when. Without a row it is as the topic begins."""

    __tablename__ = "topic_choice"

    guardian_id: UUID = Field(foreign_key="guardian.id", primary_key=True)
    topic: str = Field(primary_key=True)
    is_on: bool
    changed_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
