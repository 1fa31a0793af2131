"""Commands about a school's day: cut-off, grace, review, by grade, weekday or date."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from uuid import UUID

import click
from sqlmodel import Session, col, select

from core.calendar.policy import (
    LIMITS,
    DayRules,
    NewRule,
    add_rule,
    end_rule,
    list_rules,
    resolve,
    rules_for,
)
from core.calendar.tables import DayPolicy
from core.clock import school_day_of
from core.db import snapshot, transaction
from core.duty.commands import CLOCK_TIME, DATE, OPERATOR, fail, no_school, opened
from core.errors import AccessError, InputError
from core.people.tables import School, Student
from core.settings import Settings

MINUTE = timedelta(minutes=1)
SHOWN = (
    ("cutoff", "cutoff", ""),
    ("departure_from", "departure-from", ""),
    ("dismissal", "dismissal", ""),
    ("grace_minutes", "grace", " min"),
    ("review_minutes", "review", " min"),
    ("bounce_seconds", "bounce", " s"),
)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SCHOOL = click.option("--school", "school_code", required=True, help="school code, six characters")
FROM = click.option("--from", "from_day", type=DATE, help="counts from that date on; today if none")
PROBLEMS = {
    "past": "That date is over; a past day keeps the rules it had.",
    "coming": "A change for just these is still to come. Take it back on the page 學校設定 first.",
    "weekday_or_day": "A rule is for a weekday or for one date. Leave --weekday or --date out.",
    "nothing_differs": "Say what differs: --cutoff, --departure-from, --dismissal, "
    "--grace-minutes, --review-minutes or --bounce-seconds.",
    "cutoff_after_departure": "The cut-off must be before {departure_from}, from when a tap means "
    "leaving. Give --departure-from too, or an earlier --cutoff.",
    "dismissal_before_cutoff": "Lessons end after the cut-off. Write 16:00 for four in the "
    "afternoon.",
}


@click.group(name="policy")
def policy_commands() -> None:
    """A school's day: cut-off, grace, review, departures."""


@policy_commands.command(name="add")
@SCHOOL
@click.option("--grade", type=click.IntRange(1, 12), help="1 to 12; every grade if none")
@click.option("--weekday", type=click.Choice(WEEKDAYS), help="every day if none")
@click.option("--date", "day", type=DATE, help="one date, instead of a weekday")
@click.option("--cutoff", type=CLOCK_TIME, help="every child should have tapped by then")
@click.option("--departure-from", type=CLOCK_TIME, help="from then on a tap means leaving")
@click.option("--dismissal", type=CLOCK_TIME, help="end of lessons; needed for 未刷離校")
@click.option("--grace-minutes", type=click.IntRange(0, LIMITS["grace_minutes"]))
@click.option("--review-minutes", type=click.IntRange(0, LIMITS["review_minutes"]))
@click.option("--bounce-seconds", type=click.IntRange(0, LIMITS["bounce_seconds"]))
@click.option("--reason", default="", help="for those who wonder later")
@FROM
@click.pass_obj
def add_one_rule(
    settings: Settings,
    /,
    school_code: str,
    weekday: str | None,
    day: datetime | None,
    from_day: datetime | None,
    **facts: str,
) -> None:
    """Say what differs from the school's usual day; replaces the whole rule with the same aim."""
    rule = NewRule(
        weekday=WEEKDAYS.index(weekday) if weekday else None,
        day=_date(day),
        **{name: _value(fact) for name, fact in facts.items()},  # type: ignore[arg-type]
    )
    with opened(settings) as house, transaction(house.engine) as session:
        school, now = _school(session, school_code), house.clock.now()
        if rule.day and rule.day < school_day_of(now):
            fail(f"{rule.day} is over; a past day keeps the rules it had.")
        aim = (rule.grade, rule.weekday, rule.day)
        same = [one for one in list_rules(session, school_code, now) if _aim(one) == aim]
        replaced = [f"replaces {_line(one)}" for one in same]
        with _refusals(school, rule):
            rule_id = add_rule(
                session, school_code, rule, by=OPERATOR, now=now, from_day=_date(from_day)
            )
    click.echo("\n".join([f"rule {rule_id}", *replaced]))


