"""Whether a typed text is for the school, when parents know many of its words too. Pure."""

from bot.commands import Command
from bot.handlers.person import Person
from bot.sending_words import read_sending
from bot.sentences import is_question
from bot.staff_commands import (
    ABOUT_CHILD,
    NOTICES_WORD,
    PLAINLY_STAFF,
    STAFF_ONLY,
    WHO_IS,
    StaffAsk,
    StaffVerb,
    names_number,
    names_seat,
    read_staff,
)

# Parents know these words too; who is both gets both answers, or the parent's.
SHARED = frozenset({StaffVerb.HELP, StaffVerb.STATUS})
# What parents ask for in words that staff use as well.
OF_STAFF = {
    Command.HELP: StaffVerb.HELP,
    Command.STATUS: StaffVerb.STATUS,
    Command.TODAY: StaffVerb.TODAY,
    Command.LEAVE: StaffVerb.LEAVE,
    Command.LEAVE_CANCEL: StaffVerb.LEAVE_DROP,
    Command.MAKE_UP: StaffVerb.MAKE_UP,
}


def staff_ask(person: Person, command: Command | None, said: str) -> StaffAsk | None:
    """Return what the text asks of the school, when it is no parent's question."""
    ask = read_staff(said)
    if ask is None:
        return _in_parents_words(person, command)
    if ask.typed in PLAINLY_STAFF or (ask.verb in ABOUT_CHILD and names_number(ask)):
        return ask
    if ask.verb in ABOUT_CHILD and person.roles and names_seat(ask):
        return ask
    if _parents_say(ask, said) and not person.roles and not person.was_staff:
        return None
    if ask.typed in WHO_IS and not person.roles:
        return None
    if ask.typed == NOTICES_WORD and not _sends(person, said):
        return None
    if ask.verb in STAFF_ONLY or (ask.verb in (StaffVerb.TODAY, StaffVerb.CODES) and ask.words):
        return ask
    if ask.verb in SHARED:
        return ask if person.roles else None
    return ask if person.is_only_staff else None


def _in_parents_words(person: Person, command: Command | None) -> StaffAsk | None:
    """Return what whoever is staff alone asks in other words: 怎麼用, 小明今天請假."""
    verb = OF_STAFF.get(command) if command and person.is_only_staff else None
    return StaffAsk(verb) if verb else None


def _parents_say(ask: StaffAsk, said: str) -> bool:
    """Tell whether who never was staff means another thing: to leave off, or if there is school."""
    is_asking = ask.verb is StaffVerb.CLOSE and is_question(said)
    return is_asking or ask.verb is StaffVerb.CANCEL


def _sends(person: Person, said: str) -> bool:
    """Tell whether somebody who types 公告 has something to say, rather than to read."""
    is_only_staff = person.is_only_staff
    return bool(person.roles) and (is_only_staff or read_sending(said).names_audience)
