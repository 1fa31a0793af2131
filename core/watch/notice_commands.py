"""Commands about notices: why one was or was not told, and those a person has to look at."""

from collections import Counter
from datetime import date, datetime, timedelta
from uuid import UUID

import click
from sqlmodel import Session

from core.audit import record_audit
from core.clock import day_end
from core.db import snapshot, transaction
from core.duty.commands import DATE, OPERATOR, fail, opened
from core.notices.tables import Notice
from core.people.tables import Student
from core.settings import Settings
from core.watch.replay import Replay, replay, to_look_at
from core.watch.shown import clock_of, date_and_clock_of
from core.watch.story import Fact, find_children, heading, story_of

LOOKED = "notices.why"
ANSWERS = {
    Replay.WAITING: "waits again, with everything of the same push.",
    Replay.NO_SUCH: "is no notice. python app.py notices dead shows them.",
    Replay.NOT_DEAD: "is not dead, or not all of its push is. Only what LINE called wrong can go "
    "again; what is unknown may have been read.",
    Replay.TOO_LATE: "was first tried more than 23 hours ago. LINE may have forgotten its retry "
    "key, and it could be read twice.",
    Replay.MOOT: "is a no-show that holds no more: the child came, is on leave or was answered for "
    "since, or school is closed. python app.py notices why tells which.",
    Replay.OLD_NEWS: "is no news any more: too old, or taken back since. Guardians find what holds "
    "on the child's page.",
}


@click.group(name="notices")
def notice_commands() -> None:
    """Notices: what was told, what was not, and why."""


@notice_commands.command(name="why")
@click.argument("child")
@click.argument("day", metavar="DATE", type=DATE)
@click.pass_obj
def tell_why(settings: Settings, child: str, day: datetime) -> None:
    """Tell a child's day: taps, no-show, notices, and who was not told, and why.

    CHILD is school code and student number such as 353607/11510001, or the child's id; DATE is a
    Taipei date such as 2026-11-23. That you looked is recorded.
    """
    with opened(settings) as house:
        now = house.clock.now()
        with transaction(house.engine) as session:
            found = _one_child(session, child)
            subject = f"student:{found.id}"
            record_audit(session, actor=OPERATOR, action=LOOKED, subject=subject, now=now)
        with snapshot(house.engine) as session:
            lines = [heading(session, found, day.date())]
            facts = story_of(session, found, day.date())
    click.echo("\n".join([*lines, *(_fact(one, day.date()) for one in facts)]))


def _fact(one: Fact, day: date) -> str:
    # Midnight would look like the morning.
    at = "24:00:00" if one.at == day_end(day) else clock_of(one.at)
    return f"{at}  {one.text}"


def _one_child(session: Session, name: str) -> Student:
    found = find_children(session, name)
    if not found:
        fail(f"There is no child {name}. Write 353607/11510001, or the child's id.")
    if len(found) > 1:
        ids = " ".join(str(one.id) for one in found)
        fail(f"{name} is {len(found)} children, of different entry years. Name the id: {ids}")
    return found[0]


@notice_commands.command(name="dead")
@click.option("--days", type=click.IntRange(1, 365), default=7, show_default=True)
@click.pass_obj
def list_dead(settings: Settings, days: int) -> None:
    """List what LINE called wrong, and what nobody knows the end of, the latest first."""
    with opened(settings) as house, snapshot(house.engine) as session:
        found = to_look_at(session, house.clock.now() - timedelta(days=days))
    if not found:
        click.echo(f"Nothing is dead or unknown in {days} days.")
        return
    for one in found:
        click.echo(_line(one))
    states = Counter(one.state for one in found)
    click.echo(", ".join(f"{number} {state}" for state, number in sorted(states.items())))


def _line(one: Notice) -> str:
    ended = one.settled_at or one.created_at
    when = date_and_clock_of(ended)
    what = f"{one.state}  {one.channel}  {one.kind}  {one.outcome}"
    return f"{one.id}  {when}  {what}  tries {one.attempts}"


@notice_commands.command(name="replay")
@click.argument("notice_ids", metavar="ID…", nargs=-1, required=True, type=click.UUID)
@click.pass_obj
def replay_dead(settings: Settings, notice_ids: tuple[UUID, ...]) -> None:
    """Let dead notices wait again, once the cause is put right; refuses what could harm."""
    refused = False
    with opened(settings) as house:
        for notice_id in dict.fromkeys(notice_ids):
            # One by one: a refusal of one must not hold back the others.
            with transaction(house.engine) as session:
                answer = replay(session, notice_id, by=OPERATOR, now=house.clock.now())
            refused = refused or answer is not Replay.WAITING
            click.echo(f"{notice_id} {ANSWERS[answer]}")
    if refused:
        fail("Not everything waits again; the reasons are above.")
