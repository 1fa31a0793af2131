"""`school`: schools are registered, corrected and listed."""

import re
from datetime import datetime

import click
from sqlmodel import col, select

from core.audit import record_audit
from core.calendar.closure_text import DISTRICTS
from core.db import snapshot, transaction
from core.duty.commands import CLOCK_TIME, OPERATOR, fail, no_school, opened
from core.house import build_house
from core.kinds import Level
from core.people.names import clean_line, short_school_name
from core.people.roster import CANARY_SCHOOL
from core.people.tables import School
from core.settings import Settings

# As guardians read it in a line of a bubble.
MAX_SCHOOL_NAME = 40
LEVELS = click.Choice([*(one.value for one in Level), *(one.name.lower() for one in Level)])
NUMBER = re.compile(r"[0-9+(][0-9+#() -]{2,23}", re.ASCII)


class District(click.Choice[str]):
    """One of the city's districts; 中正 is 中正區, by which a closure finds its schools."""

    def __init__(self) -> None:
        super().__init__(DISTRICTS.split("|"))

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the whole name. Raises BadParameter for any other place."""
        whole = f"{value}區"
        return super().convert(whole if whole in self.choices else value, param, ctx)


DISTRICT = District()


@click.group(name="school")
def school_commands() -> None:
    """Schools."""


@school_commands.command(name="add")
@click.option("--code", required=True, help="school code, six characters")
@click.option("--name", required=True, help="official name")
@click.option("--short-name", help="as guardians read it, such as 榕光國小; made from the name")
@click.option("--district", required=True, type=DISTRICT)
@click.option("--level", required=True, type=LEVELS)
@click.option("--phone", default="", help="for guardians who have a question")
@click.option("--cutoff", type=CLOCK_TIME, default="08:30", show_default=True)
@click.option("--departure-from", type=CLOCK_TIME, default="11:30", show_default=True)
@click.pass_obj
def add_one_school(
    settings: Settings,
    /,
    level: str,
    short_name: str | None,
    cutoff: datetime,
    departure_from: datetime,
    **facts: str,
) -> None:
    """Register a school; times of day are Taipei's."""
    facts["name"] = _line_of(facts["name"])
    school = School(
        level=Level.__members__.get(level.upper(), level),
        short_name=_line_of(short_name or short_school_name(facts["name"])),
        cutoff=cutoff.time(),
        departure_from=departure_from.time(),
        **facts,
    )
    _require_number(school.phone)
    if not re.fullmatch(r"[0-9A-Z]{6}", school.code, re.ASCII):
        fail("A school code has six digits or capital letters, such as 353607.")
    if not school.cutoff < school.departure_from:
        fail("The cut-off comes before the time from which a tap means leaving.")
    with transaction(build_house(settings).engine) as session:
        if session.get(School, school.code) is not None:
            fail(f"There is a school {school.code} already.")
        session.add(school)
    click.echo(f"school {school.code}")


def _require_number(phone: str) -> None:
    """End the program where a guardian could not press the number; an empty one is none."""
    if phone and not NUMBER.fullmatch(phone):
        fail("A telephone number has 3 to 24 digits, and + - # ( ) or spaces between them.")


def _line_of(name: str) -> str:
    """Return the name as guardians may read it; what is none ends the program."""
    line = clean_line(name)
    if not line or len(line) > MAX_SCHOOL_NAME:
        fail(f"A school's name has 1 to {MAX_SCHOOL_NAME} characters, and no address in it.")
    return line


@school_commands.command(name="change")
@click.option("--code", required=True, help="school code, six characters")
@click.option("--name", help="official name; makes no new short name")
@click.option("--short-name", help="as guardians read it")
@click.option("--district", type=DISTRICT)
@click.option("--phone", help="for guardians who have a question; '' for none")
@click.pass_obj
def change_one_school(settings: Settings, /, code: str, **given: str | None) -> None:
    """Correct what was written of a school; its times of day are the policy's to change."""
    facts = {name: fact for name, fact in given.items() if fact is not None}
    if not facts:
        fail("Name what is to change, such as --phone 02-2300-0001.")
    for name in {"name", "short_name"} & facts.keys():
        facts[name] = _line_of(facts[name])
    _require_number(facts.get("phone", ""))
    with opened(settings) as house, transaction(house.engine) as session:
        school = session.get(School, code)
        if school is None or code == CANARY_SCHOOL:
            no_school(code)
        school.sqlmodel_update(facts)
        subject, now = f"school:{code}", house.clock.now()
        record_audit(session, actor=OPERATOR, action="school.change", subject=subject, now=now)
        line = _school_line(school)
    click.echo(line)


@school_commands.command(name="list")
@click.pass_obj
def list_schools(settings: Settings) -> None:
    """Print each school with its code, district, level and usual times of day."""
    with opened(settings) as house, snapshot(house.engine) as session:
        # The canary's school is nobody's; no list shows it.
        real = select(School).where(col(School.code) != CANARY_SCHOOL).order_by(col(School.code))
        lines = [_school_line(one) for one in session.scalars(real)]
    click.echo("\n".join(lines) or "There is no school yet. Add one: python app.py school add")


def _school_line(school: School) -> str:
    times = f"cut-off {school.cutoff:%H:%M}, departures from {school.departure_from:%H:%M}"
    place = f"{school.district} {school.level}"
    return "  ".join([school.code, school.short_name, place, times, school.phone]).rstrip()
