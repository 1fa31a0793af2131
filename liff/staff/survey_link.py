"""The link to the survey's results as a file: who asked for which, good for ten minutes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from core.settings import Settings
from core.survey.terms import SurveyTerm
from liff.signed import read_signed, require_fresh, sign

SALT = "liff.survey"


@dataclass(frozen=True, slots=True)
class ResultsOrder:
    """The results somebody may fetch: a term's, of a school or of the whole city (None)."""

    staff_id: UUID
    school_code: str | None
    term: SurveyTerm


def seal_results(settings: Settings, order: ResultsOrder, now: datetime) -> str:
    """Return the token of the link."""
    term = [order.term.school_year, order.term.number]
    whole = [str(order.staff_id), order.school_code, *term, int(now.timestamp())]
    return sign(settings, SALT, whole)


def open_results(settings: Settings, token: str, now: datetime) -> ResultsOrder:
    """Return what a link is for. Raises AccessError 404 for a forged one, 410 for one too old."""
    order, made_at = read_signed(settings, SALT, token, _read, missing="no_such_sheet")
    require_fresh(made_at, now)
    return order


def _read(whole: Any) -> tuple[ResultsOrder, int]:
    staff_id, school_code, school_year, number, made_at = whole
    return ResultsOrder(UUID(staff_id), school_code, SurveyTerm(school_year, number)), made_at