def _date(given: datetime | None) -> date | None:
    return given.date() if given else None


def _value(fact: object) -> object:
    # click reads a time of day as a moment in 1900.
    return fact.time() if isinstance(fact, datetime) else fact


@contextmanager
def _refusals(school: School, rule: NewRule) -> Iterator[None]:
    try:
        yield
    except InputError as refused:
        departure_from = rule.departure_from or school.departure_from
        fail(PROBLEMS[refused.code].format(departure_from=f"{departure_from:%H:%M}"))


@policy_commands.command(name="end")
@SCHOOL
@click.argument("rule_id", type=click.UUID)
@FROM
@click.pass_obj
def end_one_rule(
    settings: Settings, school_code: str, rule_id: UUID, from_day: datetime | None
) -> None:
    """End a rule: today (or --from) and later days are as without it."""
    try:
        with opened(settings) as house, transaction(house.engine) as session:
            now = house.clock.now()
            begins = _date(from_day)
            end_rule(session, school_code, rule_id, by=OPERATOR, now=now, from_day=begins)
    except InputError as refused:
        fail(PROBLEMS[refused.code])
    except AccessError:
        fail(f"School {school_code} has no such rule now. See: policy list --school {school_code}")
    click.echo(f"ended {rule_id}")


@policy_commands.command(name="list")
@SCHOOL
@click.pass_obj
def show_rules(settings: Settings, school_code: str) -> None:
    """Print the usual day, then each rule with its id; the further down, the stronger."""
    with opened(settings) as house, snapshot(house.engine) as session:
        now = house.clock.now()
        usual = resolve(_school(session, school_code), (), (0, school_day_of(now)))
        click.echo(f"usual day: {_words(usual)}")
        for rule in list_rules(session, school_code, now):
            click.echo(_line(rule))


@policy_commands.command(name="show")
@SCHOOL
@click.option("--date", "day", type=DATE, required=True)
@click.pass_obj
def show_day(settings: Settings, school_code: str, day: datetime) -> None:
    """Print what the rules amount to on a date, grade by grade."""
    with opened(settings) as house, snapshot(house.engine) as session:
        _school(session, school_code)
        statement = select(Student.grade).where(col(Student.school_code) == school_code).distinct()
        keys = [(grade, day.date()) for grade in session.exec(statement)]
        if not keys:
            fail(f"School {school_code} has no students yet, so there are no grades to show.")
        for (grade, _), rules in sorted(rules_for(session, school_code, keys).items()):
            click.echo(f"grade {grade}: {_words(rules)}")


def _words(rules: DayRules) -> str:
    words = [f"cutoff {_shown(rules.cutoff)}", f"departure-from {_shown(rules.departure_from)}"]
    if rules.dismissal is not None:
        words.append(f"dismissal {_shown(rules.dismissal)}")
    words += [f"grace {rules.grace // MINUTE} min", f"review {rules.review // MINUTE} min"]
    return ", ".join([*words, f"bounce {rules.bounce.seconds} s"])


def _shown(value: time | int) -> str:
    return f"{value:%H:%M}" if isinstance(value, time) else str(value)


def _line(rule: DayPolicy) -> str:
    day = "every day" if rule.day is None else str(rule.day)
    if rule.weekday is not None:
        day = WEEKDAYS[rule.weekday]
    whom = day if rule.grade is None else f"{day}, grade {rule.grade}"
    own = [
        f"{label} {_shown(getattr(rule, name))}{unit}"
        for name, label, unit in SHOWN
        if getattr(rule, name) is not None
    ]
    return f"{rule.id}  {whom}: {', '.join(own)}  {rule.reason}".rstrip()


def _aim(rule: DayPolicy) -> tuple[int | None, int | None, date | None]:
    return rule.grade, rule.weekday, rule.day


def _school(session: Session, school_code: str) -> School:
    school = session.get(School, school_code)
    if school is None:
        no_school(school_code)
    return school
