"""Commands about the calendar: the office calendar's file, terms, our own days, closures."""

import calendar
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path

import click
from sqlmodel import Session, col, select

from core.calendar.closure_finds import store_finds
from core.calendar.closure_text import read_closure_text
from core.calendar.closures import list_closures, state_of, summary_of
from core.calendar.office import LineFault, OfficeFileError, import_office_days
from core.calendar.school_days import NO_GRADE, DayStatus, day_statuses
from core.calendar.tables import Closure
from core.calendar.terms import (
    NewTerm,
    OwnDay,
    list_days,
    list_terms,
    remove_day,
    set_day,
    set_term,
)
from core.clock import TAIPEI, school_day_of
from core.db import snapshot, transaction
from core.duty.commands import (
    BILLING_DAYS,
    DATE,
    OPERATOR,
    ROC_YEAR,
    Day,
    fail,
    no_school,
    opened,
)
from core.errors import AccessError, InputError
from core.notices.staff_alarms import tell_closure_found
from core.people.staff import closers_of
from core.people.tables import School, Student
from core.settings import Settings

MOMENT = Day(["%Y-%m-%d %H:%M"])
MONTH = click.option("--month", type=Day(["%Y-%m"]), help="such as 2026-11; this month if none")
SCOPE_HELP = "city, district:中正區, level:國小, 353607 or 353607/6"
FILE_FAULTS = {
    "too_big": "the file has more than 1 MB; name the calendar's own CSV file",
    "page": "this is a web page; the link has changed. Download the file again from data.gov.tw",
    "encoding": "neither UTF-8 nor Big5; save it as CSV again",
    "not_csv": "a quotation mark is not closed",
    "header": "the first line must read 西元日期,星期,是否放假,備註; is this another calendar",
    "empty": "there are no days in it",
    "columns": "four columns are expected",
    "date": "not a date such as 20260101",
    "weekday": "not the weekday of this date",
    "flag": "是否放假 must be 0 or 2",
    "duplicate": "this date stands here twice",
    "gap": "days are missing, beginning with this one",
}
REFUSALS = {
    "unknown": f"it names no school here. Write {SCOPE_HELP}",
    "length": "write at least one character, and not more than 40",
    "other_school_year": "it lies outside the school year, which runs from 1 August to 31 July",
    "before_first_day": "it is before the first day; did the year change over",
    "overlap": "the other term of that year has this day",
    "order": "term 1 comes before term 2",
    "out_of_range": "this number can't be right",
}


@click.group(name="calendar")
def calendar_commands() -> None:
    """School days: office calendar, terms, our own days."""


