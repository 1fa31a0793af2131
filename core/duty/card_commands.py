"""Commands about cards: give one to a child, end one."""

from collections.abc import Iterator
from contextlib import contextmanager

import click
from sqlmodel import Session, select

from core.db import transaction
from core.duty.commands import OPERATOR, fail, opened
from core.errors import AccessError, InputError
from core.gate.cards import end_card, give_card, holder_of
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
@click.option("--moves", is_flag=True, help="take it from the child whose card it is now")
@click.pass_obj
def give_one_card(
    settings: Settings, uid: str, school: str, student_number: str, moves: bool
) -> None:
    """Make a card a child's, and give it the taps kept for it."""
    number = normalise_student_number(student_number)
    with _refusals(), opened(settings) as house, transaction(house.engine) as session:
        children = session.exec(
            select(Student).where(Student.school_code == school, Student.student_number == number)
        ).all()
        if len(children) != 1:
            fail("There is no such student, or more than one. Check school and number.")
        _refuse_anothers(session, uid, children[0], moves=moves)
        matched = give_card(
            session,
            settings.liff_id,
            uid=uid,
            student_id=children[0].id,
            by=OPERATOR,
            now=house.clock.now(),
        )
    click.echo(f"The card counts from now on; {matched} kept taps found their child.")


def _refuse_anothers(session: Session, uid: str, child: Student, *, moves: bool) -> None:
    """End the program where the card is another child's, who would go unseen from then on."""
    holder = holder_of(session, uid)
    if holder is None or holder.id == child.id or moves:
        return
    where = f"{holder.school_code}/{holder.student_number}"
    fail(f"It is the card of {where}. Check the number; if it moves, add --moves.")


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
