"""A task of several questions: gone on with by whatever is typed, offered again, or given up."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from sqlmodel import Session

from bot import conversations
from bot.answer import Answer, Json
from bot.commands import Command, is_bare, names_command
from bot.conversations import Begun
from bot.handlers import leave, make_up
from bot.handlers.members import require_real_name
from bot.handlers.person import Person
from bot.handlers.turn import Turn
from bot.leave_words import read_leave
from bot.make_up_words import read_make_up
from bot.question_words import asks_elsewhere
from bot.replies import tasks as reply
from bot.sentences import fold, is_question
from core.clock import school_day_of
from core.db import transaction
from core.house import House

Ask = Callable[[Turn, str], Answer]
GoOn = Callable[[Turn, str, str], Answer | None]
SendTyped = Callable[[Turn, str], Answer | None]
TASKS: dict[Command, tuple[Ask, GoOn, SendTyped]] = {
    Command.LEAVE: (leave.ask_leave, leave.go_on_leave, leave.send_typed),
    Command.MAKE_UP: (make_up.ask, make_up.go_on_make_up, make_up.send_typed),
}
# Words that answer a question and are commands where none is open.
ELSEWHERE = frozenset({Command.TODAY, Command.WEEK, Command.LOST_CARD, Command.WHY})
# 昨天 may answer, 昨天的紀錄 asks.
RECORD = "紀錄"
# 好感謝老師 is no yes.
THANKS_BEHIND = re.compile("(?<=.)[,。!]?(?:謝謝|(?<!好)感謝)(?:您|你|老師)?$")
# What people type instead of pressing 送出.
YES = frozenset({"確定", "確認", "好", "好的", "是", "是的", "對", "可以", "ok", "yes"})


def find_begun(session: Session, person: Person, now: datetime) -> Begun | None:
    """Return what is begun, as far as this person can go on with it.

    Whoever was unlinked elsewhere, or lost the last child, has nothing to go on with. An only child
    need not be named, but what was begun names the one it is for: it never becomes another's.
    """
    begun = conversations.find(session, person.line_user_id, now) if person.children else None
    if begun is None or len(person.children) > 1:
        return begun
    return begun if f" {person.children[0].given_name} " in f"{begun.words} " else None


def goes_on(
    person: Person, begun: Begun, command: Command | None, said: str, now: datetime
) -> bool:
    """Tell whether a text is meant for the question that is open.

    Some answers are commands elsewhere: 今天下午 for the day, 發燒 for the reason. The bare 今天 of
    the menu always shows today.
    """
    if begun.is_over or begun.task not in TASKS or not person.children:
        return False
    if asks_elsewhere(said, begun.task, person.child_names):
        return False
    if command is None or says_yes(said):
        return True
    if command is begun.task:
        return not names_command(said)
    return command in ELSEWHERE and RECORD not in said and _fills(person, begun, said, now)


def _fills(person: Person, begun: Begun, said: str, now: datetime) -> bool:
    """Tell whether a text says what the open question asks for."""
    names, today = person.child_names, school_day_of(now)
    if begun.task is Command.LEAVE:
        leave_now, leave_more = (read_leave(one, names, today) for one in (begun.words, said))
        is_open = leave_now.first is None or leave_more.part is not None
        return is_open and leave_more.first is not None and not is_bare(said)
    known, more = (read_make_up(one, names, today) for one in (begun.words, said))
    if more.day is not None and more.day < today:
        return True
    if known.direction is None or more.clock is not None:
        return more.direction is not None or more.clock is not None
    return known.clock is not None and known.reason is None and more.reason is not None


def go_on(turn: Turn, begun: Begun, said: str, *, is_named: bool) -> Answer | None:
    """Go on with what is begun; None where the text says nothing of it.

    `is_named`: it names the task, and is asked again where it says no more: 小明請假.
    """
    if says_yes(said):
        # What was asked last is whether to go on: nothing is sent before it is seen again.
        return continue_task(turn) if begun.was_offered else send_task(turn)
    more = TASKS[begun.task][1](turn, begun.words, said)
    return continue_task(turn) if more is None and is_named else more


def says_yes(said: str) -> bool:
    """Tell whether a text is a yes; 確定嗎 wants to know something first."""
    return THANKS_BEHIND.sub("", fold(said)) in YES and not is_question(said)


def send_task(turn: Turn) -> Answer:
    """Send what is begun, or ask what is still open."""
    begun = _open(turn)
    if begun is None:
        return _sent_before(turn) or Answer(messages=reply.nothing_begun())
    require_real_name(turn)
    ask, _say_more, send = TASKS[begun.task]
    return send(turn, begun.words) or ask(turn, begun.words)


def continue_task(turn: Turn) -> Answer:
    """Ask again what was asked last."""
    begun = _open(turn)
    if begun is None:
        return Answer(messages=reply.nothing_begun())
    return TASKS[begun.task][0](turn, begun.words)


def drop_task(turn: Turn) -> Answer:
    """Give up what was begun."""
    begun = conversations.find(turn.session, turn.person.line_user_id, turn.now)
    conversations.end(turn.session, turn.person.line_user_id)
    if begun is None:
        return Answer(messages=reply.nothing_begun())
    return Answer(messages=reply.given_up(begun.task, "今天", "說明"))


ABOUT_TASK: dict[Command | None, Callable[[Turn], Answer]] = {
    Command.CONTINUE: continue_task,
    Command.DROP: drop_task,
    Command.SEND: send_task,
}


def _sent_before(turn: Turn) -> Answer | None:
    # What the word sent is begun no more when the event is handed out again.
    if not (turn.incoming.is_retry and turn.person.children):
        return None
    return leave.say_again(turn) or make_up.say_again(turn)


def _open(turn: Turn) -> Begun | None:
    begun = find_begun(turn.session, turn.person, turn.now)
    is_open = begun is not None and not begun.is_over and begun.task in TASKS
    return begun if is_open else None


def offered_again(
    house: House, user: str, begun: Begun | None, command: Command | None, answer: Answer
) -> Answer:
    """Return the answer with what was begun before it, where this was about something else.

    A push between the question and the answer takes the buttons away; here they come back. Once
    for each time it was left, and never below another question.
    """
    if begun is None or command in ABOUT_TASK or not answer.messages:
        return answer
    if begun.is_over:
        with transaction(house.engine) as session:
            conversations.end(session, user)
        return _with(answer, reply.with_end(answer.messages, begun.task))
    if begun.was_offered or command is begun.task or reply.asks(answer.messages):
        return answer
    now = house.clock.now()
    with transaction(house.engine) as session:
        # What was asked anew took its place, what was sent is over.
        if conversations.find(session, user, now) != begun:
            return answer
        conversations.note_offer(session, user, now)
    return _with(answer, reply.with_offer(answer.messages, begun.task))


def _with(answer: Answer, messages: list[Json]) -> Answer:
    return replace(answer, messages=messages)
