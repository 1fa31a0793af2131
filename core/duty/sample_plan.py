"""The paid SMS service of a demonstration: this semester's plan, and texts that can be chosen."""

from datetime import date, datetime

from sqlmodel import Session

from core.calendar.breaks import ROC, school_year_of
from core.calendar.channels import Offer, semester_at, set_offers
from core.calendar.scopes import CITY
from core.clock import school_day_of
from core.kinds import Channel, OfferState
from core.orders.plan_book import record_plan
from core.orders.plans import Plan

OPERATOR = "operator"


def add_sample_plan(session: Session, now: datetime) -> None:
    """Put the plan of the present semester on record; joins the caller's transaction."""
    day = school_day_of(now)
    record_plan(session, sample_plan(day), by=OPERATOR, now=now)
    wanted = {Channel.SMS: Offer(OfferState.OFFERED)}
    set_offers(session, CITY, semester_at(session, CITY, day), wanted, by=OPERATOR, now=now)


def sample_plan(day: date) -> Plan:
    """Return an invented plan of the semester a Taipei date is in, or of the next in a break."""
    year = school_year_of(day)
    for school_year, term in ((year, 1), (year, 2), (year + 1, 1)):
        first, last = _days(school_year + ROC, term)
        if day <= last:
            break
    return Plan(
        school_year=school_year,
        term=term,
        name=f"{school_year} 學年度第 {term} 學期",
        first_day=first,
        last_day=last,
        send_until=last,
        billing_days=91,
    )


def _days(year: int, term: int) -> tuple[date, date]:
    if term == 1:
        return date(year, 9, 7), date(year + 1, 1, 20)
    return date(year + 1, 2, 22), date(year + 1, 6, 30)
