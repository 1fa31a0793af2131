"""審核: what waits for this person's answer, longest first, and the answers to make-up requests."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from bot.answer import Answer, Json
from bot.handlers.staff import order_cards
from bot.handlers.staff.closures import count_asked
from bot.handlers.staff.rights import (
    actor_of,
    door_of,
    note_children,
    own_actors,
    schools_run,
)
from bot.handlers.turn import Refused, Turn, Words, refusing
from bot.replies.staff import orders as order_reply
from bot.replies.staff import queue as reply
from bot.replies.staff import words
from bot.replies.staff.queue import AskedTap, WaitingGuardian
from bot.staff_commands import StaffAsk
from core.binding.requests import asking_guardian
from core.binding.requests import open_requests as open_bindings
from core.binding.tables import BindingRequest
from core.errors import AccessError
from core.gate.make_up_requests import (
    WORDS,
    approve_request,
    refuse_request,
    request_of_staff,
)
from core.gate.make_up_review import Listed, open_requests, own_answer
from core.gate.tables import MakeUpRequest
from core.kinds import Direction, MakeUpReason, MakeUpRefusal
from core.notices.record_words import record_words
from core.orders.listing import Filters, count_orders
from core.orders.listing import Listed as Ordered
from core.orders.states import ENDS, OrderState
from core.people.guardians import guardian_name
from core.people.tables import Staff, StaffRole, Student
from core.postback import Action, Press

# More than anybody answers on one screen; the pages have them all.
MOST = 10
OPEN = frozenset(OrderState) - ENDS
# After an answer so many are offered next: one at a time.
NEXT = 1


def show_queue(turn: Turn, ask: StaffAsk) -> Answer:
    """Return what waits, each with its answers; SMS orders one at a time."""
    if not _sees_classes(turn):
        return Answer(messages=_unpaid(turn))
    messages = _only(turn, ask.words.removesuffix("申請")) if ask.words else _everything(turn)
    return Answer(messages=messages)


def next_of(turn: Turn, *, of_orders: bool = False) -> list[Json]:
    """Return the one that waits longest now, or that nothing does; orders first if wanted."""
    orders = order_cards.first_of(turn, order_cards.waiting(turn))
    if orders and of_orders:
        return orders
    bindings, make_ups = _bindings(turn), _make_ups(turn)
    if bindings or make_ups:
        return _cards(turn, bindings[:NEXT], [] if bindings else make_ups[:NEXT])
    return orders or reply.nothing()


def enter_asked(turn: Turn, press: Press) -> Answer:
    """Enter what a guardian asked for; the first answer counts."""
    row, student, role = _asked(turn, press.detail)
    with refusing(_refusals(turn, row)):
        approve_request(turn.session, turn.liff_id, row.id, by=actor_of(role), now=turn.now)
    said = reply.entered(student, _what(row))
    return Answer(messages=[*said, *next_of(turn)], matters=True)


def ask_why_not(turn: Turn, press: Press) -> Answer:
    """Ask for the reason the guardian will read."""
    row, student, _ = _asked(turn, press.detail)
    data = {why: turn.seal(Action.ASKED_WHY, f"{row.id.hex}/{why}") for why in MakeUpRefusal}
    return Answer(messages=reply.why_not(student, _what(row), data, turn.seal(Action.BACK)))


def refuse_asked(turn: Turn, press: Press) -> Answer:
    """Say no, with the reason; the first answer counts."""
    detail, why = press.detail.split("/")
    row, student, role = _asked(turn, detail)
    with refusing(_refusals(turn, row)):
        refuse_request(
            turn.session,
            turn.liff_id,
            row.id,
            MakeUpRefusal(why),
            by=actor_of(role),
            now=turn.now,
        )
    said = reply.refused(student, _what(row))
    return Answer(messages=[*said, *next_of(turn)], matters=True)


def _everything(turn: Turn) -> list[Json]:
    orders, closed = order_cards.waiting(turn), count_asked(turn)
    bindings, make_ups = _bindings(turn), _make_ups(turn)
    if not bindings and not make_ups and not orders:
        return reply.only_closures(closed) if closed else reply.nothing()
    counts = [*_counts(turn, orders, bindings, make_ups), *reply.closures_asked(closed)]
    cards = _cards(turn, bindings[:MOST], make_ups[:MOST]) if bindings or make_ups else []
    return reply.with_counts(counts, [*order_cards.first_of(turn, orders), *cards])


def _only(turn: Turn, kind: str) -> list[Json]:
    """Return what waits of one kind, by its word in the list of counts."""
    if kind == "停課":
        closed = count_asked(turn)
        return reply.only_closures(closed) if closed else reply.none_of(kind)
    if kind in ("簡訊", "註銷"):
        orders = order_cards.waiting(turn)
        first = order_cards.first_of(turn, orders)
        counts = order_cards.counts_of(turn, orders)
        return reply.with_counts(counts, first) if first else order_reply.nothing()
    bindings = _bindings(turn) if kind == "綁定" else []
    make_ups = _make_ups(turn) if kind == "補登" else []
    if not bindings and not make_ups:
        return reply.none_of(kind)
    cards = _cards(turn, bindings[:MOST], make_ups[:MOST])
    return reply.with_counts(_counts(turn, [], bindings, make_ups), cards)


def _bindings(turn: Turn) -> list[tuple[BindingRequest, Student]]:
    return open_bindings(turn.session, schools_run(turn))


def _make_ups(turn: Turn) -> list[Listed]:
    door = door_of(turn)
    waiting = [one for code in door.schools for one in open_requests(turn.session, code)]
    theirs = [
        one for one in waiting if door.role_for_class(one.student.school_code, one.student.homeroom)
    ]
    return sorted(theirs, key=lambda one: one.request.asked_at)


def _sees_classes(turn: Turn) -> bool:
    return any(role.role != StaffRole.CASHIER for role in turn.person.roles)


def _unpaid(turn: Turn) -> list[Json]:
    """Tell the cashier what waits for money: nothing else of the queue is theirs."""
    wanted = Filters(states=OPEN, is_paid=False)
    count = sum(count_orders(turn.session, code, wanted) for code in door_of(turn).schools)
    return order_reply.unpaid(count, turn.pages.staff("sms", paid="no"))


def _counts(
    turn: Turn,
    orders: Sequence[Ordered],
    bindings: Sequence[tuple[BindingRequest, Student]],
    make_ups: Sequence[Listed],
) -> list[str]:
    named = (("綁定", len(bindings)), ("補登", len(make_ups)))
    others = [f"{word} {count}" for word, count in named if count]
    return [*order_cards.counts_of(turn, orders), *others]


def _cards(
    turn: Turn,
    bindings: Sequence[tuple[BindingRequest, Student]],
    make_ups: Sequence[Listed],
) -> list[Json]:
    _note(turn, [student for _, student in bindings] + [one.student for one in make_ups])
    guardians = [_guardian(turn, *one) for one in bindings]
    taps = [_tap(turn, one) for one in make_ups]
    pages = (turn.pages.staff("requests"), turn.pages.staff("make-ups"))
    return reply.queue(guardians, taps, pages)


def _note(turn: Turn, students: Sequence[Student]) -> None:
    door = door_of(turn)
    for student in students:
        role = door.role_for_class(student.school_code, student.homeroom)
        if role is not None:
            note_children(turn, role, [student.id])


def _guardian(turn: Turn, asked: BindingRequest, student: Student) -> WaitingGuardian:
    guardian = asking_guardian(turn.session, asked)
    return WaitingGuardian(
        child=words.full_child_words(student),
        guardian=guardian_name(turn.house.vault, guardian),
        days=(turn.now - asked.asked_at).days,
        approve=turn.seal(Action.REQUEST_APPROVE, str(asked.id)),
        decline=turn.seal(Action.REQUEST_DECLINE, str(asked.id)),
    )


def _tap(turn: Turn, one: Listed) -> AskedTap:
    asked, sealed = one.request, one.request.words_sealed
    return AskedTap(
        child=words.full_child_words(one.student),
        what=_what(asked),
        reason=MakeUpReason(asked.reason),
        words=turn.house.vault.open(sealed, WORDS) if sealed else "",
        record=record_words(*one.record),
        days=(turn.now - asked.asked_at).days,
        enter=turn.seal(Action.ASKED_ENTER, asked.id.hex),
        refuse=turn.seal(Action.ASKED_REFUSE, asked.id.hex),
    )


def _what(asked: MakeUpRequest) -> str:
    return reply.tap_words(Direction(asked.direction), asked.at)


def _asked(turn: Turn, detail: str) -> tuple[MakeUpRequest, Student, Staff]:
    try:
        return request_of_staff(door_of(turn), UUID(detail))
    except AccessError:
        raise Refused(words.plainly(words.NOT_FOUND)) from None


def _refusals(turn: Turn, row: MakeUpRequest) -> Mapping[str, Words]:
    def answered() -> list[Json]:
        own = own_answer(turn.session, row.id, own_actors(turn))
        return words.answered(reply.GIVEN.get(own))

    return {**reply.REFUSALS, "answered": answered}
