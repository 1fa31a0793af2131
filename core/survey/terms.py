"""The term a day belongs to for the survey. Pure.

Source: 各級學校學生學年學期假期辦法: the first term runs from 1 August, the second from
1 February. Lesson days (core/calendar) differ by school and may not be typed in yet.
"""

from dataclasses import dataclass
from datetime import date

from core.calendar.breaks import ROC, school_year_of


@dataclass(frozen=True, slots=True, order=True)
class SurveyTerm:
    """A term: ROC school year, and 1 or 2."""

    school_year: int
    number: int

    @property
    def last_day(self) -> date:
        """Return the Taipei date it ends on."""
        year = self.school_year + ROC + 1
        return date(year, 1, 31) if self.number == 1 else date(year, 7, 31)


def survey_term_of(day: date) -> SurveyTerm:
    """Return the term of a Taipei date."""
    return SurveyTerm(school_year_of(day), 2 if 2 <= day.month <= 7 else 1)
