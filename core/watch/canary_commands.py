"""Commands about the canary: its school, child, readers and guardian."""

import secrets
from datetime import date, datetime, time
from uuid import UUID

import click
from sqlmodel import Session

from core.audit import record_audit
from core.db import snapshot, transaction
from core.duty.commands import OPERATOR, fail, opened
from core.errors import InputError
from core.gate.readers import add_reader
from core.house import House
from core.kinds import Channel, Direction, EventKind
from core.people.guardians import PassMember, find_guardian, link_account
from core.people.identity_numbers import with_check_digit
from core.people.roster import CANARY_SCHOOL, StudentFacts, add_student
from core.people.subscriptions import save_boxes
from core.people.tables import Binding, Card, Relationship, School
from core.settings import Settings
from core.watch.canary import canary_child, canary_state
from core.watch.shown import date_and_clock_of

NAME = "監測"
# No member of Taipei Pass has this id; theirs are UUIDs.
MEMBER = PassMember("canary", NAME, "3")
TOLD = frozenset({(Channel.LINE, EventKind.ARRIVAL), (Channel.LINE, EventKind.DEPARTURE)})


@click.group(name="canary")
def canary_commands() -> None:
    """The canary, which proves every five minutes that notices arrive."""


@canary_commands.command(name="setup")
@click.pass_obj
def set_up_canary(settings: Settings) -> None:
    """Make the canary's school, child and readers, and let CANARY_LINE_USER_ID hear of it."""
    if not settings.canary_line_user_id:
        fail("Set CANARY_LINE_USER_ID first: the user id of a LINE account nobody else uses.")
    with opened(settings) as house:
        try:
            with transaction(house.engine) as session:
                is_new = make_canary(session, house, house.clock.now())
        except InputError:
            fail("CANARY_LINE_USER_ID is a guardian's account. Take one that nobody else uses.")
    click.echo("The canary is set up." if is_new else "The canary was there; its account is set.")


@canary_commands.command(name="show")
@click.pass_obj
def show_canary(settings: Settings) -> None:
    """Show when the canary last tapped and last arrived, and what is wrong with it."""
    with opened(settings) as house, snapshot(house.engine) as session:
        state = canary_state(session, house.clock.now())
    if not settings.canary_line_user_id:
        click.echo("off: CANARY_LINE_USER_ID is empty")
    click.echo(f"last tap       {_moment(state.tapped_at)}")
    click.echo(f"last accepted  {_moment(state.accepted_at)}")
    click.echo(f"problem        {state.problem or 'none'}")


def make_canary(session: Session, house: House, now: datetime) -> bool:
    """Make what is not there yet and link the account; joins the transaction.

    Returns whether it was new. Raises InputError("taken") when a guardian has this LINE account.
    """
    user = house.settings.canary_line_user_id
    holder = find_guardian(session, user)
    if holder is not None and holder.taipei_pass_id != MEMBER.pass_id:
        raise InputError("taken")
    is_new = canary_child(session) is None
    link = link_account(
        session, house.vault, line_user_id=user, member=MEMBER, consent_version="canary", now=now
    )
    if is_new:
        binding = Binding(
            guardian_id=link.guardian.id,
            student_id=_make_child(session, house, now),
            relationship=Relationship.OTHER,
            proven_by="canary",
            bound_at=now,
        )
        session.add(binding)
        session.flush()
        save_boxes(session, binding_id=binding.id, wanted=TOLD, now=now)
    record_audit(
        session, actor=OPERATOR, action="canary.setup", subject=f"school:{CANARY_SCHOOL}", now=now
    )
    return is_new


def _make_child(session: Session, house: House, now: datetime) -> UUID:
    session.add(
        School(
            code=CANARY_SCHOOL,
            name=NAME,
            short_name=NAME,
            district=NAME,
            # No level of the city's schools, so that what is done to those leaves it alone.
            level=NAME,
            cutoff=time(12),
            departure_from=time(12),
        )
    )
    session.flush()
    for direction in (Direction.IN, Direction.OUT):
        add_reader(
            session,
            house.vault,
            school_code=CANARY_SCHOOL,
            gate=NAME,
            direction=direction,
            now=now,
            by=OPERATOR,
        )
    child = add_student(session, house.vault, _facts())
    # Nobody else may bind it.
    child.is_sealed = True
    session.flush()
    uid = secrets.token_hex(7).upper()
    session.add(Card(uid=uid, student_id=child.id, valid_from=now))
    return child.id


def _facts() -> StudentFacts:
    return StudentFacts(
        school_code=CANARY_SCHOOL,
        entry_year=0,
        student_number="0",
        name=NAME,
        grade=1,
        homeroom="0",
        seat_number=0,
        national_id=with_check_digit(f"A1{secrets.randbelow(10_000_000):07d}"),
        birth_date=date(1911, 10, 10),
    )


def _moment(moment: datetime | None) -> str:
    return date_and_clock_of(moment) if moment else "never"
