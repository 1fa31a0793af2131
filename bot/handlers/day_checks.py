"""What 為什麼沒收到 finds in a child's day: the tap, and what was made of its news."""

from datetime import datetime

from sqlmodel import Session

from bot.handlers.person import Person
from bot.replies.pages import Pages
from bot.replies.today import day_line
from bot.replies.why import Check
from core.attendance.days import DayView
from core.attendance.tables import EXCUSED_PARTS
from core.clock import taipei_clock
from core.kinds import Channel, EventKind, NoticeKind, NoticeState
from core.languages.dates import day_and_clock
from core.languages.speech import _
from core.notices.outbox import AGE_LIMITS, GATE_NEWS
from core.notices.trail import TrailStep, trail_of
from core.notices.wording import BOX_WORDS
from core.people.bindings import BoundChild, is_quiet


def day_checks(
    session: Session,
    person: Person,
    child: BoundChild,
    day: DayView,
    now: datetime,
    pages: Pages,
) -> list[Check]:
    """Return how the child's day stands, and what was made of its last news."""
    slots = {"child": child.given_name, "status": day_line(day)}
    finding = _("{child}：{status}", **slots)
    quiet = _quieted(child, now)
    if quiet is not None:
        return [quiet]
    if not day.arrived_at and not day.departed_at:
        return [_untapped(child, day, finding, slots, pages)]
    late = _late(day)
    if late:
        return [Check(is_passed=False, finding=finding, advice=late)]
    tapped = Check(is_passed=True, finding=finding)
    guardian = person.guardian
    steps = trail_of(session, guardian.id, child.student_id, day.school_day) if guardian else []
    # What was told in other words, such as a correction, was not left out.
    news = [
        one
        for one in steps
        if one.kind in GATE_NEWS
        and one.channel is Channel.LINE
        and one.state is not NoticeState.CANCELLED
    ]
    return [tapped, *([_step(child, news[-1])] if news else [])]


def _quieted(child: BoundChild, now: datetime) -> Check | None:
    if not is_quiet(child, now) or child.quiet_until is None:
        return None
    slots = {"child": child.given_name, "start": day_and_clock(child.quiet_until)}
    return Check(
        is_passed=False,
        finding=_("{child}是新的綁定", **slots),
        advice=_("新綁定的 24 小時內不通知到校和離校，{start} 起開始。", **slots),
    )


def _untapped(
    child: BoundChild, day: DayView, finding: str, slots: dict[str, str], pages: Pages
) -> Check:
    is_due = day.is_school_day and not day.is_closure and day.leave not in EXCUSED_PARTS
    if not is_due:
        advice = _("{child}：{status}，所以沒有通知。", **slots)
        return Check(is_passed=False, finding=finding, advice=advice)
    if not (day.is_past_cutoff or day.no_show_told):
        slots |= {"cutoff": f"{day.cutoff:%H:%M}"}
        advice = _("還沒到截止時間 {cutoff}。{child}刷卡後就會通知。", **slots)
        return Check(is_passed=False, is_waiting=True, finding=finding, advice=advice)
    return Check(
        is_passed=False,
        finding=finding,
        advice=_("{child}到現在還沒有刷卡紀錄，所以沒有到校通知。忘了帶卡可以申請補登。", **slots),
        button=(_("補登申請"), pages.make_up(child.binding_id)),
    )


def _late(day: DayView) -> str:
    at, received = day.arrived_at, day.received_at
    if not (at and received and day.is_late_upload and not day.departed_at):
        return ""
    if received - at <= AGE_LIMITS[NoticeKind.ARRIVAL]:
        return ""
    slots = {"time": taipei_clock(at), "received": taipei_clock(received)}
    return _("{time} 刷卡，{received} 才收到，超過 60 分鐘不另外通知。", **slots)


def _step(child: BoundChild, step: TrailStep) -> Check:
    slots = {
        "child": child.given_name,
        "kind": _(BOX_WORDS[EventKind(step.kind.value)]),
        "time": taipei_clock(step.at),
    }
    match step.state:
        case NoticeState.ACCEPTED:
            sent = _("{child}的{kind}通知 {time} 已送出到 LINE", **slots)
            return Check(is_passed=True, finding=sent, sent=sent)
        case NoticeState.PENDING | NoticeState.LEASED:
            return Check(
                is_passed=False,
                finding=_("{child}的{kind}通知正在送出", **slots),
                advice=_("{child}的{kind}通知正在送出，請稍候幾分鐘。", **slots),
            )
        case NoticeState.REFUSED:
            return Check(
                is_passed=False,
                finding=_("{child}的{kind}通知 {time} 無法送到這個 LINE", **slots),
                advice=_(
                    "{time} 無法送到這個 LINE，當時可能封鎖了本帳號。解除封鎖後會恢復。",
                    **slots,
                ),
            )
    return Check(
        is_passed=False,
        finding=_("{child}的{kind}通知沒有送出", **slots),
        advice=_("{child}的{kind}通知沒有送出，紀錄可在孩子的網頁查看。", **slots),
    )
