"""Commands to answers: who may ask, and which records answer."""

from datetime import datetime

from sqlmodel import Session

from bot.answer import Answer, Json
from bot.commands import Command
from bot.handlers.checks import tell_why
from bot.handlers.person import Person
from bot.handlers.records import tell_status, tell_today, tell_week
from bot.replies import help as help_reply
from bot.replies import languages, refusals, settings_link
from bot.replies.pages import Pages
from bot.replies.speech import say
from bot.replies.staff import words
from bot.staff_commands import allowed
from core.house import House


def obey(session: Session, house: House, person: Person, command: Command, now: datetime) -> Answer:
    """Return the answer to a command of parents; reads only."""
    pages = Pages(house.settings.liff_id)
    open_to_all = _for_everybody(house, person, command, pages)
    if open_to_all is not None:
        return Answer(messages=open_to_all)
    if person.guardian is None:
        return Answer(messages=refusals.not_linked(pages))
    if command is Command.ADD_CHILD:
        return Answer(messages=settings_link.add_child(pages))
    if command is Command.MY_DATA:
        return Answer(messages=settings_link.my_data(pages))
    if command is Command.UNLINK:
        return Answer(messages=settings_link.unlink(pages))
    if not person.children:
        return Answer(messages=refusals.no_child(pages))
    return _for_guardians(session, house, person, command, now)


def _for_everybody(
    house: House, person: Person, command: Command, pages: Pages
) -> list[Json] | None:
    match command:
        case Command.HELP:
            is_linked = person.guardian is not None
            return help_reply.commands() if is_linked else help_reply.first_commands()
        case Command.HOTLINE:
            return help_reply.hotlines(house.settings.hotline, house.settings.pass_line)
        case Command.LANGUAGE:
            return languages.choice()
        case Command.THANKS:
            return [say("不客氣。")]
        case Command.STAFF:
            return _for_staff(person)
        case Command.START:
            return _start(person, pages)
    return languages.introduction(command, pages) if command in languages.TONGUES else None


def _for_staff(person: Person) -> list[Json]:
    if person.was_staff:
        return refusals.revoked()
    verbs = allowed(person.roles)
    return words.forbidden(verbs) if verbs else refusals.for_staff(person.guardian is not None)


def _start(person: Person, pages: Pages) -> list[Json]:
    if person.guardian is None:
        return refusals.not_linked(pages)
    if not person.children:
        return refusals.no_child(pages)
    return settings_link.settings(person.children, pages)


def _for_guardians(
    session: Session, house: House, person: Person, command: Command, now: datetime
) -> Answer:
    match command:
        case Command.TODAY:
            return Answer(messages=tell_today(session, house, person, now), matters=True)
        case Command.WEEK:
            return Answer(messages=tell_week(session, house, person, now), matters=True)
        case Command.WHY:
            return Answer(messages=tell_why(session, house, person, now))
        case Command.STATUS:
            return Answer(messages=tell_status(session, person, now))
        case Command.SETTINGS | Command.SUBSCRIBE | Command.UNSUBSCRIBE:
            pages = Pages(house.settings.liff_id)
            return Answer(messages=settings_link.settings(person.children, pages))
    return Answer(messages=refusals.by_school(command, person.children))
