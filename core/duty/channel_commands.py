"""Commands about channels: what guardians can choose this semester, of the city or of a school."""

import click
from sqlmodel import Session

from core.calendar.channels import LONGEST_NOTE, Offer, offers_of, semester_at, set_offers
from core.calendar.scopes import CITY
from core.calendar.semesters import Semester
from core.clock import school_day_of
from core.db import snapshot, transaction
from core.duty.commands import OPERATOR, fail, no_school, opened
from core.errors import InputError
from core.house import House
from core.kinds import Channel, OfferState
from core.people.names import clean_line
from core.people.tables import School
from core.post.connected import is_connected
from core.settings import Settings

SCHOOL = click.option("--school", "school_code", help="school code; the whole city if none")
TERM = click.option("--term", type=click.Choice(["now", "next"]), default="now", show_default=True)
PROBLEMS = {
    "wider": "The city does not offer that much; a school can only narrow it.",
    "line_stays": "Everything is told over LINE first: best_effort is the least.",
    "length": f"A note has {LONGEST_NOTE} characters at most.",
}


@click.group(name="channel")
def channel_commands() -> None:
    """Channels: offered, best_effort or not_offered in a semester."""


@channel_commands.command(name="list")
@SCHOOL
@TERM
@click.pass_obj
def list_channels(settings: Settings, school_code: str | None, term: str) -> None:
    """Print each channel with its state, its note and whether it has a sender here."""
    with opened(settings) as house, snapshot(house.engine) as session:
        scope, semester = _place(session, house, school_code, term)
        offers = offers_of(session, scope, semester)
    lines = [f"{scope} {semester.year}-{semester.number}"]
    for channel, offer in offers.items():
        missing = "" if is_connected(settings, channel) else " (no sender)"
        note = f" {offer.note}" if offer.note else ""
        lines.append(f"{channel.value}: {offer.state.value}{missing}{note}")
    click.echo("\n".join(lines))


@channel_commands.command(name="set")
@click.argument("channel", type=click.Choice([one.value for one in Channel]))
@click.argument("state", type=click.Choice([one.value for one in OfferState]))
@click.option("--note", default="", help="a short sentence for guardians, zh-TW")
@SCHOOL
@TERM
@click.pass_obj
def set_channel(
    settings: Settings, channel: str, state: str, note: str, school_code: str | None, term: str
) -> None:
    """Say how a channel stands; it counts at once, and guardians read it on their pages."""
    said, of = clean_line(note), Channel(channel)
    if said is None:
        fail("A note has no addresses and no special signs.")
    offer = Offer(OfferState(state), said)
    if offer.can_be_chosen and not is_connected(settings, of):
        fail(f"{channel} has no sender here. Set it up first: docs/configuration.md.")
    with opened(settings) as house, transaction(house.engine) as session:
        scope, semester = _place(session, house, school_code, term)
        now = house.clock.now()
        try:
            changes = set_offers(session, scope, semester, {of: offer}, by=OPERATOR, now=now)
        except InputError as refused:
            fail(PROBLEMS[refused.code])
    click.echo(f"{channel} {state}" if changes else "already so")


def _place(
    session: Session, house: House, school_code: str | None, term: str
) -> tuple[str, Semester]:
    if school_code is not None and session.get(School, school_code) is None:
        no_school(school_code)
    scope = school_code or CITY
    semester = semester_at(session, scope, school_day_of(house.clock.now()))
    return scope, semester.following if term == "next" else semester
