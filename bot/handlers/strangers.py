"""A line that names a child who is not bound: asked back, so that it never becomes another's."""

from bot import conversations
from bot.answer import Answer
from bot.child_words import ABOUT_CHILD, ONLY_SHOWN, stranger_in
from bot.commands import Command, match
from bot.handlers.person import Person
from bot.handlers.turn import Turn
from bot.leave_words import folded
from bot.replies import strangers as reply
from core.languages.speech import _

# Longer lines are not typed again as they were.
LONGEST_LINE = 100


def named_by(person: Person, command: Command | None, said: str, *, is_answer: bool) -> str:
    """Return the name a line gives that none of the person's children has, or "".

    `is_answer`: it goes on with what was begun, and may hold any words.
    """
    if command not in ABOUT_CHILD or not person.children:
        return ""
    is_doubtful = is_answer or command in ONLY_SHOWN
    return stranger_in(said, person.child_names, is_only_shown=is_doubtful)


def ask_whom(turn: Turn, command: Command, said: str, name: str) -> Answer:
    """Say that the name is not bound, and ask who is meant; what was begun before is over."""
    children = turn.person.children
    conversations.end(turn.session, turn.person.line_user_id)
    lines = [_line(command, said, name, one.given_name) for one in children]
    return Answer(messages=reply.not_bound(name, command, children, lines))


def _line(command: Command, said: str, name: str, child: str) -> str:
    """Return what would have been typed for the child."""
    line = folded(said)
    if line.replace(name, "").strip() == _(command.value):
        return f"{_(command.value)} {child}"
    line = line if match(line).command is command else f"{_(command.value)} {line}"
    if name not in line or len(line) > LONGEST_LINE:
        return f"{_(command.value)} {child}"
    return line.replace(name, f" {child} ").replace("  ", " ").strip()
