"""Whose rows are whose: the ids by which a guardian's data are found in every table."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import exists, select
from sqlmodel import Session, col

from core.crypto import Vault
from core.db import table_of
from core.orders.tables import SmsOrder
from core.people.tables import AccountLink, Binding
from core.survey.replies import respondent_names


class Whose(StrEnum):
    """What a column names a person by."""

    GUARDIAN = "guardian"
    BINDING = "binding"
    # A child bound now: the guardian acts for it.
    CHILD = "child"
    LINE_USER = "line_user"
    # As records name who did something, and what it was done to.
    ACTOR = "actor"
    SUBJECT = "subject"
    ORDER = "order"
    # As the survey names who replied: only whoever holds the keys can say it.
    RESPONDENT = "respondent"


@dataclass(frozen=True, slots=True)
class Person:
    """A guardian and everything that is theirs. `line_user_ids` are those nobody else uses now."""

    guardian_id: UUID
    line_user_ids: tuple[str, ...]
    binding_ids: tuple[UUID, ...]
    student_ids: tuple[UUID, ...]
    # Of the children, each with the end of the guardian's quiet day.
    quiet_until: tuple[tuple[UUID, datetime], ...] = ()
    respondents: tuple[str, ...] = ()
    order_ids: tuple[UUID, ...] = ()

    @property
    def actor(self) -> str:
        """Return how records name the guardian."""
        return f"guardian:{self.guardian_id}"

    def quiet_children(self, now: datetime) -> list[UUID]:
        """Return the children of whose day at the gate the guardian learns nothing yet."""
        return [student_id for student_id, until in self.quiet_until if now < until]

    def ids(self, whose: Whose) -> list[object]:
        """Return the values that a column of this kind has in the person's rows."""
        subjects: list[object] = [
            self.actor,
            *(f"binding:{one}" for one in self.binding_ids),
        ]
        named: dict[Whose, list[object]] = {
            Whose.GUARDIAN: [self.guardian_id],
            Whose.BINDING: list(self.binding_ids),
            Whose.CHILD: list(self.student_ids),
            Whose.LINE_USER: list(self.line_user_ids),
            Whose.ACTOR: [self.actor],
            Whose.SUBJECT: subjects,
            Whose.RESPONDENT: list(self.respondents),
            Whose.ORDER: list(self.order_ids),
        }
        return named[whose]


def person_of(session: Session, vault: Vault, guardian_id: UUID) -> Person:
    """Return the guardian's ids; only reads."""
    bindings = session.execute(
        select(
            col(Binding.id),
            col(Binding.student_id),
            col(Binding.ended_at),
            col(Binding.quiet_until),
        )
        .where(col(Binding.guardian_id) == guardian_id)
        .order_by(col(Binding.bound_at), col(Binding.id))
    ).all()
    return Person(
        guardian_id,
        tuple(_line_users(session, guardian_id)),
        tuple(one.id for one in bindings),
        tuple(one.student_id for one in bindings if one.ended_at is None),
        tuple((one.student_id, one.quiet_until) for one in bindings if one.quiet_until is not None),
        tuple(respondent_names(session, vault, guardian_id)),
        tuple(_orders(session, guardian_id)),
    )


def _orders(session: Session, guardian_id: UUID) -> list[UUID]:
    statement = select(col(SmsOrder.id)).where(col(SmsOrder.guardian_id) == guardian_id)
    return list(session.scalars(statement.order_by(col(SmsOrder.id))))


def _line_users(session: Session, guardian_id: UUID) -> list[str]:
    other = table_of(AccountLink).alias("other")
    is_anothers = exists().where(
        other.c.line_user_id == col(AccountLink.line_user_id),
        other.c.guardian_id != guardian_id,
        other.c.unlinked_at.is_(None),
    )
    statement = (
        select(col(AccountLink.line_user_id))
        .where(col(AccountLink.guardian_id) == guardian_id, ~is_anothers)
        .distinct()
    )
    return list(session.execute(statement.order_by(col(AccountLink.line_user_id))).scalars())
