"""簡訊 with a guardian: where each child's order stands, ordering, ending, and what it costs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.answer import Json
from bot.replies.confirm import ask_back, press, sure, tell
from bot.replies.pages import Pages
from bot.replies.speech import about, offer, side_by_side
from core.languages.speech import N_, _
from core.notices.flex import (
    ARRIVED,
    HELD,
    INK2,
    NO_TAP,
    QUIET,
    box,
    bubble,
    buttons,
    name_row,
    pill,
    primary,
    quiet,
    row,
    text,
)
from core.notices.wording import LOCK_SCREEN_NAME
from core.orders.fees import is_unpaid
from core.orders.plan_book import plan_of
from core.orders.plans import Items
from core.orders.standing import ChildService, Obstacle, OrderView
from core.orders.states import OrderState
from core.orders.words import (
    ALREADY,
    CHOICE_WORDS,
    ITEM_WORDS,
    PAID_BEFORE,
    STATE_WORDS,
    WITHDRAWAL,
    late_words,
    money,
    money_lines,
    order_lines,
    paid_words,
    price_words,
    semester_words,
)
from core.postback import Action

TONES = {
    OrderState.REQUESTED: HELD,
    OrderState.ACTIVE: ARRIVED,
    OrderState.CANCELLING: HELD,
    OrderState.CANCELLED: QUIET,
    OrderState.RETURNED: NO_TAP,
    OrderState.WITHDRAWN: QUIET,
    OrderState.EXPIRED: QUIET,
}
NOT_ORDERED = N_("未訂購")
# In every language a label of 20 characters at most.
BUTTONS = {**CHOICE_WORDS, Items.BOTH: N_("到離校都要")}
WORDS = ("今天", "設定", "說明")

Seal = Callable[[Action, str], str]


@dataclass(frozen=True, slots=True)
class Room:
    """What a bubble is made with: the pages, the seal of its buttons, and the moment."""

    pages: Pages
    seal: Seal
    now: datetime


def standing(services: Sequence[ChildService], room: Room) -> list[Json]:
    """Return a bubble for each child, with what can be done about it."""

    def alt(part: list[ChildService]) -> str:
        children = [one.child for one in part]
        return about(children, N_("{names}的簡訊服務"), N_("{first}等 {count} 位孩子的簡訊服務"))

    return side_by_side(services, lambda one: _bubble(one, room), alt, *WORDS)


def not_offered(pages: Pages) -> list[Json]:
    """Say that there is none this term, and what works all the same."""
    sentence = _("本學期未提供簡訊服務。到校、離校用 LINE 通知，不收費。")
    acts = [quiet(_("說明與客服"), pages.help)]
    return [offer(tell(_("簡訊服務"), sentence, acts=acts), "訂閱", "今天", "說明")]


def is_it_right(service: ChildService, items: Items, yes: str, no: str) -> list[Json]:
    """Ask once before an order, saying what it costs at most."""
    child, plan, found = service.child, service.plan, service.offers[items]
    slots = {"child": child.given_name, "items": _(ITEM_WORDS[items])}
    small = [_("每則成功 0.75 元，依實際成功則數結算，最多約 {max}。", max=money(found.most))]
    if service.has_paid:
        small.insert(0, _(PAID_BEFORE))
    elif plan is not None and is_unpaid(plan_of(plan), items, 0):
        price = money(plan_of(plan).prices[items])
        small.insert(0, _("請到學校出納組先繳 {amount}。", amount=price))
    small.append(late_words(found))
    alt = _("請確認{child}的簡訊申請", child=child.given_name[:LOCK_SCREEN_NAME])
    question = _("替{child}訂購{items}簡訊，同意以下費用嗎？", **slots)
    return [ask_back(alt, question, (_("同意並送出"), yes), (_("返回"), no), small)]


def ordered(service: ChildService, items: Items, prepaid: int, pages: Pages) -> list[Json]:
    """Say that the school looks at it now, and what is to be done meanwhile."""
    child = service.child
    said = _("已送出{child}的簡訊申請。", child=child.given_name)
    small = _("請到學校出納組繳費，學校審核後隔日生效。")
    if service.plan is None or not is_unpaid(plan_of(service.plan), items, prepaid):
        small = paid_words(prepaid) if prepaid else _("需經學校老師審核，審核後隔日生效。")
    alt = _("{child}的簡訊申請已送出", child=child.given_name[:LOCK_SCREEN_NAME])
    acts = [quiet(_("看簡訊服務"), pages.sms_of(child.binding_id))]
    return [offer(tell(alt, said, small, acts=acts), "簡訊", "今天")]


def is_it_over(child: str, items: Items, yes: str, no: str) -> list[Json]:
    """Ask once before the end is asked for."""
    slots = {"child": child, "items": _(ITEM_WORDS[items])}
    question = _("確定註銷{child}的{items}簡訊？", **slots)
    small = [
        _("需經學校老師審核，審核後隔日生效。"),
        _("生效前仍會發送並計費。LINE 和 e-mail 通知不受影響。"),
    ]
    alt = _("確定註銷{child}的簡訊？", child=child[:LOCK_SCREEN_NAME])
    return [ask_back(alt, question, (_("申請註銷"), yes), (_("保留"), no), small)]


def is_it_withdrawn(child: str, items: Items, yes: str, no: str) -> list[Json]:
    """Ask once before a request is taken back."""
    question = _("確定撤回{child}的{items}簡訊申請？", child=child, items=_(ITEM_WORDS[items]))
    small = [_(WITHDRAWAL)]
    alt = _("確定撤回{child}的簡訊申請？", child=child[:LOCK_SCREEN_NAME])
    return [ask_back(alt, question, (_("撤回申請"), yes), (_("保留"), no), small)]


def withdrawn(child: str) -> list[Json]:
    """Say that nobody looks at it any more, and that another order may follow."""
    said = _("已撤回{child}的簡訊申請。", child=child)
    alt = _("{child}的簡訊申請已撤回", child=child[:LOCK_SCREEN_NAME])
    small = _("不會發送，也不收費。要再申請，請輸入「簡訊」。")
    return [offer(tell(alt, said, small), "簡訊", "今天")]


def cancelling(child: str, undo: str) -> list[Json]:
    """Say that the school looks at it, with the way back; `undo` is the button's data."""
    said = _("已送出{child}的簡訊註銷申請。", child=child)
    small = _("需經學校老師審核，審核後隔日生效；生效前仍會發送並計費。")
    alt = _("{child}的註銷申請已送出", child=child[:LOCK_SCREEN_NAME])
    acts = [press(_("取消註銷"), undo)]
    return [offer(tell(alt, said, small, acts=acts), "簡訊", "今天")]


