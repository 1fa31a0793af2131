"""One event in, one answer out."""

from datetime import date, datetime

from sqlmodel import Session

from bot.answer import Answer
from bot.commands import is_worried, match
from bot.events import Happening, Incoming
from bot.handlers.commands import obey
from bot.handlers.friendship import befriend
from bot.handlers.person import Person, find_person
from bot.handlers.records import tell_week, tell_what_is_known
from bot.replies import refusals
from bot.replies.pages import Pages
from bot.replies.speech import say
from core.db import snapshot
from core.house import House
from core.postback import PostbackCodec, PostbackProblem


def handle(house: House, incoming: Incoming) -> Answer:
    """Return the answer to an event; friendships are recorded here, nothing else is written."""
    if incoming.room is not None:
        return Answer(messages=[say(refusals.GROUP)], leaves_room=True)
    if incoming.line_user_id is None:
        return Answer()
    now = house.clock.now()
    if incoming.happening in (Happening.FOLLOW, Happening.UNFOLLOW):
        return befriend(house, incoming, incoming.line_user_id, now)
    with snapshot(house.engine) as session:
        person = find_person(session, incoming.line_user_id)
        return _converse(session, house, person, incoming, now)


def _converse(
    session: Session, house: House, person: Person, incoming: Incoming, now: datetime
) -> Answer:
    match incoming.happening:
        case Happening.TEXT:
            return _reply(session, house, person, incoming.content, now)
        case Happening.POSTBACK:
            return _press(session, house, person, incoming.content, now)
        case Happening.OTHER_MESSAGE:
            return Answer(messages=refusals.other_message(incoming.content))
    return Answer()


def _reply(session: Session, house: House, person: Person, said: str, now: datetime) -> Answer:
    if is_worried(said):
        return Answer(messages=tell_what_is_known(session, person, now), matters=True)
    found = match(said)
    if found.command is None:
        return Answer(messages=refusals.unknown(found.nearest))
    return obey(session, house, person, found.command, now)


def _press(session: Session, house: House, person: Person, data: str, now: datetime) -> Answer:
    press = PostbackCodec(house.settings).open(data, person.line_user_id, now)
    if isinstance(press, PostbackProblem):
        return Answer(messages=refusals.button_refused(press))
    if not person.children:
        return Answer(messages=refusals.not_linked(Pages(house.settings.liff_id)))
    last = date.fromisoformat(press.detail)
    return Answer(messages=tell_week(session, house, person, now, last), matters=True)
