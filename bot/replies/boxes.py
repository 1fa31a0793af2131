"""訂閱 and 退訂: which box, sure, done, and how the boxes stand now."""

from collections.abc import Collection, Sequence

from bot.answer import Json
from bot.commands import TURN_ON
from bot.replies.confirm import ask_back, press, tell
from bot.replies.pages import Pages
from bot.replies.speech import offer, offer_acts, show, type_in
from core.kinds import Channel, EventKind
from core.languages.dates import listed, parted
from core.languages.language import SOURCE
from core.languages.speech import N_, _, spoken
from core.notices.flex import INK2, bubble, buttons, quiet, text
from core.notices.wording import BOX_WORDS, LOCK_SCREEN_NAME
from core.people.bindings import BoundChild

ON, OFF = N_("{kind} 已訂閱"), N_("{kind} 未訂閱")
TURN_IT_ON, TURN_OFF = N_("訂閱{kind}"), N_("退訂{kind}")
ELSEWHERE = {
    Channel.EMAIL: N_("e-mail 通知在孩子的網頁勾選。"),
    Channel.APP: N_("酷課 APP 的通知在孩子的網頁勾選。"),
}


def state_line(ticked: Collection[EventKind]) -> str:
    """Return 到校 已訂閱・離校 已訂閱・未到校 未訂閱."""
    return parted(
        *(_(ON if kind in ticked else OFF, kind=_(word)) for kind, word in BOX_WORDS.items())
    )


def which_child(
    children: Sequence[BoundChild], kinds: Collection[EventKind], *, is_on: bool
) -> list[Json]:
    """Ask for which child, keeping what was said."""
    acts = [type_in(one.given_name, _line(one, kinds, is_on=is_on)) for one in children]
    return [offer_acts({"type": "text", "text": _("要改哪位孩子的通知？")}, acts)]


def which_box(child: BoundChild, ticked: Collection[EventKind]) -> list[Json]:
    """Say how the boxes stand and ask which to turn."""
    name = child.given_name
    contents = [
        text(_("{child}的 LINE 通知", child=name), weight="bold"),
        text(state_line(ticked), margin="sm"),
        text(_("要改哪一項？"), margin="md"),
    ]
    acts = [
        type_in(
            _(TURN_OFF if kind in ticked else TURN_IT_ON, kind=_(word)),
            _line(child, [kind], is_on=kind not in ticked),
        )
        for kind, word in BOX_WORDS.items()
    ]
    alt = _("{child}的 LINE 通知", child=name[:LOCK_SCREEN_NAME])
    return [offer_acts(show(alt, bubble(contents)), acts)]


def is_it_right(child: BoundChild, kinds: Sequence[EventKind], off: str, back: str) -> list[Json]:
    """Ask once before somebody would not hear of a missing child any more."""
    question = _("退訂後，截止時間沒有刷卡也不會通知您。確定嗎？")
    what = _("退訂{child}的「{kinds}」", child=child.given_name, kinds=_kinds(kinds))
    alt = _("確定要退訂嗎？")
    return [ask_back(alt, question, (_("退訂"), off), (_("保留"), back), [what])]


def turned(
    child: BoundChild,
    kinds: Sequence[EventKind],
    ticked: Collection[EventKind],
    undo: str,
    *,
    is_on: bool,
) -> list[Json]:
    """Say what was turned and what is on now, with the button that takes it back."""
    slots = {"child": child.given_name, "kinds": _kinds(kinds)}
    said = (
        _("已訂閱{child}的 LINE {kinds}通知。", **slots)
        if is_on
        else _("已退訂{child}的 LINE {kinds}通知。", **slots)
    )
    now = _("現在：{state}", state=state_line(ticked))
    if not ticked:
        now = _("{child}已沒有任何 LINE 通知，綁定仍保留。", child=child.given_name)
    message = tell(_("訂閱已更新"), said, now, acts=[press(_("復原"), undo)])
    return [offer(message, "設定", "今天")]


def nothing_changed(
    child: BoundChild, kinds: Collection[EventKind], ticked: Collection[EventKind], *, is_on: bool
) -> list[Json]:
    """Say that it was so before."""
    slots = {"child": child.given_name, "kinds": _kinds(kinds)}
    said = (
        _("{child}的 LINE {kinds}通知本來就有訂閱。", **slots)
        if is_on
        else _("{child}的 LINE {kinds}通知本來就沒有訂閱。", **slots)
    )
    now = _("現在：{state}", state=state_line(ticked))
    return [offer(tell(_("沒有變更"), said, now), "設定", "今天")]


def elsewhere(channel: Channel, children: Sequence[BoundChild], pages: Pages) -> list[Json]:
    """Say where another channel's boxes are."""
    contents = [
        text(_(ELSEWHERE[channel]), weight="bold"),
        text(_("這裡可以改 LINE 通知，例如：退訂 離校"), size="sm", color=INK2, margin="sm"),
        buttons(
            *(
                quiet(
                    _("開啟{child}的網頁", child=one.given_name)[:20], pages.child(one.binding_id)
                )
                for one in children[:3]
            )
        ),
    ]
    return [show(_("修改訂閱"), bubble(contents), "簡訊", "設定")]


def _line(child: BoundChild, kinds: Collection[EventKind], *, is_on: bool) -> str:
    """Return the line that asks for this when typed."""
    word = _("退訂") if not is_on else "訂閱" if spoken() is SOURCE else _(TURN_ON)
    return " ".join((word, child.given_name, *(_(BOX_WORDS[kind]) for kind in kinds)))


def _kinds(kinds: Collection[EventKind]) -> str:
    return listed(_(BOX_WORDS[kind]) for kind in EventKind if kind in kinds)