def kept(child: str) -> list[Json]:
    """Say that the order goes on."""
    said = _("註銷已取消，{child}的簡訊服務維持生效，期間不變。", child=child)
    alt = _("{child}的簡訊維持生效", child=child[:LOCK_SCREEN_NAME])
    return [offer(tell(alt, said), "簡訊", "今天")]


def already(state: OrderState) -> list[Json]:
    """Say how an order stands to which a step does not fit any more."""
    return [offer(tell(_("簡訊服務"), _(ALREADY[state])), "簡訊", "今天")]


def ordered_already() -> list[Json]:
    """Say that an earlier press was quicker, maybe for other items."""
    said = _("這學期已經訂購，沒有重複送出。")
    return [offer(tell(said, said), "簡訊", "今天")]


def refused(sentence: str, pages: Pages) -> list[Json]:
    """Say why nothing was ordered, and where to go on."""
    acts = [quiet(_("看簡訊服務"), pages.sms)]
    return [offer(tell(_("沒有訂購"), sentence, acts=acts), "簡訊", "今天")]


def _bubble(service: ChildService, room: Room) -> Json:
    current, child = service.current, service.child
    state = current.state if current else None
    mark = pill(TONES[state], _(STATE_WORDS[state])) if state else pill(QUIET, _(NOT_ORDERED))
    contents = [name_row(child.given_name, mark)]
    if current is not None:
        contents += _order(service, current, room)
    contents += _how_to_order(service)
    contents.append(buttons(*_acts(service, room)))
    return bubble(contents)


def _order(service: ChildService, view: OrderView, room: Room) -> list[Json]:
    title = text(_("{items}簡訊", items=_(ITEM_WORDS[view.items])), weight="bold", margin="md")
    lines = [_small(line) for line in order_lines(view, room.now)]
    if service.plan is None or plan_of(service.plan).key != view.plan.key:
        # Beside what can be ordered now, or is over, it has to say which it was.
        lines.insert(0, _small(semester_words(view.plan)))
    if not view.has_money:
        return [title, *lines]
    rows = [_figure(line.label, line.value) for line in money_lines(view)]
    return [title, *lines, box(rows, spacing="xs", margin="lg")]


def _how_to_order(service: ChildService) -> list[Json]:
    obstacle = service.obstacle
    match obstacle:
        case Obstacle.ORDERED:
            return []
        case Obstacle.NOT_OFFERED:
            return [_small(_("本學期未提供簡訊服務。到校、離校用 LINE 通知，不收費。"))]
        case Obstacle.TOO_LATE:
            return [_small(_("已過這學期的訂購期限。"))]
        case Obstacle.PHONE:
            return [*_prices(service), _small(_("訂購前請先驗證手機，簡訊會寄到這個號碼。"))]
        case None:
            return [*_prices(service), _small(_("請選擇要收的簡訊："))]


def _prices(service: ChildService) -> list[Json]:
    if service.plan is None:
        return []
    free = _("每則成功 0.75 元，依實際成功則數結算，小數進位到整數；未到校和緊急簡訊不收費。")
    return [text(price_words(plan_of(service.plan)), margin="md"), _small(free)]


def _acts(service: ChildService, room: Room) -> list[Json]:
    child, view = service.child, service.current
    page = room.pages.sms_of(child.binding_id)
    if service.obstacle is Obstacle.PHONE:
        return [primary(_("驗證手機"), room.pages.phone), quiet(_("看簡訊服務"), page)]
    if service.obstacle is None:
        return [
            press(_(word), room.seal(Action.SMS_ITEMS, f"{child.binding_id.hex}/{items}"))
            for items, word in BUTTONS.items()
            if items in service.offers
        ]
    acts = [quiet(_("看明細") if view and view.has_money else _("看簡訊服務"), page)]
    if view is not None and view.state is OrderState.REQUESTED:
        return [*acts, press(_("撤回申請"), room.seal(Action.SMS_WITHDRAW, view.order.id.hex))]
    if view is not None and view.state is OrderState.ACTIVE:
        return [*acts, press(_("註銷"), room.seal(Action.SMS_CANCEL, view.order.id.hex))]
    if view is not None and view.state is OrderState.CANCELLING:
        return [sure(_("取消註銷"), room.seal(Action.SMS_KEEP, view.order.id.hex)), *acts]
    return acts


def _figure(label: str, value: str) -> Json:
    return row(
        [
            text(label, size="sm", color=INK2, flex=1),
            text(value, size="sm", align="end", flex=0),
        ]
    )


def _small(sentence: str) -> Json:
    return text(sentence, size="sm", color=INK2, margin="sm")
