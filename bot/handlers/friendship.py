"""Follow and unfollow: remember who can be reached, greet as fits."""

from datetime import datetime

from sqlmodel import Session

from bot.answer import Answer, Json
from bot.events import Happening, Incoming
from bot.handlers.person import Person, find_person
from bot.handlers.records import tell_today
from bot.handlers.staff.samples import own_samples
from bot.replies import greeting
from bot.replies.pages import Pages
from bot.replies.speech import say
from bot.replies.staff import help as staff_help
from bot.staff_commands import allowed
from core.clock import school_day_of
from core.db import transaction
from core.house import House
from core.kinds import Channel
from core.notices.trail import missed_while_blocked
from core.people.friends import record_friendship
from core.people.guardians import guardian_name
from core.people.languages import note_language
from core.people.names import masked_name
from core.people.subscriptions import boxes_of


def befriend(house: House, incoming: Incoming, line_user_id: str, now: datetime) -> Answer:
    """Record that the person follows us or stopped, and return the greeting."""
    is_following = incoming.happening is Happening.FOLLOW
    with transaction(house.engine) as session:
        record_friendship(
            session,
            line_user_id=line_user_id,
            is_following=is_following,
            at=incoming.occurred_at,
        )
        if not is_following:
            return Answer()
        note_language(session, line_user_id, incoming.language)
        person = find_person(session, line_user_id)
        messages = _greeting(session, house, person, incoming, now)
    return Answer(messages=messages, matters=True, menu=person.menu)


def _greeting(
    session: Session, house: House, person: Person, incoming: Incoming, now: datetime
) -> list[Json]:
    pages = Pages(house.settings.liff_id)
    if person.is_only_staff:
        samples = own_samples(session, person.roles, school_day_of(now))
        return [say("歡迎回來。"), *staff_help.commands(allowed(person.roles), samples)]
    if person.guardian is None:
        return greeting.sign_in_again(pages) if person.was_linked else greeting.welcome(pages)
    if not person.children:
        member = masked_name(guardian_name(house.vault, person.guardian))
        return greeting.one_step_left(pages, member)
    told_of = [
        child.given_name
        for child in person.children
        if any(channel is Channel.LINE for channel, _ in boxes_of(session, child.binding_id))
    ]
    missed = missed_while_blocked(session, person.guardian.id, now) if incoming.is_unblocked else 0
    first = greeting.welcome_back(told_of, is_unblocked=incoming.is_unblocked, missed=missed)
    return [first, *tell_today(session, house, person, now)]
