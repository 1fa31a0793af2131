"""What follows a guardian's answer to a no-show: who was told, and what else can be done."""

from collections.abc import Sequence
from datetime import datetime

from bot.answer import Json
from bot.replies.confirm import tell
from bot.replies.speech import offer, offer_acts, say, type_in
from bot.replies.today import day_line
from core.attendance.days import DayView
from core.clock import taipei_clock
from core.kinds import SchoolReply
from core.languages.speech import _
from core.notices.flex import call_school, dial
from core.notices.wording import ASK_WORD, LOCK_SCREEN_NAME, QUIETED, REPLIES, shown_number
from core.people.bindings import BoundChild


def which_child(children: Sequence[BoundChild]) -> list[Json]:
    """Ask about which child the school is to look."""
    acts = [type_in(one.given_name, f"{_(ASK_WORD)} {one.given_name}") for one in children]
    return [offer_acts({"type": "text", "text": _("要請學校確認哪位孩子？")}, acts)]


def noted(child: BoundChild, *, has_others: bool) -> list[Json]:
    """Say that the answer is kept, and who sees it."""
    said = _("已記下{child}的回覆：我知道了。", child=child.given_name)
    return [say(_with_others(said, has_others=has_others), "今天", "請假")]


def at_home(child: BoundChild, *, can_file: bool) -> list[Json]:
    """Say who knows that the child is at home, and offer the leave while it can be filed."""
    said = _("已記下：{child}在家。老師和其他已綁定的家長看得到。", child=child.given_name)
    if can_file:
        more = _("不來學校的話，請再登記請假。")
        return [say(f"{said}\n{more}", "請假", "今天")]
    late = _("今天的請假請洽導師補辦。")
    return [say(f"{said}\n{late}", "今天", "客服")]


def asked(child: BoundChild, *, has_others: bool) -> list[Json]:
    """Say that the school was asked, and what happens when nobody replies."""
    said = _with_others(_("已請學校確認，有回覆就告訴您。"), has_others=has_others)
    waiting = _("5 分鐘沒有回覆，會再提醒學校。急的話請直接撥電話。")
    title = _("已請學校確認")
    message = tell(title, said, waiting, *_number(child), acts=call_school(child.school_phone))
    return [offer(message, "今天", "客服")]


def replied_already(child: BoundChild, reply: SchoolReply, at: datetime | None) -> list[Json]:
    """Repeat what the school replied."""
    said = _(
        "學校 {time} 回覆：{reply}", time=taipei_clock(at) if at else "", reply=_(REPLIES[reply])
    )
    title = _("學校已回覆{child}的狀況", child=child.given_name[:LOCK_SCREEN_NAME])
    return [offer(tell(title, said, acts=call_school(child.school_phone)), "今天")]


def not_asked(child: BoundChild, *, is_closed: bool) -> list[Json]:
    """Say that nobody would read the question now, and whom to call."""
    why = _("現在不是上課時間，學校可能沒有人看得到訊息。")
    if not is_closed:
        why = _("目前沒有老師能在聊天回覆{child}的狀況。", child=child.given_name)
    return _call_instead(child, why)


def not_told(child: BoundChild) -> list[Json]:
    """Say that a guardian new beside others asks the school directly, which knows whom it tells."""
    return _call_instead(child, _(QUIETED))


def _call_instead(child: BoundChild, why: str) -> list[Json]:
    step = _("請直接撥電話給學校；有立即危險請撥 110。")
    acts = [*call_school(child.school_phone), dial(_("撥 110"), "110")]
    return [offer(tell(_("請直接撥電話給學校"), why, step, *_number(child), acts=acts), "今天")]


def seen(child: BoundChild, day: DayView) -> list[Json]:
    """Say that there is a record meanwhile."""
    now = _("{child}目前的紀錄：{now}。", child=child.given_name, now=day_line(day))
    return [say(now, "今天", "說明")]


def _with_others(said: str, *, has_others: bool) -> str:
    seen = _("另一位家長也看得到。")
    return f"{said}\n{seen}" if has_others else said


def _number(child: BoundChild) -> list[str]:
    # A desktop can't dial, and reads it.
    number = shown_number(child.school_phone)
    return [_("學校電話：{phone}", phone=number)] if number else []
