"""What staff type, to whoever answers it: rights first."""

from collections.abc import Callable, Sequence

from bot.answer import Answer, Json
from bot.handlers.staff import closures, gate, held, leaves, lists, make_ups
from bot.handlers.staff.rights import require_verb
from bot.handlers.turn import Turn
from bot.replies import help as help_reply
from bot.replies.staff import help as staff_help
from bot.replies.staff import words
from bot.staff_commands import StaffAsk, StaffVerb, allowed
from core.people.tables import Staff


def serve(turn: Turn, ask: StaffAsk) -> Answer:
    """Return the answer to what staff ask."""
    require_verb(turn, ask.verb)
    return ANSWERS[ask.verb](turn, ask)


def unknown_to_staff(roles: Sequence[Staff]) -> list[Json]:
    """Return what this person may ask for."""
    return words.unknown(allowed(roles))


def _help(turn: Turn, ask: StaffAsk) -> Answer:
    messages = staff_help.commands(allowed(turn.person.roles))
    return Answer(messages=[*(help_reply.commands() if turn.person.guardian else []), *messages])


ANSWERS: dict[StaffVerb, Callable[[Turn, StaffAsk], Answer]] = {
    StaffVerb.TODAY: lists.show_class,
    StaffVerb.MISSING: lists.show_missing,
    StaffVerb.MAKE_UP: make_ups.ask_make_up,
    StaffVerb.MAKE_UP_UNDO: make_ups.find_make_up,
    StaffVerb.LEAVE: leaves.ask_leave,
    StaffVerb.LEAVE_DROP: leaves.find_leave,
    StaffVerb.RELEASE: held.show_held,
    StaffVerb.CANCEL: held.show_held,
    StaffVerb.CLOSE: closures.ask_closure,
    StaffVerb.REOPEN: closures.show_closed,
    StaffVerb.READERS: gate.show_readers,
    StaffVerb.REPORT: gate.show_report,
    StaffVerb.STATUS: gate.show_status,
    StaffVerb.HELP: _help,
}
