"""簡訊: where each child's order stands, an order by buttons, and its end."""

from uuid import UUID

from bot.answer import Answer, Json
from bot.handlers.members import require_real_name
from bot.handlers.turn import Turn, Words, refusing
from bot.replies import sms as reply
from bot.replies.sms import Room
from bot.sms_words import SmsWords, Wish, read_sms
from core.errors import AccessError
from core.languages.speech import N_, _
from core.orders.listing import Listed, orders_of_guardian, own_order
from core.orders.placing import NewOrder, place_order
from core.orders.plan_book import lock_plan, version_of
from core.orders.plans import Items
from core.orders.service import ask_cancel as ask_end
from core.orders.service import keep
from core.orders.service import withdraw as take_back
from core.orders.standing import ChildService, Obstacle, service_of
from core.orders.states import OrderState
from core.orders.words import SHARED
from core.people.bindings import BoundChild
from core.people.doors import for_guardian
from core.people.names import given_name
from core.people.tables import Guardian
from core.postback import Action, Press

REFUSALS = {
    "too_late": N_("已過這學期的訂購期限。"),
    "closed": N_("已過這學期的訂購期限。"),
    "not_offered": N_("本學期未提供簡訊服務。到校、離校用 LINE 通知，不收費。"),
    "no_phone": N_("訂購前請先驗證手機，簡訊會寄到這個號碼。"),
    "not_enrolled": N_("孩子目前不在學，請洽學校。"),
    "shared": SHARED,
}

# How an order can be ended: what is pressed, and what is asked before.
QUESTIONS = {
    OrderState.REQUESTED: (Action.SMS_WITHDRAW_SURE, reply.is_it_withdrawn),
    OrderState.ACTIVE: (Action.SMS_CANCEL_SURE, reply.is_it_over),
}


def tell_sms(turn: Turn, said: str) -> Answer:
    """Say how every child's service stands, or take up what a line asks for."""
    words = read_sms(said, turn.person.child_names)
    services = _services(turn, words.child)
    return _taken_up(turn, words, services) or Answer(messages=_standing(turn, services))


def tell_beside_boxes(turn: Turn, child: int | None, *, is_on: bool) -> Answer:
    """Answer 訂閱 and 退訂 of texts: they are ordered, and end, in their own way."""
    lead = (
        _("簡訊要先訂購，由學校審核；未到校簡訊不收費，在孩子的網頁勾選。")
        if is_on
        else _("簡訊要到「簡訊」申請註銷，並由學校審核。")
    )
    messages = _standing(turn, _services(turn, child))
    return Answer(messages=[{"type": "text", "text": lead}, *messages])


def ask_order(turn: Turn, press: Press) -> Answer:
    """Ask whether an order is right, with what it costs at most."""
    binding, items = press.detail.split("/")
    service = _service(turn, _own_child(turn, UUID(binding)))
    return _ask(turn, service, Items(items)) or Answer(messages=_standing(turn, [service]))


def order(turn: Turn, press: Press) -> Answer:
    """Put the order before the school, once; ask again where its price has changed."""
    binding, items, *seen = press.detail.split("/")
    child = _own_child(turn, UUID(binding))
    service = _service(turn, child)
    # Held, so that nobody changes it before the order is written.
    plan = service.plan and lock_plan(turn.session, service.plan.id, is_shared=True)
    if seen and plan and seen != [version_of(plan)]:
        return _ask(turn, service, Items(items)) or Answer(messages=_standing(turn, [service]))
    with refusing(_refusals(turn)):
        wish = NewOrder(
            plan_id=service.plan_to_order().id,
            student_id=child.student_id,
            items=Items(items),
            guardian_id=_guardian(turn).id,
            has_consented=True,
        )
        vault, by = turn.house.vault, turn.person.actor
        placed = place_order(turn.session, vault, wish, by=by, now=turn.now)
    said = reply.ordered(service, Items(items), placed.prepaid, turn.pages)
    return Answer(messages=said, matters=True)


def ask_withdraw(turn: Turn, press: Press) -> Answer:
    """Ask whether what the school has not looked at shall be taken back."""
    return _ask_end(turn, _own_order(turn, press), OrderState.REQUESTED)


def withdraw(turn: Turn, press: Press) -> Answer:
    """Take a request back, while the school has not looked at it."""
    listed = _own_order(turn, press)
    with refusing(_as_it_stands(listed)):
        take_back(turn.session, listed.order.id, by=turn.person.actor, now=turn.now)
    return Answer(messages=reply.withdrawn(given_name(listed.student.name)), matters=True)


