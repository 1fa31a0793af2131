"""Results: how many gave which answer, of groups in which nobody stands alone."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select
from sqlmodel import Session, col

from core.crypto import Vault
from core.db import table_of
from core.survey.questions import ANSWERS, QUESTIONS, Aspect
from core.survey.replies import COMMENT
from core.survey.tables import SurveyReply
from core.survey.terms import SurveyTerm

# Fewer are not shown: who knows the others' answers would know the last one's.
LEAST = 5


@dataclass(frozen=True, slots=True)
class Result:
    """One question: number of answers by value, best first; None where they are too few."""

    aspect: Aspect
    counts: Mapping[int, int] | None

    @property
    def number(self) -> int:
        """Return how many answered; 0 where that is not shown."""
        return sum((self.counts or {}).values())

    @property
    def average(self) -> float:
        """Return the mean of the answers, 1 to 5; 0 where there are none to show."""
        counts = self.counts or {}
        return sum(value * count for value, count in counts.items()) / max(self.number, 1)


def answered_terms(session: Session) -> list[SurveyTerm]:
    """Return the terms anybody answered in, newest first."""
    found = select(col(SurveyReply.school_year), col(SurveyReply.term)).distinct()
    rows = session.execute(found).all()
    return sorted((SurveyTerm(row.school_year, row.term) for row in rows), reverse=True)


def results(session: Session, term: SurveyTerm, school_code: str | None) -> list[Result]:
    """Return the five results of a school, or of the whole city (None)."""
    return [_result(session, aspect, _among(term, school_code)) for aspect in Aspect]


def comments(
    session: Session, vault: Vault, term: SurveyTerm, school_code: str | None
) -> list[str]:
    """Return what was written, in no order that says anything; none where too few replied."""
    among = _among(term, school_code)
    replied = select(func.count()).select_from(SurveyReply).where(*among)
    if session.execute(replied).scalar_one() < LEAST:
        return []
    sealed = select(col(SurveyReply.comment_sealed)).where(
        *among, col(SurveyReply.comment_sealed).is_not(None)
    )
    rows = session.scalars(sealed.order_by(col(SurveyReply.respondent_index)))
    return [vault.open(one, COMMENT) for one in rows if one]


def to_csv(found: Sequence[Result]) -> bytes:
    """Return a line for each question, zh-TW, with a byte-order mark for Excel."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(["題目", *ANSWERS.values(), "回答人數"])
    for one in found:
        # A hidden group has empty cells, so that nobody reads it as none.
        counts = [one.counts[value] for value in ANSWERS] if one.counts else [""] * len(ANSWERS)
        writer.writerow([QUESTIONS[one.aspect], *counts, one.number or f"未滿 {LEAST}"])
    return text.getvalue().encode("utf-8-sig")


def _among(term: SurveyTerm, school_code: str | None) -> list[ColumnElement[bool]]:
    among = [
        col(SurveyReply.school_year) == term.school_year,
        col(SurveyReply.term) == term.number,
    ]
    return [*among, col(SurveyReply.school_code) == school_code] if school_code else among


def _result(session: Session, aspect: Aspect, among: list[ColumnElement[bool]]) -> Result:
    value = table_of(SurveyReply).c[aspect]
    rows = session.execute(
        select(value, func.count()).where(*among, value.is_not(None)).group_by(value)
    )
    found: dict[int, int] = {row[0]: row[1] for row in rows}
    if sum(found.values()) < LEAST:
        return Result(aspect, None)
    return Result(aspect, {answer: found.get(answer, 0) for answer in ANSWERS})
