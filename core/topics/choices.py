"""What guardians chose: on until they say no, and dated."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, select
from sqlmodel import Session, col

from core.audit import record_audit
from core.db import insert_for
from core.errors import InputError
from core.topics.tables import TopicChoice
from core.topics.topics import Source, Topic


def choice_of(session: Session, guardian_id: UUID, topic: Topic) -> TopicChoice | None:
    """Return what the guardian chose last, or None when it is as it began: on."""
    return session.get(TopicChoice, (guardian_id, topic.key))


def choose(
    session: Session, guardian_id: UUID, topic: Topic, *, is_on: bool, now: datetime
) -> None:
    """Turn a topic on or off; joins the caller's transaction.

    What is so already keeps its moment. Raises InputError("no_choice") for a topic that this
    service does not send, or that has boxes of its own.
    """
    if topic.source is not Source.CHOICE:
        raise InputError("no_choice", "topic")
    earlier = choice_of(session, guardian_id, topic)
    if is_on == (earlier is None or earlier.is_on):
        return
    row = TopicChoice(guardian_id=guardian_id, topic=topic.key, is_on=is_on, changed_at=now)
    session.execute(
        insert_for(session, TopicChoice)
        .values(**row.model_dump())
        .on_conflict_do_update(
            index_elements=["guardian_id", "topic"], set_={"is_on": is_on, "changed_at": now}
        )
    )
    actor = f"guardian:{guardian_id}"
    action = "topic.on" if is_on else "topic.off"
    record_audit(session, actor=actor, action=action, subject=f"topic:{topic.key}", now=now)


def left_by(topic: Topic) -> Select[UUID]:
    """Return the select of the guardians who turned the topic off."""
    return select(col(TopicChoice.guardian_id)).where(
        col(TopicChoice.topic) == topic.key, col(TopicChoice.is_on).is_(False)
    )
