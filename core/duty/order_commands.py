"""Commands of the paid SMS service: plans of a semester, and their closing."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import click
from sqlmodel import Session

from core.db import snapshot, transaction
from core.duty.commands import BILLING_DAYS, DATE, OPERATOR, fail, opened
from core.errors import InputError
from core.orders.plan_book import find_plan, list_plans, record_plan
from core.orders.plans import PRICES, Bearer, Items, Plan, Rounding
from core.orders.settling import Outlook, outlook, settle_plan, totals_of
from core.orders.tables import SmsPlan
from core.settings import Settings

SEMESTER = click.argument("semester", metavar="YEAR-TERM")
REFUSALS = {
    "order": "the days run backwards, or over a year's end that was not meant",
    "amount": "this number can't be right",
    "overlap": "another semester's service has these days",
    "ordered": "there are orders already; a plan can only be changed before the first one",
    "running": "it still sends; close it when its last day is over",
    "closed": "it was closed before; its fees are fixed",
}

# New Taiwan dollars a semester.
PRICE = click.IntRange(0, 9_999)
# By their values: of an enumeration click would take the names in the code.
ROUNDING = click.Choice([one.value for one in Rounding], case_sensitive=False)
BEARER = click.Choice([one.value for one in Bearer], case_sensitive=False)


@click.group(name="orders")
def order_commands() -> None:
    """Paid SMS: plans and their settlement. Orders are looked at on the staff pages."""


@order_commands.group(name="plan")
def plan_commands() -> None:
    """Plans: what the service is in a semester."""


@plan_commands.command(name="add")
@SEMESTER
@click.option("--name", help="as guardians read it; the semester's usual name if none")
@click.option("--first", type=DATE, required=True, help="first day of service and of texts")
@click.option("--last", type=DATE, required=True, help="last day of service")
@click.option("--send-until", type=DATE, help="last day of texts; the last day of service if none")
@click.option(
    "--billing-days", type=BILLING_DAYS, required=True, help="as the slip says; never counted"
)
@click.option("--arrival", type=PRICE, default=PRICES[Items.ARRIVAL], show_default=True)
@click.option("--departure", type=PRICE, default=PRICES[Items.DEPARTURE], show_default=True)
@click.option("--both", type=PRICE, default=PRICES[Items.BOTH], show_default=True)
@click.option("--rounding", type=ROUNDING, default=Rounding.PER_ORDER.value, show_default=True)
@click.option("--shortfall-by", type=BEARER, default=Bearer.SCHOOL.value, show_default=True)
@click.pass_obj
def add_plan(
    settings: Settings,
    /,
    semester: str,
    name: str | None,
    first: datetime,
    last: datetime,
    send_until: datetime | None,
    billing_days: int,
    rounding: str,
    shortfall_by: str,
    **prices: int,
) -> None:
    """Put a semester's plan on record, such as 115-1; again replaces it before the first order."""
    year, term = _semester(semester)
    with _refusals(), opened(settings) as house, transaction(house.engine) as session:
        plan = Plan(
            school_year=year,
            term=term,
            name=name or f"{year} 學年度第 {term} 學期",
            first_day=first.date(),
            last_day=last.date(),
            send_until=(send_until or last).date(),
            billing_days=billing_days,
            prices={item: prices[item] for item in Items},
            rounding=Rounding(rounding),
            shortfall_by=Bearer(shortfall_by),
        )
        row = record_plan(session, plan, by=OPERATOR, now=house.clock.now())
        click.echo(_line(row))


@plan_commands.command(name="list")
@click.pass_obj
def show_plans(settings: Settings) -> None:
    """List the plans, newest first, with what a closed one came to."""
    with opened(settings) as house, snapshot(house.engine) as session:
        for row in list_plans(session):
            click.echo(_line(row))
            click.echo(f"  {_closed_line(session, row)}")


@plan_commands.command(name="close")
@SEMESTER
@click.option("--yes", is_flag=True, help="do not ask")
@click.pass_obj
def close_plan(settings: Settings, semester: str, *, yes: bool) -> None:
    """Fix a semester's fees and tell every guardian once; afterwards no receipt changes them."""
    with opened(settings) as house:
        with snapshot(house.engine) as session:
            row = find_plan(session, *_semester(semester))
            if row is None:
                fail(f"There is no plan {semester}. See: python app.py orders plan list")
            ahead = outlook(session, row.id)
        if not yes:
            click.confirm(_question(ahead), abort=True)
        with _refusals():
            count = settle_plan(house, row.id, by=OPERATOR, now=house.clock.now())
    click.echo(f"closed {semester}: {count} orders settled")


def _question(ahead: Outlook) -> str:
    late = f" {ahead.pending} texts have no receipt yet and will cost nothing." * bool(
        ahead.pending
    )
    return f"{ahead.orders} orders will be settled.{late} Close"


def _semester(text: str) -> tuple[int, int]:
    year, _, term = text.partition("-")
    if not re.fullmatch("[1-9][0-9]{2}", year) or term not in ("1", "2"):
        fail(f"{text} is no semester. Write such as 115-1.")
    return int(year), int(term)


def _line(row: SmsPlan) -> str:
    prices = f"{row.price_arrival}/{row.price_departure}/{row.price_both}"
    days = f"{row.first_day}…{row.last_day}, texts until {row.send_until}"
    rules = f"{row.billing_days} billing days  {prices}  {row.rounding}  {row.shortfall_by}"
    return f"{row.school_year}-{row.term}  {days}  {rules}"


def _closed_line(session: Session, row: SmsPlan) -> str:
    if row.closed_at is None:
        ahead = outlook(session, row.id)
        return f"open: {ahead.orders} orders, {ahead.pending} texts without a receipt"
    totals = totals_of(session, row.id)
    orders, fee, refund, shortfall = (
        sum(getattr(one, name) for one in totals)
        for name in ("orders", "fee", "refund", "shortfall")
    )
    return f"closed: {orders} orders, fees {fee}, refunds {refund}, shortfalls {shortfall}"


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except InputError as error:
        where = f"{error.field}: " if error.field else ""
        fail(f"{where}{REFUSALS[error.code]}. Nothing was written.")
