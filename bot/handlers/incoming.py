"""One event in, one answer out.

A text is looked at first, reading only: whose is it, and what does it ask. What may be written is
then done in one transaction, in which the person's rights are looked up anew.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from bot.answer import Answer
from bot.commands import Command, asks_for_leave, is_worried, match
from bot.day_words import plain, read_days
from bot.events import Happening, Incoming
from bot.handlers.commands import obey
from bot.handlers.enrolment import enrol, read_code
from bot.handlers.friendship import befriend
from bot.handlers.leave import ask_drop, ask_leave
from bot.handlers.person import Person, find_person
from bot.handlers.presses import press_button
from bot.handlers.records import tell_what_is_known
from bot.handlers.staff.asks import serve, unknown_to_staff
from bot.handlers.turn import Refused, Turn
from bot.replies import refusals
from bot.replies.speech import say
from bot.staff_commands import (
    ABOUT_CHILD,
    STAFF_ONLY,
    StaffAsk,
    StaffVerb,
    names_number,
    read_staff,
)
from core.clock import school_day_of
from core.db import snapshot, transaction
from core.house import House

Act = Callable[[Turn], Answer]
LEAVES = {Command.LEAVE: ask_leave, Command.LEAVE_CANCEL: ask_drop}
# Parents know these words too; whoever is both gets both answers, or the parent's.
SHARED = frozenset({StaffVerb.HELP, StaffVerb.STATUS})


def handle(house: House, incoming: Incoming) -> Answer:
    """Return the answer to an event."""
    if incoming.room is not None:
        return Answer(messages=[say(refusals.GROUP)], leaves_room=True)
    user = incoming.line_user_id
    if user is None:
        return Answer()
    now = house.clock.now()
    match incoming.happening:
        case Happening.FOLLOW | Happening.UNFOLLOW:
            return befriend(house, incoming, user, now)
        case Happening.TEXT:
            return _hear(house, incoming, user, now)
        case Happening.POSTBACK:
            return press_button(house, incoming, user, now)
        case Happening.OTHER_MESSAGE:
            return Answer(messages=refusals.other_message(incoming.content))
    return Answer()


def _hear(house: House, incoming: Incoming, user: str, now: datetime) -> Answer:
    said = incoming.content
    found = match(said)
    code = read_code(said) if found.command is None else None
    if code is not None:
        return enrol(house, incoming, user, code, now)
    with snapshot(house.engine) as session:
        person = find_person(session, user)
        if is_worried(said):
            return Answer(messages=tell_what_is_known(session, person, now), matters=True)
        ask = _staff_ask(person, said)
        command = found.command or _leave_in_a_sentence(said, now)
        act = _act_of(person, ask, command, said)
        if act is None:
            if command is None:
                return _unknown(person, found.nearest)
            return obey(session, house, person, command, now)
    return _do(house, incoming, user, act, now)


def _act_of(person: Person, ask: StaffAsk | None, command: Command | None, said: str) -> Act | None:
    if ask is not None:
        return partial(serve, ask=ask)
    if command in LEAVES and person.children:
        return partial(LEAVES[command], said=said)
    return None


def _do(house: House, incoming: Incoming, user: str, act: Act, now: datetime) -> Answer:
    with transaction(house.engine) as session:
        person = find_person(session, user)
        turn = Turn(session=session, house=house, person=person, incoming=incoming, now=now)
        try:
            return act(turn)
        except Refused as refusal:
            # A typed line writes nothing but who looked at whom, and that stays.
            return refusal.answer


def _staff_ask(person: Person, said: str) -> StaffAsk | None:
    """Return what the text asks of the school, when it is no parent's question."""
    ask = read_staff(said)
    if ask is None:
        return None
    if ask.verb in ABOUT_CHILD and names_number(ask):
        return ask
    if ask.verb is StaffVerb.CANCEL and not person.roles and not person.was_staff:
        return None
    if ask.verb in STAFF_ONLY or (ask.verb is StaffVerb.TODAY and ask.words):
        return ask
    if ask.verb in SHARED:
        return ask if person.roles else None
    return ask if person.is_only_staff else None


def _unknown(person: Person, nearest: Command | None) -> Answer:
    if person.is_only_staff:
        return Answer(messages=unknown_to_staff(person.roles))
    return Answer(messages=refusals.unknown(nearest))


def _leave_in_a_sentence(said: str, now: datetime) -> Command | None:
    has_day = read_days(plain(said), school_day_of(now)).first is not None
    return Command.LEAVE if has_day and asks_for_leave(said) else None
