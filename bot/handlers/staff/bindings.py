"""綁定 in the chat: codes for a class, answers, opening a child; the rest is on staff pages."""

from collections.abc import Mapping
from uuid import UUID

from bot.answer import Answer, Json
from bot.handlers.staff.queue import next_of
from bot.handlers.staff.rights import (
    actor_of,
    door_of,
    find_child,
    own_actors,
    require_child,
    require_runner,
)
from bot.handlers.staff.samples import samples_of
from bot.handlers.turn import Refused, Turn, Words, refusing
from bot.replies.staff import bindings as reply
from bot.replies.staff import words
from bot.staff_commands import StaffAsk
from core.binding.closed import is_closed, open_child
from core.binding.codes import class_to_invite
from core.binding.requests import (
    approve,
    decline,
    own_answer,
    school_of_request,
)
from core.notices.answers import tell_approved, tell_declined
from core.people.tables import Staff, Student
from core.postback import Action, Press


def show_codes(turn: Turn, ask: StaffAsk) -> Answer:
    """Return the way to the page that makes a class's codes."""
    if not ask.words:
        return Answer(messages=words.usage("製作一班的綁定單，", ask.verb, samples_of(turn)))
    for code, homeroom, _ in door_of(turn).classes_named(ask.words):
        children = class_to_invite(turn.session, code, homeroom)
        if children:
            page = turn.pages.staff("codes", school=code, homeroom=homeroom)
            return Answer(messages=reply.codes(homeroom, len(children), page))
    raise Refused(words.plainly(words.NO_CLASS))


def approve_request(turn: Turn, press: Press) -> Answer:
    """Bind the guardian who waits; the first answer counts."""
    request_id, role = _asked(turn, press)
    with refusing(_refusals(turn, request_id)):
        asked, binding_id = approve(
            turn.session, turn.house.vault, request_id, by=actor_of(role), now=turn.now
        )
    tell_approved(turn.session, turn.house.settings, asked, binding_id, turn.now)
    return Answer(messages=[*reply.approved(), *next_of(turn)], matters=True)


def decline_request(turn: Turn, press: Press) -> Answer:
    """Send the guardian who waits away."""
    request_id, role = _asked(turn, press)
    with refusing(_refusals(turn, request_id)):
        asked = decline(turn.session, request_id, by=actor_of(role), now=turn.now)
    tell_declined(turn.session, asked, turn.now)
    return Answer(messages=[*reply.declined(), *next_of(turn)], matters=True)


def ask_open(turn: Turn, ask: StaffAsk) -> Answer:
    """Ask back before a closed child can be tried again."""
    student, _, _ = find_child(turn, ask)
    require_runner(turn, student.school_code)
    if not is_closed(turn.session, turn.house.vault, student, turn.now):
        return Answer(messages=reply.not_closed(student))
    sure = turn.seal(Action.CHILD_OPEN, str(student.id))
    return Answer(messages=reply.ask_open(student, sure, turn.seal(Action.BACK)))


def open_for_tries(turn: Turn, press: Press) -> Answer:
    """Let the child be tried ten times more today."""
    student, _ = require_child(turn, UUID(press.detail))
    by = actor_of(require_runner(turn, student.school_code))
    open_child(turn.session, turn.house.vault, student, by=by, now=turn.now)
    return Answer(messages=reply.opened(), matters=True)


def show_page(turn: Turn, ask: StaffAsk) -> Answer:
    """Return the way to the page on which a child is sealed or a binding ends."""
    student, role = _any_child(turn, ask)
    page = turn.pages.staff(f"children/{student.id}", school=role.school_code or "")
    return Answer(messages=reply.page(ask.verb, student, page))


def _any_child(turn: Turn, ask: StaffAsk) -> tuple[Student, Staff]:
    """Return the child, sealed ones too, and the role that runs its school."""
    student, _, _ = find_child(turn, ask, with_sealed=True)
    return student, require_runner(turn, student.school_code)


def _asked(turn: Turn, press: Press) -> tuple[UUID, Staff]:
    request_id = UUID(press.detail)
    return request_id, require_runner(turn, school_of_request(turn.session, request_id))


def _refusals(turn: Turn, request_id: UUID) -> Mapping[str, Words]:
    def answered() -> list[Json]:
        own = own_answer(turn.session, request_id, own_actors(turn))
        return words.answered(reply.GIVEN.get(own))

    return {**reply.REFUSALS, "answered": answered}
