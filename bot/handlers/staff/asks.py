"""What staff type, to whoever answers it: rights first."""

from collections.abc import Callable, Sequence

from bot.answer import Answer, Json
from bot.handlers.resting import rest_from
from bot.handlers.staff import (
    bindings,
    closures,
    gate,
    held,
    leaves,
    lists,
    lookup,
    make_ups,
    people,
    queue,
    records,
    rosters,
    sending,
)
from bot.handlers.staff.rights import require_verb
from bot.handlers.staff.samples import samples_of
from bot.handlers.turn import Turn
from bot.replies import help as help_reply
from bot.replies.pages import Pages
from bot.replies.staff import help as staff_help
from bot.replies.staff import words
from bot.staff_commands import StaffAsk, StaffVerb, allowed
from core.people.tables import Staff


def serve(turn: Turn, ask: StaffAsk) -> Answer:
    """Return the answer to what staff ask."""
    require_verb(turn, ask.verb)
    return rest_from(turn.house, ask, turn.now) or ANSWERS[ask.verb](turn, ask)


def unknown_to_staff(roles: Sequence[Staff]) -> list[Json]:
    """Return what this person may ask for."""
    return words.unknown(allowed(roles))


def _help(turn: Turn, ask: StaffAsk) -> Answer:
    samples = samples_of(turn)
    messages = staff_help.commands(allowed(turn.person.roles), samples)
    own = help_reply.commands(Pages(turn.house.settings.liff_id)) if turn.person.guardian else []
    return Answer(messages=[*own, *messages])


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
    StaffVerb.CODES: bindings.show_codes,
    StaffVerb.LOOK_UP: lookup.ask_lookup,
    StaffVerb.SEND: sending.ask_sending,
    StaffVerb.QUEUE: queue.show_queue,
    StaffVerb.ROSTER: rosters.show_how,
    StaffVerb.INVITE: people.ask_invite,
    StaffVerb.REVOKE: people.show_members,
    StaffVerb.AUDIT: records.show_records,
    StaffVerb.OPEN: bindings.ask_open,
    StaffVerb.SEAL: bindings.show_page,
    StaffVerb.UNBIND: bindings.show_page,
    StaffVerb.STATUS: gate.show_status,
    StaffVerb.HELP: _help,
}
