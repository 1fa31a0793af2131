"""Answers to SMS orders in the chat: approved, given back with a reason, or looked at later."""

from collections.abc import Callable, Mapping
from functools import partial
from uuid import UUID

from bot.answer import Answer, Json
from bot.handlers.staff.order_cards import first_of, waiting, what_of
from bot.handlers.staff.queue import next_of
from bot.handlers.staff.rights import actor_of, door_of, own_actors, require_runner
from bot.handlers.turn import Refused, Turn, Words, refusing
from bot.replies.staff import orders as reply
from bot.replies.staff import words
from core.errors import AccessError
from core.orders import service
from core.orders.ledger import own_last_step
from core.orders.listing import Listed, order_of_staff
from core.orders.states import OrderState
from core.orders.tables import SmsOrder
from core.people.tables import Staff
from core.postback import Action, Press


def approve_order(turn: Turn, press: Press) -> Answer:
    """Let it count from tomorrow; the first answer counts. Unpaid, it is asked back once."""
    detail, _, is_sure = press.detail.partition("/")
    asked, _ = _asked(turn, detail)
    if asked.order.state == OrderState.REQUESTED and asked.is_unpaid and not is_sure:
        yes = turn.seal(Action.SMS_REVIEW_APPROVE, f"{detail}/sure")
        return Answer(messages=reply.still_unpaid(asked.student, yes, turn.seal(Action.BACK)))
    one, order = _taken(turn, detail, service.approve)
    return _answer(turn, reply.approved(one.student, order.effective_from or turn.now, turn.now))


def approve_cancellation(turn: Turn, press: Press) -> Answer:
    """Let it end tomorrow; the first answer counts."""
    one, order = _taken(turn, press.detail, service.approve_cancel)
    ends = order.cancel_effective_from or turn.now
    return _answer(turn, reply.cancelled(one.student, ends, turn.now))


def ask_why(turn: Turn, press: Press) -> Answer:
    """Ask for the reason the guardian will read."""
    one, _ = _asked(turn, press.detail)
    detail = one.order.id.hex
    data = {key: turn.seal(Action.SMS_REVIEW_WHY, f"{detail}/{key}") for key in reply.REASONS}
    return Answer(messages=reply.why(one.student, what_of(one), data, turn.seal(Action.BACK)))


def return_order(turn: Turn, press: Press) -> Answer:
    """Give it back, with the reason; the first answer counts."""
    detail, key = press.detail.split("/")
    step = partial(service.return_order, reason=reply.REASONS.get(key, ""))
    one, _ = _taken(turn, detail, step)
    return _answer(turn, reply.returned(one.student, is_told=one.order.guardian_id is not None))


def show_next(turn: Turn, press: Press) -> Answer:
    """Show the one after this, which stays as it is."""
    found = first_of(turn, waiting(turn), UUID(press.detail))
    return Answer(messages=found or reply.nothing())


def _taken(turn: Turn, detail: str, step: Callable[..., SmsOrder]) -> tuple[Listed, SmsOrder]:
    """Take a step of the order for the role that runs its school."""
    one, role = _asked(turn, detail)
    with refusing(_refusals(turn, one.order.id)):
        order = step(turn.session, turn.liff_id, one.order.id, by=actor_of(role), now=turn.now)
    return one, order


def _answer(turn: Turn, said: list[Json]) -> Answer:
    """Say what was done, and show the next that waits."""
    return Answer(messages=[*said, *next_of(turn, of_orders=True)], matters=True)


def _asked(turn: Turn, detail: str) -> tuple[Listed, Staff]:
    """Return the order and the role that runs its school."""
    try:
        one, _ = order_of_staff(door_of(turn), UUID(detail))
    except AccessError:
        raise Refused(words.plainly(words.NOT_FOUND)) from None
    return one, require_runner(turn, one.order.school_code)


def _refusals(turn: Turn, order_id: UUID) -> Mapping[str, Words]:
    def answered() -> list[Json]:
        step = own_last_step(turn.session, order_id, own_actors(turn))
        return words.answered(reply.GIVEN.get(step), "審核")

    return {**reply.REFUSALS, "wrong_state": answered}
