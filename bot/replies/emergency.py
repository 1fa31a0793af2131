"""What somebody is told who may be looking for a child right now."""

from dataclasses import dataclass

from bot.answer import Json
from bot.replies.schools import MAX_CALLS, school_calls
from bot.replies.speech import show
from core.languages.speech import N_, _
from core.notices.flex import MAX_LABEL, bubble, button, buttons, dial, postback, text
from core.notices.wording import ASK_WORD, shown_number
from core.people.bindings import BoundChild

NOT_FOR_EMERGENCIES = N_("本服務不是緊急服務。有立即危險請撥 110。")
# Source: 衛生福利部, 安心專線 1925, day and night, free of charge.
TALK = N_("想找人說說話，可以撥安心專線 1925，24 小時、不收費。")
TALK_LINE = "1925"


@dataclass(frozen=True, slots=True)
class KnownNow:
    """A child, its day in one line, and the data of the button that asks the school."""

    child: BoundChild
    line: str
    ask: str


def what_is_known(found: list[KnownNow], *, is_desperate: bool) -> list[Json]:
    """Return 110 first, then each child's record and the way to its school.

    `is_desperate`: somebody does not want to live, and hears first who listens.
    """
    told = [text(_sentence(one), margin="md") for one in found]
    step = _("請直接撥電話給學校。") if found else _("也請直接撥電話給孩子的學校。")
    calls = school_calls([one.child for one in found])
    listener = [dial(_("撥 1925"), TALK_LINE)] if is_desperate else []
    contents = [
        text(_(NOT_FOR_EMERGENCIES), weight="bold"),
        *([text(_(TALK), margin="md")] if is_desperate else []),
        *told,
        text(step, margin="md"),
        buttons(*calls, *_asks(found), *listener, dial(_("撥 110"), "110")),
    ]
    return [show(_("有立即危險請撥 110"), bubble(contents), "今天")]


def _asks(found: list[KnownNow]) -> list[Json]:
    """Return a button for each of the first children, named where there are several."""
    if len(found) == 1:
        return [button(postback(_(ASK_WORD), found[0].ask))]
    return [
        button(postback(_("請學校確認{child}", child=one.child.given_name)[:MAX_LABEL], one.ask))
        for one in found[:MAX_CALLS]
    ]


def _sentence(one: KnownNow) -> str:
    phone = shown_number(one.child.school_phone)
    slots = {"child": one.child.given_name, "now": one.line}
    if phone:
        return _("{child}目前的紀錄：{now}。學校：{phone}", phone=phone, **slots)
    return _("{child}目前的紀錄：{now}。", **slots)
