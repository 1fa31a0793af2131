"""Commands to answers: who may ask, and which records answer."""

from datetime import datetime
from functools import partial

from sqlmodel import Session

from bot.answer import Answer, Json
from bot.commands import Command
from bot.handlers.checks import tell_why
from bot.handlers.person import Person
from bot.handlers.records import tell_status, tell_today, tell_week
from bot.replies import account_link, courtesies, languages, notices, refusals, settings_link, why
from bot.replies import help as help_reply
from bot.replies.pages import Pages
from bot.replies.staff import words
from bot.staff_commands import allowed
from core.announcements.reading import list_announcements
from core.house import House
from core.postback import Action, PostbackCodec, Press

BACK = Press(Action.BACK, "")


def obey(session: Session, house: House, person: Person, command: Command, now: datetime) -> Answer:
    """Return the answer to a command of parents; reads only."""
    pages = Pages(house.settings.liff_id)
    open_to_all = _for_everybody(house, person, command, pages)
    if open_to_all is not None:
        return Answer(messages=open_to_all)
    if command is Command.BROWSER_LINK:
        is_linked = person.guardian is not None
        return Answer(messages=account_link.linked()) if is_linked else Answer(asks_link_token=True)
    if command is Command.DELEGATE:
        return Answer(messages=settings_link.delegates(person.children, pages))
    if command is Command.WHY and not person.children:
        is_linked = person.guardian is not None
        return Answer(messages=why.nothing_to_check(pages, is_linked=is_linked))
    if person.guardian is None:
        return Answer(messages=refusals.not_linked(pages))
    if command is Command.ADD_CHILD:
        return Answer(messages=settings_link.add_child(pages))
    if command is Command.MY_DATA:
        return Answer(messages=settings_link.my_data(person.children, pages))
    if command is Command.UNLINK:
        seal = partial(
            PostbackCodec(house.settings).seal, line_user_id=person.line_user_id, now=now
        )
        return Answer(
            messages=account_link.ask_unlink(seal(Press(Action.UNLINK_SURE, "")), seal(BACK))
        )
    if not person.children:
        return Answer(messages=refusals.no_child(pages))
    return _for_guardians(session, house, person, command, now)


def _for_everybody(
    house: House, person: Person, command: Command, pages: Pages
) -> list[Json] | None:
    match command:
        case Command.HELP:
            is_linked = person.guardian is not None
            return help_reply.commands(pages) if is_linked else help_reply.first_commands(pages)
        case Command.HOTLINE:
            return help_reply.hotlines(house.settings, person.children)
        case Command.LANGUAGE:
            return languages.choice()
        case Command.THANKS:
            return courtesies.answered(command)
        case Command.GREETING | Command.AGREEMENT | Command.NOTED:
            is_stranger = person.guardian is None and not person.roles
            return refusals.unknown_stranger() if is_stranger else courtesies.answered(command)
        case Command.STAFF:
            return _for_staff(person)
        case Command.TOPICS:
            return settings_link.topics(pages)
        case Command.START:
            return _start(person, pages)
        case Command.NEW_PHONE:
            return account_link.new_phone(pages, is_linked=person.guardian is not None)
    return None


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
            return Answer(messages=tell_status(session, house, person, now))
        case Command.NOTICES:
            return Answer(messages=_notices(session, house, person, now))
        case Command.LOST_CARD:
            pages = Pages(house.settings.liff_id)
            return Answer(messages=settings_link.lost_card(person.children, pages))
        case Command.SETTINGS:
            pages = Pages(house.settings.liff_id)
            return Answer(messages=settings_link.settings(person.children, pages))
    return Answer(messages=refusals.unknown(None))


def _notices(session: Session, house: House, person: Person, now: datetime) -> list[Json]:
    if person.guardian is None:
        return refusals.not_linked(Pages(house.settings.liff_id))
    newest = list_announcements(session, person.guardian.id, now, archived=False, most=notices.MOST)
    return notices.newest(newest, Pages(house.settings.liff_id))
