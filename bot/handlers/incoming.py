"""One event in, one answer out.

A text is looked at first, reading only: whose is it, and what does it ask. What may be written is
then done in one transaction, in which the person's rights are looked up anew.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from sqlalchemy.exc import SQLAlchemyError

from bot import child_words
from bot.answer import Answer
from bot.commands import ACTS, POLITE, WHEN, Command, Match, match
from bot.conversations import Begun
from bot.dangers import is_desperate, is_in_danger
from bot.day_words import plain, read_days
from bot.events import Happening, Incoming
from bot.handlers import answers, make_up, sms, strangers, tasks
from bot.handlers.account_link import finish_link
from bot.handlers.boxes import ask_boxes
from bot.handlers.commands import obey
from bot.handlers.cut_back import with_cut
from bot.handlers.enrolment import enrol, read_code
from bot.handlers.friendship import befriend
from bot.handlers.languages import LANGUAGES, change_language
from bot.handlers.leave import ask_drop, ask_leave
from bot.handlers.person import Person, find_person, named_child
from bot.handlers.presses import press_button
from bot.handlers.records import tell_what_is_known
from bot.handlers.resting import rest_from
from bot.handlers.staff.asks import serve, unknown_to_staff
from bot.handlers.staff.rosters import hear_file
from bot.handlers.staff.typed import staff_ask
from bot.handlers.turn import Refused, Turn
from bot.handlers.unsend import forget_unsent
from bot.of_child import of_child
from bot.relays import is_for_school
from bot.replies import questions, refusals
from bot.replies.lines import closing_rows
from bot.replies.pages import Pages
from bot.replies.speech import say
from bot.secret_words import holds_identity
from bot.sentences import asks_for_leave, fold, is_question
from bot.staff_commands import StaffAsk, begins_allowed, read_staff
from bot.worries import is_worried
from core.clock import school_day_of
from core.db import snapshot, transaction
from core.guide.question import Question
from core.guide.search import is_topic, search, titled
from core.house import House
from core.languages.language import SOURCE, language_of
from core.languages.speech import _, speaking, spoken
from core.people.languages import language_of_line_user

logger = logging.getLogger(__name__)

# None where the text was not understood.
Act = Callable[[Turn], Answer | None]
TYPED = {
    Command.LEAVE: ask_leave,
    Command.LEAVE_CANCEL: ask_drop,
    Command.MAKE_UP: make_up.ask,
    Command.ASK_SCHOOL: answers.ask,
    Command.SMS: sms.tell_sms,
}
BOXES = {Command.SUBSCRIBE: True, Command.UNSUBSCRIBE: False}
# Shorter texts hold too little to look for, unless people look for the word.
SHORTEST_QUESTION = 4


@dataclass(frozen=True, slots=True)
class Meant:
    """What a text asks for: what is to be done, of the school or not; all None where unknown."""

    act: Act | None = None
    ask: StaffAsk | None = None
    command: Command | None = None


def handle(house: House, incoming: Incoming) -> Answer:
    """Return the answer to an event."""
    if incoming.happening is Happening.UNSEND and incoming.room is not None:
        return Answer()
    if incoming.room is not None:
        return Answer(messages=[say(_(refusals.GROUP))], leaves_room=True)
    user = incoming.line_user_id
    if user is None:
        return Answer()
    with snapshot(house.engine) as session:
        language = language_of_line_user(session, user) or language_of(incoming.language) or SOURCE
    now = house.clock.now()
    with speaking(language):
        answer = _answer(house, incoming, user, now)
        try:
            return with_cut(house, user, answer, now)
        except SQLAlchemyError as error:
            # What was asked for is done; to fail now would have it done again.
            extra = {"action": "cut_back", "error_type": type(error).__name__}
            logger.warning("not told that pushes are cut back", extra=extra)
            return answer


def _answer(house: House, incoming: Incoming, user: str, now: datetime) -> Answer:
    match incoming.happening:
        case Happening.FOLLOW | Happening.UNFOLLOW:
            return befriend(house, incoming, user, now)
        case Happening.TEXT:
            return _hear(house, incoming, user, now)
        case Happening.POSTBACK:
            return press_button(house, incoming, user, now)
        case Happening.ACCOUNT_LINK:
            return finish_link(house, user, incoming.content, now)
        case Happening.FILE:
            return hear_file(house, incoming, user, now)
        case Happening.UNSEND:
            return forget_unsent(house, incoming, user)
        case Happening.OTHER_MESSAGE:
            return Answer(messages=refusals.other_message(incoming.content))
    return Answer()


def _hear(house: House, incoming: Incoming, user: str, now: datetime) -> Answer:
    said = incoming.content
    if holds_identity(said):
        return Answer(messages=refusals.no_identity(Pages(house.settings.liff_id)), matters=True)
    found = match(said)
    if found.command is None and (code := read_code(said)) is not None:
        return enrol(house, incoming, user, code, now)
    with snapshot(house.engine) as session:
        person = find_person(session, user)
        begun = tasks.find_begun(session, person, now)
        if _cries_for_help(person, begun, said):
            told = tell_what_is_known(session, house, person, now, is_desperate=is_desperate(said))
            return Answer(messages=told, matters=True)
        found = _understood(person, found, said)
        if begun is None and incoming.is_retry and tasks.says_yes(said):
            found = Match(Command.SEND)
        meant = _meant(person, begun, found, said, now)
        if meant.act is None and meant.command is not None:
            asked = _asked_about(person, meant.command, said)
            answer = obey(session, house, asked, meant.command, now)
        else:
            answer = _unknown(house, person, found, said)
    command = meant.command
    if meant.act is not None:
        # Of the school's words only those rest that would be obeyed at another hour.
        rest = None if meant.ask else rest_from(house, command, now)
        done = rest or _do(house, incoming, user, meant.act, now)
        # What says nothing of the open task is one of the rest: looked for in the guide.
        answer, command = (done, command) if done is not None else (answer, None)
    # Whoever has just chosen a language reads all of the answer in it.
    with speaking(LANGUAGES.get(command, spoken()) if command else spoken()):
        return tasks.offered_again(house, user, begun, command, answer)


def _cries_for_help(person: Person, begun: Begun | None, said: str) -> bool:
    if person.roles and read_staff(said):
        return False
    # 跌倒受傷 is a reason where one is asked for; staff know whom to call.
    is_asked = (begun is not None and not begun.is_over) or person.is_only_staff
    is_danger = not is_asked and is_in_danger(said)
    return is_danger or is_worried(said, person.child_names) or is_desperate(said)


def _understood(person: Person, found: Match, said: str) -> Match:
    """Return what a text means once the child it names is taken out, where that says more."""
    is_told = found.command is not None and found.command not in POLITE
    if is_told or person.is_only_staff or titled(said) is not None:
        return found
    of_one = of_child(said, person.child_names)
    return found if of_one == Match() else of_one


def _asked_about(person: Person, command: Command, said: str) -> Person:
    """Return the person with the one child whose day is asked for, if one is named."""
    child = named_child(person, said) if command is Command.TODAY else None
    return replace(person, children=[child]) if child is not None else person


def _meant(person: Person, begun: Begun | None, found: Match, said: str, now: datetime) -> Meant:
    """Return what a text asks for, as far as that can be told by reading only."""
    command = found.command or _leave_in_a_sentence(said, now)
    if command is None and titled(said) is not None:
        return Meant()
    # 今天 8:20 is a class to staff, and the answer to a question to everybody else.
    is_asked = begun is not None and not begun.is_over and not person.roles
    ask = None if is_asked else staff_ask(person, command, said)
    if ask is None and command is Command.STAFF and begins_allowed(said, person.roles):
        return Meant()
    act = _act_of(person, ask, command, said)
    goes_on = ask is None and begun is not None and tasks.goes_on(person, begun, command, said, now)
    if goes_on and begun is not None:
        is_named = command is begun.task
        act = partial(tasks.go_on, begun=begun, said=said, is_named=is_named)
        command = begun.task
    name = "" if ask else strangers.named_by(person, command, said, is_answer=goes_on)
    if command is not None and name:
        act = partial(strangers.ask_whom, command=command, said=said, name=name)
    return Meant(act, ask, command)


def _act_of(person: Person, ask: StaffAsk | None, command: Command | None, said: str) -> Act | None:
    if ask is not None:
        return partial(_serve, ask=ask)
    if command in tasks.ABOUT_TASK:
        return partial(tasks.ABOUT_TASK[command])
    if command in BOXES and person.children:
        return partial(ask_boxes, said=said, is_on=BOXES[command])
    if command in LANGUAGES:
        return partial(change_language, language=LANGUAGES[command])
    if command in TYPED and person.children:
        return partial(TYPED[command], said=said)
    return None


def _serve(turn: Turn, ask: StaffAsk) -> Answer:
    # Staff are answered in the words of the school's own papers.
    with speaking(SOURCE):
        return serve(turn, ask=ask)


def _do(house: House, incoming: Incoming, user: str, act: Act, now: datetime) -> Answer | None:
    with transaction(house.engine) as session:
        person = find_person(session, user)
        turn = Turn(session=session, house=house, person=person, incoming=incoming, now=now)
        try:
            return act(turn)
        except Refused as refusal:
            # A typed line writes nothing but who looked at whom, and that stays.
            # Whose last role ended elsewhere may still see its menu.
            return replace(refusal.answer, menu=person.menu if person.was_staff else None)


def _unknown(house: House, person: Person, found: Match, said: str) -> Answer:
    if person.is_only_staff or found.command is Command.STAFF:
        with speaking(SOURCE):
            return Answer(messages=unknown_to_staff(person.roles))
    nearest = found.nearest
    guided = _questions(nearest, said)
    if guided:
        calls = closing_rows(guided[0].lines, house.settings, person.children)
        return Answer(messages=questions.answered(guided, Pages(house.settings.liff_id), calls))
    if (nearest is None or nearest in WHEN) and not person.roles and is_for_school(said):
        return Answer(messages=refusals.not_for_school())
    if nearest is None and person.guardian is None:
        return Answer(messages=refusals.unknown_stranger())
    child = named_child(person, said) if nearest in child_words.ABOUT_CHILD else None
    return Answer(messages=refusals.unknown(nearest, child.given_name if child else ""))


def _questions(nearest: Command | None, said: str) -> Sequence[Question]:
    """Return what the guide says of a text; a title that was typed or pressed comes first."""
    exact = titled(said)
    # Whoever asks about what acts wants to know, and not yet to do it.
    is_asked = nearest in ACTS and is_question(said)
    is_meant = exact is not None or is_asked or is_topic(fold(said))
    if not is_meant and (len(said) < SHORTEST_QUESTION or nearest is not None):
        return ()
    found = search(said, questions.OFFERED).questions
    first = [exact] if exact is not None else []
    return [one for one in (*first, *(one for one in found if one != exact)) if questions.told(one)]


def _leave_in_a_sentence(said: str, now: datetime) -> Command | None:
    days = read_days(plain(said), school_day_of(now))
    return Command.LEAVE if (days.first or days.is_unclear) and asks_for_leave(said) else None
