"""Commands about the inbox: what was never answered, and answering it after all."""

from datetime import timedelta

import click

from bot.inbox import dead_events, replay_event
from bot.tables import LineEvent
from core.audit import record_audit
from core.clock import TAIPEI
from core.db import snapshot, transaction
from core.duty.commands import OPERATOR, fail, opened
from core.settings import Settings


@click.group(name="events")
def event_commands() -> None:
    """What people wrote in LINE and nobody could answer."""


@event_commands.command(name="dead")
@click.option("--days", default=7, show_default=True, type=click.IntRange(1, 30))
@click.pass_obj
def list_dead(settings: Settings, days: int) -> None:
    """Print what was put aside, without who wrote and what."""
    with opened(settings) as house, snapshot(house.engine) as session:
        found = dead_events(session, house.clock.now() - timedelta(days=days))
        lines = [_line(one) for one in found]
    click.echo("\n".join(lines) or "Everything was answered.")


@event_commands.command(name="replay")
@click.argument("webhook_event_id")
@click.pass_obj
def replay(settings: Settings, webhook_event_id: str) -> None:
    """Answer one again, once what stopped it is mended; a stale one only if the answer matters."""
    with opened(settings) as house, transaction(house.engine) as session:
        now = house.clock.now()
        is_open = replay_event(session, webhook_event_id)
        if is_open:
            subject = f"line_event:{webhook_event_id}"
            record_audit(session, actor=OPERATOR, action="event.replay", subject=subject, now=now)
    if not is_open:
        fail(f"There is no dead event {webhook_event_id}. See: events dead")
    click.echo(f"open again {webhook_event_id}")


def _line(event: LineEvent) -> str:
    at = event.occurred_at.astimezone(TAIPEI)
    return f"{at:%Y-%m-%d %H:%M}  {event.webhook_event_id}  {event.attempts}  {event.problem}"
