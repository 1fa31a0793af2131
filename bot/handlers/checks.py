"""The checks behind 為什麼沒收到, from the link to the last notice sent."""

from datetime import datetime

from sqlmodel import Session

from bot.answer import Json
from bot.handlers.day_checks import day_checks
from bot.handlers.person import Person
from bot.replies.pages import Pages
from bot.replies.speech import moment
from bot.replies.today import SILENCE
from bot.replies.why import Check, checked
from core.attendance.days import days_of
from core.clock import school_day_of, taipei_clock
from core.delivery.quota_month import month_end, on_demand_kinds
from core.gate.readers import last_contact
from core.house import House
from core.kinds import Channel, NoticeKind
from core.languages.dates import day_and_clock, listed, short_date
from core.languages.speech import _
from core.notices.trail import is_idle, last_accepted
from core.notices.wording import BOX_WORDS, shown_number
from core.people.bindings import BoundChild
from core.people.friends import is_friend
from core.people.guardians import find_guardian
from core.people.roster import has_live_card
from core.people.subscriptions import boxes_of


def tell_why(session: Session, house: House, person: Person, now: datetime) -> list[Json]:
    """Return what was checked for a guardian with children."""
    pages, today = Pages(house.settings.liff_id), school_day_of(now)
    days = days_of(session, person.children, today, today, now)
    told = [
        one
        for child in person.children
        for one in day_checks(session, person, child, days[child.student_id][0], now, pages)
    ]
    checks = [
        Check(is_passed=True, finding=_("已連結台北通")),
        _friendship(session, person),
        *(_boxes(session, child, pages) for child in person.children),
        *(_card(session, child, now) for child in person.children),
        *(_reader(session, code, name, now) for code, name in _schools(person).items()),
        *_quota(session, now),
        *told,
        *([] if any(one.sent for one in told) else [_last_sent(session, house, person, now)]),
    ]
    sent = next((one.sent for one in reversed(told) if one.sent), "")
    return checked(checks, house.settings.hotline, sent)


def _friendship(session: Session, person: Person) -> Check:
    if is_friend(session, person.line_user_id):
        return Check(is_passed=True, finding=_("已加本帳號為好友"))
    return Check(
        is_passed=False,
        finding=_("還沒加本帳號為好友"),
        advice=_("請先加本帳號為好友，並確認沒有封鎖，才收得到通知。"),
    )


def _boxes(session: Session, child: BoundChild, pages: Pages) -> Check:
    boxes = boxes_of(session, child.binding_id)
    ticked = {kind for channel, kind in boxes if channel is Channel.LINE}
    slots = {
        "child": child.given_name,
        "kinds": listed(_(word) for kind, word in BOX_WORDS.items() if kind in ticked),
        "missing": listed(_(word) for kind, word in BOX_WORDS.items() if kind not in ticked),
    }
    if ticked == set(BOX_WORDS):
        return Check(is_passed=True, finding=_("{child}已訂閱{kinds}", **slots))
    return Check(
        is_passed=False,
        finding=_("{child}的 LINE 通知沒有訂閱{missing}", **slots),
        advice=_("LINE 沒有訂閱{child}的「{missing}」，所以這裡不會通知。", **slots),
        button=(_("修改訂閱"), pages.child(child.binding_id)),
    )


def _card(session: Session, child: BoundChild, now: datetime) -> Check:
    if has_live_card(session, child.student_id, now):
        return Check(is_passed=True, finding=_("{child}的卡片可以使用", child=child.given_name))
    return Check(
        is_passed=False,
        finding=_("{child}沒有可用的卡片", child=child.given_name),
        advice=_(
            "學校登記中沒有{child}可用的卡片，刷卡不會通知。請洽學校。", child=child.given_name
        ),
    )


def _schools(person: Person) -> dict[str, str]:
    return {child.school_code: child.school_short_name for child in person.children}


def _reader(session: Session, code: str, name: str, now: datetime) -> Check:
    at = last_contact(session, code)
    if at is not None and now - at <= SILENCE:
        return Check(
            is_passed=True,
            finding=_("{school}刷卡機 {time} 有連線", school=name, time=taipei_clock(at)),
        )
    if at is None:
        finding = _("{school}刷卡機還沒有連線", school=name)
    else:
        finding = _("{school}刷卡機 {time} 起沒有連線", school=name, time=moment(at, now))
    return Check(
        is_passed=False,
        finding=finding,
        advice=_("校門刷卡機沒有連線，紀錄會較晚出現。有疑問請聯絡學校。"),
    )


def _quota(session: Session, now: datetime) -> list[Check]:
    on_demand = on_demand_kinds(session, now)
    words = [_(word) for kind, word in BOX_WORDS.items() if NoticeKind(kind) in on_demand]
    slots = {"kinds": listed(words), "until": short_date(month_end(now))}
    check = Check(
        is_passed=False,
        finding=_("本月{kinds}改為查詢才回覆", **slots),
        advice=_("本月{kinds}改為輸入「今天」查詢，到 {until}。", **slots),
    )
    return [check] if words else []


def _last_sent(session: Session, house: House, person: Person, now: datetime) -> Check:
    guardian = find_guardian(session, person.line_user_id)
    if guardian and is_idle(session, guardian.id, now):
        phone = shown_number(house.settings.hotline)
        return Check(
            is_passed=False,
            finding=_("最近 30 天沒有通知送到 LINE"),
            advice=_("當時可能封鎖了本帳號，現在已恢復；仍收不到請撥 {phone}。", phone=phone),
        )
    at = last_accepted(session, guardian.id) if guardian else None
    if at is None:
        return Check(is_passed=True, finding=_("還沒有送出過通知"))
    finding = _("最近一次已送出到 LINE：{moment}", moment=day_and_clock(at))
    return Check(is_passed=True, finding=finding)
