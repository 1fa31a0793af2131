"""Commands about cards: give one to a child, end one."""

from collections.abc import Iterator
from contextlib import contextmanager

import click
from sqlmodel import select

from core.db import transaction
from core.duty.commands import OPERATOR, fail, opened
from core.errors import AccessError, InputError
from core.gate.cards import end_card, give_card
from core.people.roster import normalise_student_number
from core.people.tables import Student
from core.settings import Settings


@click.group(name="card")
def card_commands() -> None:
    """Student cards."""


@card_commands.command(name="give")
@click.option("--uid", required=True, help="the chip's number, 8 or 14 hexadecimal digits")
@click.option("--school", required=True, help="school code, six characters")
@click.option("--student-number", required=True)
@click.pass_obj
def give_one_card(settings: Settings, uid: str, school: str, student_number: str) -> None:
    """Make a card a child's, and give it the taps kept for it."""
    number = normalise_student_number(student_number)
    with _refusals(), opened(settings) as house, transaction(house.engine) as session:
        children = session.exec(
            select(Student).where(Student.school_code == school, Student.student_number == number)
        ).all()
        if len(children) != 1:
            fail("There is no such student, or more than one. Check school and number.")
        matched = give_card(
            session,
            settings.liff_id,
            uid=uid,
            student_id=children[0].id,
            by=OPERATOR,
            now=house.clock.now(),
        )
    click.echo(f"The card counts from now on; {matched} kept taps found their child.")


@card_commands.command(name="end")
@click.option("--uid", required=True, help="the chip's number, 8 or 14 hexadecimal digits")
@click.pass_obj
def end_one_card(settings: Settings, uid: str) -> None:
    """End a card for good; a found one stays dead."""
    with _refusals(), opened(settings) as house, transaction(house.engine) as session:
        end_card(session, uid=uid, by=OPERATOR, now=house.clock.now())
    click.echo("The card is ended; its taps are kept and tell nobody anything.")


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except InputError:
        fail("A chip's number has 8 or 14 hexadecimal digits, such as 04A224B1C25E80.")
    except AccessError:
        fail("No living card has this number.")