@calendar_commands.command(name="import")
@click.argument("path", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.pass_obj
def import_file(settings: Settings, path: Path) -> None:
    """Read the government's office calendar (CSV); again changes nothing, a revision replaces."""
    try:
        with opened(settings) as house, transaction(house.engine) as session:
            counts = import_office_days(
                session,
                path.read_bytes(),
                file_name=path.name,
                by=OPERATOR,
                now=house.clock.now(),
            )
    except OfficeFileError as error:
        for fault in error.faults:
            click.echo(f"✗ {_fault_line(fault)}", err=True)
        fail("Nothing was written. Correct the file and import it as a whole.")
    click.echo(f"added {counts.added}, changed {counts.changed}, unchanged {counts.unchanged}")


def _fault_line(fault: LineFault) -> str:
    where = f"line {fault.line}: " if fault.line else ""
    found = f" ({fault.found})" if fault.found else ""
    return f"{where}{FILE_FAULTS[fault.code]}{found}"


@calendar_commands.group(name="term")
def term_commands() -> None:
    """Terms: first and last day of lessons."""


@term_commands.command(name="set")
@click.option("--scope", default="city", show_default=True, help=SCOPE_HELP)
@click.option(
    "--year", "school_year", type=ROC_YEAR, required=True, help="ROC school year, such as 115"
)
@click.option("--number", type=click.IntRange(1, 2), required=True)
@click.option("--first", type=DATE, required=True, help="first day of lessons")
@click.option("--last", type=DATE, required=True, help="last day of lessons")
@click.option("--billing-days", type=BILLING_DAYS, help="as the SMS order slip says; never counted")
@click.option("--source", required=True, help="the circular it stands in")
@click.pass_obj
def put_term(
    settings: Settings, /, first: datetime, last: datetime, **facts: str | int | None
) -> None:
    """Add a term, or replace it."""
    term = NewTerm(first_day=first.date(), last_day=last.date(), **facts)  # type: ignore[arg-type]
    with _refusals(), opened(settings) as house, transaction(house.engine) as session:
        set_term(session, term, by=OPERATOR, now=house.clock.now())
    click.echo(f"term {term.school_year}-{term.number} of {term.scope}")


@term_commands.command(name="list")
@click.option("--year", "school_year", type=ROC_YEAR, help="ROC school year, such as 115")
@click.pass_obj
def show_terms(settings: Settings, school_year: int | None) -> None:
    """List the terms."""
    with opened(settings) as house, snapshot(house.engine) as session:
        for term in list_terms(session, school_year):
            days = f"{term.first_day}…{term.last_day}"
            billing = "" if term.billing_days is None else f"  {term.billing_days} billing days"
            click.echo(f"{term.school_year}-{term.number}  {term.scope}  {days}{billing}")


@calendar_commands.group(name="day")
def day_commands() -> None:
    """Days of our own: make-up school days and days off."""


@day_commands.command(name="set")
@click.argument("day", type=DATE)
@click.option("--scope", default="city", show_default=True, help=SCOPE_HELP)
@click.option("--open/--closed", "is_open", required=True)
@click.option("--reason", required=True, help="as guardians read it, such as 運動會補假")
@click.option("--source", required=True, help="where it was decided")
@click.pass_obj
def put_day(
    settings: Settings, /, day: datetime, scope: str, is_open: bool, reason: str, source: str
) -> None:
    """Say that a day differs; a narrower scope wins over a wider one."""
    own = OwnDay(scope=scope, day=day.date(), is_open=is_open, reason=reason, source=source)
    with _refusals(), opened(settings) as house, transaction(house.engine) as session:
        set_day(session, own, by=OPERATOR, now=house.clock.now())
    click.echo(f"{own.day}  {own.scope}  {'open' if own.is_open else 'closed'}  {own.reason}")


@day_commands.command(name="remove")
@click.argument("day", type=DATE)
@click.option("--scope", default="city", show_default=True, help=SCOPE_HELP)
@click.pass_obj
def take_day_back(settings: Settings, day: datetime, scope: str) -> None:
    """Take a day of our own back."""
    try:
        with opened(settings) as house, transaction(house.engine) as session:
            remove_day(session, scope, day.date(), by=OPERATOR, now=house.clock.now())
    except AccessError:
        fail(f"Nothing is set for {day.date()} and {scope}. See: python app.py calendar day list")
    click.echo(f"{day.date()}  {scope}  as usual again")


@day_commands.command(name="list")
@MONTH
@click.pass_obj
def show_days(settings: Settings, month: datetime | None) -> None:
    """List a month's days of our own."""
    with opened(settings) as house, snapshot(house.engine) as session:
        for row in list_days(session, *_month(month, house.clock.now())):
            verdict = "open" if row.is_open else "closed"
            click.echo(f"{row.day}  {verdict:6}  {row.scope}  {row.reason}  {row.source}")


@calendar_commands.command(name="show")
@click.option("--school", "school_code", required=True, help="school code, six characters")
@MONTH
@click.pass_obj
def show_month(settings: Settings, school_code: str, month: datetime | None) -> None:
    """Show a school's month, day by day, by grade where grades differ."""
    with opened(settings) as house, snapshot(house.engine) as session:
        first, last = _month(month, house.clock.now())
        if session.get(School, school_code) is None:
            no_school(school_code)
        statement = select(Student.grade).where(col(Student.school_code) == school_code).distinct()
        grades = sorted(session.exec(statement)) or [NO_GRADE]
        keys = [(school_code, grade) for grade in grades]
        statuses = day_statuses(session, keys, first, last)
    for day in statuses[keys[0]]:
        by_status: dict[DayStatus, list[int]] = defaultdict(list)
        for key in keys:
            by_status[statuses[key][day]].append(key[1])
        for status, theirs in by_status.items():
            click.echo(_day_line(day, status, theirs if len(by_status) > 1 else []))


def _month(month: datetime | None, now: datetime) -> tuple[date, date]:
    first = month.date() if month else school_day_of(now).replace(day=1)
    return first, first.replace(day=calendar.monthrange(first.year, first.month)[1])


def _day_line(day: date, status: DayStatus, grades: list[int]) -> str:
    verdict = "open" if status.is_open else "closed"
    whose = f"grade {', '.join(map(str, grades))}" if grades else ""
    parts = (f"{day} {day:%a}", f"{verdict:6}", status.reason, whose)
    return "  ".join(part for part in parts if part).rstrip()


@click.group(name="closure")
def closure_commands() -> None:
    """Closures: what machines read, and where each stands. People confirm them in the chat."""


@closure_commands.command(name="read")
@click.argument("text")
@click.option("--announced", type=MOMENT, help="Taipei time; now if none")
@click.option("--source", default="行政院人事行政總處", show_default=True)
@click.pass_obj
def read_text(settings: Settings, text: str, announced: datetime | None, source: str) -> None:
    """Read a closure notice; what it finds is kept for a person to take over or turn down."""
    with opened(settings) as house:
        now = house.clock.now()
        announced_at = announced.replace(tzinfo=TAIPEI) if announced else now
        if announced_at > now:
            fail(f"It can't have been announced in the future ({announced_at:%Y-%m-%d %H:%M}).")
        finds = read_closure_text(text, announced_at)
        with transaction(house.engine) as session:
            new = store_finds(session, finds, source=source, announced_at=announced_at, now=now)
            for closure in new:
                click.echo(f"found  {closure.id}  {_ask_staff(session, closure, now)}")
    if finds:
        known = len(finds) - len(new)
        click.echo(f"new {len(new)}, known or past {known}. None counts before two people agree.")
    else:
        click.echo("Nothing to propose: open, unsure, not about Taipei, or not understood.")


def _ask_staff(session: Session, closure: Closure, now: datetime) -> str:
    summary = summary_of(session, closure)
    tell_closure_found(
        session,
        closure.id,
        closers_of(session, closure.school_code),
        summary=summary,
        source=closure.source,
        source_at=closure.source_at,
        now=now,
    )
    return summary


@closure_commands.command(name="list")
@click.option("--from", "first", type=DATE, help="first day; today if none")
@click.pass_obj
def show_closures(settings: Settings, first: datetime | None) -> None:
    """List closures, and where each stands."""
    with opened(settings) as house, snapshot(house.engine) as session:
        now = house.clock.now()
        for line in _closure_lines(session, first.date() if first else school_day_of(now), now):
            click.echo(line)


def _closure_lines(session: Session, first: date, now: datetime) -> Iterator[str]:
    for closure in list_closures(session, first):
        state = state_of(closure, now).value
        yield f"{state:13}  {closure.id}  {summary_of(session, closure)}  {closure.source}"


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except InputError as error:
        fail(f"{error.field}: {REFUSALS[error.code]}.")
