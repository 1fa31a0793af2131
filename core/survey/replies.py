"""Replies: a guardian's answers of the running term, found by a pseudonym alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlmodel import Session, col

from core.clock import school_day_of
from core.crypto import Vault
from core.db import insert_for, table_of
from core.errors import InputError
from core.people.bindings import children_of
from core.survey.questions import ANSWERS, Aspect
from core.survey.tables import SurveyReply
from core.survey.terms import SurveyTerm, survey_term_of

RESPONDENT = "survey_reply.respondent"
COMMENT = "survey_reply.comment"
LONGEST_COMMENT = 500


@dataclass(frozen=True, slots=True)
class Reply:
    """What somebody answered so far; skipped questions are left out."""

    answers: Mapping[Aspect, int]
    comment: str


def reply_of(session: Session, vault: Vault, guardian_id: UUID, now: datetime) -> Reply:
    """Return what the guardian answered this term; only reads."""
    names = _names(vault, guardian_id, _term(now))
    row = session.scalars(
        select(SurveyReply).where(col(SurveyReply.respondent_index).in_(names))
    ).first()
    if row is None:
        return Reply({}, "")
    answers = {one: value for one in Aspect if (value := getattr(row, one)) is not None}
    return Reply(answers, vault.open(row.comment_sealed, COMMENT) if row.comment_sealed else "")


def save_answer(
    session: Session,
    vault: Vault,
    guardian_id: UUID,
    aspect: Aspect,
    value: int | None,
    now: datetime,
) -> None:
    """Write an answer in place of an earlier one; None takes it back. Joins the transaction.

    Raises InputError("no_answer") for a value that is none of ANSWERS.
    """
    if value is not None and value not in ANSWERS:
        raise InputError("no_answer", "answer")
    _save(session, vault, guardian_id, {str(aspect): value}, now)


def save_comment(
    session: Session, vault: Vault, guardian_id: UUID, text: str, now: datetime
) -> None:
    """Write the comment in place of an earlier one; an empty one takes it back.

    Raises InputError("too_long"). Joins the caller's transaction.
    """
    if len(text) > LONGEST_COMMENT:
        raise InputError("too_long", "comment")
    sealed = vault.seal(text, COMMENT) if text.strip() else None
    _save(session, vault, guardian_id, {"comment_sealed": sealed}, now)


def respondent_names(session: Session, vault: Vault, guardian_id: UUID) -> list[str]:
    """Return every name the guardian's replies may stand under, for rights; only reads.

    A reply under an index key that was dropped is not among them: nobody can tell whose it is.
    """
    years = select(col(SurveyReply.school_year), col(SurveyReply.term)).distinct()
    return [
        name
        for row in session.execute(years).all()
        for name in _names(vault, guardian_id, SurveyTerm(row.school_year, row.term))
    ]


def _names(vault: Vault, guardian_id: UUID, term: SurveyTerm) -> list[str]:
    named = f"{guardian_id}/{term.school_year}/{term.number}"
    return vault.index_candidates(named, RESPONDENT)


def _term(now: datetime) -> SurveyTerm:
    return survey_term_of(school_day_of(now))


def _save(
    session: Session,
    vault: Vault,
    guardian_id: UUID,
    change: Mapping[str, object],
    now: datetime,
) -> None:
    term = _term(now)
    names = _names(vault, guardian_id, term)
    mine = col(SurveyReply.respondent_index).in_(names)
    # Under an older index key there may be a row already; it is the one that counts.
    is_there = session.execute(update(SurveyReply).where(mine).values(**change)).rowcount  # type: ignore[attr-defined]
    if not is_there and any(value is not None for value in change.values()):
        _insert(session, names[0], term, _school_of(session, guardian_id), change)
    unsaid = [table_of(SurveyReply).c[name].is_(None) for name in (*Aspect, "comment_sealed")]
    session.execute(delete(SurveyReply).where(mine, *unsaid))


def _insert(
    session: Session,
    name: str,
    term: SurveyTerm,
    school_code: str | None,
    change: Mapping[str, object],
) -> None:
    row = {
        "respondent_index": name,
        "school_year": term.school_year,
        "term": term.number,
        "school_code": school_code,
        "last_day": term.last_day,
        **change,
    }
    statement = insert_for(session, table_of(SurveyReply)).values(**row)
    # A second tap at the same moment finds the row of the first.
    session.execute(
        statement.on_conflict_do_update(index_elements=["respondent_index"], set_=dict(change))
    )


def _school_of(session: Session, guardian_id: UUID) -> str | None:
    codes = {child.school_code for child in children_of(session, guardian_id)}
    return codes.pop() if len(codes) == 1 else None