def ask_cancel(turn: Turn, press: Press) -> Answer:
    """Ask whether an order shall end."""
    return _ask_end(turn, _own_order(turn, press), OrderState.ACTIVE)


def cancel(turn: Turn, press: Press) -> Answer:
    """Ask the school for the end of an order, once."""
    listed, liff_id = _own_order(turn, press), turn.liff_id
    with refusing(_as_it_stands(listed)):
        order_id, by = listed.order.id, turn.person.actor
        ask_end(turn.session, liff_id, order_id, by=by, now=turn.now, in_chat=True)
    undo = turn.seal(Action.SMS_KEEP, order_id.hex)
    return Answer(messages=reply.cancelling(given_name(listed.student.name), undo), matters=True)


def keep_order(turn: Turn, press: Press) -> Answer:
    """Take the wish to end an order back, while the school has not looked at it."""
    listed, liff_id = _own_order(turn, press), turn.liff_id
    with refusing(_as_it_stands(listed)):
        order_id, by = listed.order.id, turn.person.actor
        keep(turn.session, liff_id, order_id, by=by, now=turn.now, in_chat=True)
    return Answer(messages=reply.kept(given_name(listed.student.name)), matters=True)


def _as_it_stands(listed: Listed) -> dict[str, Words]:
    """Return the answer to a step that does not fit any more: what is so, and what can be done."""

    def say() -> list[Json]:
        # Read anew by the step that was refused.
        return reply.already(OrderState(listed.order.state))

    return {"wrong_state": say, "closed": say}


def _taken_up(turn: Turn, words: SmsWords, services: list[ChildService]) -> Answer | None:
    """Return the question a line leads to at once; None where what stands is the answer."""
    if words.wish is Wish.CANCEL:
        guardian_id = _guardian(turn).id
        chosen = {one.child.student_id for one in services}
        ending = [
            one
            for one in orders_of_guardian(turn.session, guardian_id)
            if one.student.id in chosen and one.order.state in QUESTIONS
        ]
        if len(ending) != 1:
            return None
        return _ask_end(turn, ending[0], OrderState(ending[0].order.state))
    if words.wish is Wish.ORDER and words.items is not None and len(services) == 1:
        return _ask(turn, services[0], words.items)
    return None


def _ask(turn: Turn, service: ChildService, items: Items) -> Answer | None:
    """Return the question before an order; None where none can be placed."""
    require_real_name(turn)
    if service.plan is None or service.obstacle is not None or items not in service.offers:
        return None
    detail = f"{service.child.binding_id.hex}/{items}/{version_of(service.plan)}"
    yes, no = turn.seal(Action.SMS_ORDER, detail), turn.seal(Action.BACK)
    return Answer(messages=reply.is_it_right(service, items, yes, no))


def _ask_end(turn: Turn, listed: Listed, state: OrderState) -> Answer:
    """Ask before an order of that state ends, in its way; the button may be an old one.

    Whoever is a real-name member no more may end it too: it goes on costing.
    """
    if listed.order.state != state:
        return Answer(messages=reply.already(OrderState(listed.order.state)))
    action, question = QUESTIONS[state]
    yes, no = turn.seal(action, listed.order.id.hex), turn.seal(Action.BACK)
    name, items = given_name(listed.student.name), Items(listed.order.items)
    return Answer(messages=question(name, items, yes, no))


def _standing(turn: Turn, services: list[ChildService]) -> list[Json]:
    is_none = all(one.obstacle is Obstacle.NOT_OFFERED and not one.orders for one in services)
    if is_none:
        return reply.not_offered(turn.pages)
    return reply.standing(services, Room(turn.pages, turn.seal, turn.now))


def _services(turn: Turn, place: int | None) -> list[ChildService]:
    children = turn.person.children
    chosen = children if place is None else [children[place]]
    return [_service(turn, child) for child in chosen]


def _service(turn: Turn, child: BoundChild) -> ChildService:
    return service_of(turn.session, _guardian(turn), child, turn.now)


def _refusals(turn: Turn) -> dict[str, Words]:
    def saying(sentence: str) -> Words:
        return lambda: reply.refused(_(sentence), turn.pages)

    words = {code: saying(sentence) for code, sentence in REFUSALS.items()}
    return {**words, "ordered": reply.ordered_already}


def _guardian(turn: Turn) -> Guardian:
    if turn.person.guardian is None:
        raise AccessError("no_such_child")
    return turn.person.guardian


def _own_child(turn: Turn, binding_id: UUID) -> BoundChild:
    return for_guardian(turn.session, _guardian(turn).id).child(binding_id)


def _own_order(turn: Turn, press: Press) -> Listed:
    return own_order(turn.session, UUID(press.detail), _guardian(turn).id)
