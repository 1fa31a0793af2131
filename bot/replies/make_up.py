"""補登申請 with a guardian: who, which way, when, why, sure, sent, and what can't be."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from bot.answer import Json
from bot.make_up_words import MakeUpWords
from bot.replies.confirm import ask_back, tell
from bot.replies.pages import Pages
from bot.replies.speech import offer, offer_acts, say, show, type_in
from bot.replies.today import day_line
from core.attendance.days import DayView
from core.clock import TAIPEI, taipei_clock
from core.kinds import Direction, MakeUpReason
from core.languages.dates import short_date
from core.languages.speech import N_, _
from core.notices.flex import INK2, bubble, buttons, call_school, quiet, text
from core.notices.wording import LOCK_SCREEN_NAME, MAKE_UP_REASONS
from core.people.bindings import BoundChild

WAYS = {Direction.IN: N_("到校"), Direction.OUT: N_("離校")}
REASONS = (
    MakeUpReason.FORGOTTEN,
    MakeUpReason.LOST,
    MakeUpReason.FAULTY,
    MakeUpReason.READER,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A make-up as far as it was said. What is None was not."""

    child: BoundChild
    day: date | None = None
    clock: time | None = None
    direction: Direction | None = None
    reason: MakeUpReason | None = None

    def typed(self, *more: str) -> str:
        """Return the line that says the same, and more."""
        said = (_("補登申請"), self.child.given_name, *_details_of(self))
        return " ".join((*said, *(_(word) for word in more)))


def of_nobody(said: MakeUpWords) -> str:
    """Return the line that says the same of no child yet."""
    return " ".join((_("補登申請"), *_details_of(said)))


def _details_of(draft: Draft | MakeUpWords) -> list[str]:
    said = [f"{draft.day.month}/{draft.day.day}"] if draft.day else []
    said += [_(WAYS[draft.direction])] if draft.direction else []
    said += [f"{draft.clock:%H:%M}"] if draft.clock else []
    return said + ([_(MAKE_UP_REASONS[draft.reason])] if draft.reason else [])


def which_child(drafts: Sequence[Draft]) -> list[Json]:
    """Ask for which child, keeping what was said."""
    acts = [type_in(one.child.given_name, one.typed()) for one in drafts]
    return [offer_acts({"type": "text", "text": _("替哪位孩子申請補登？")}, acts)]


def which_way(draft: Draft) -> list[Json]:
    """Ask whether the child came or left."""
    question = _("替{child}申請補登，到校還是離校？", child=draft.child.given_name)
    acts = [type_in(_(word), draft.typed(word)) for word in WAYS.values()]
    return [offer_acts({"type": "text", "text": question}, acts)]


def which_time(draft: Draft, picker: str, now: datetime, back: int, pages: Pages) -> list[Json]:
    """Ask for the moment; `picker` is the data that comes back with a picked one."""
    local = now.astimezone(TAIPEI)
    contents = [
        text(_("{child}幾點通過校門？", child=draft.child.given_name), weight="bold"),
        text(
            _("可以直接打時間，例如：07:50；昨天的請打：昨天 07:50"),
            size="sm",
            color=INK2,
            margin="sm",
        ),
        buttons(quiet(_("用網頁填寫"), pages.make_up(draft.child.binding_id))),
    ]
    pick = {
        "type": "datetimepicker",
        "label": _("選時間"),
        "data": picker,
        "mode": "datetime",
        "initial": f"{local:%Y-%m-%dT%H:%M}",
        "max": f"{local:%Y-%m-%dT%H:%M}",
        "min": f"{local - timedelta(days=back):%Y-%m-%d}T00:00",
    }
    return [offer_acts(show(_("請選擇補登的時間"), bubble(contents)), [pick])]


def which_reason(draft: Draft) -> list[Json]:
    """Ask why there is no tap."""
    words = [MAKE_UP_REASONS[reason] for reason in REASONS]
    acts = [type_in(_(word), draft.typed(word)) for word in words]
    return [offer_acts({"type": "text", "text": _("為什麼沒有刷卡紀錄？")}, acts)]


def is_it_right(draft: Draft, at: datetime, day: date, sure: str, back: str) -> list[Json]:
    """Ask once before the wish is put before the school."""
    question = _(
        "替{child}申請補登：{date}{kind} {time}，{reason}。要送出嗎？",
        child=draft.child.given_name,
        date=short_date(day),
        kind=_(WAYS[draft.direction or Direction.IN]),
        time=taipei_clock(at),
        reason=_(MAKE_UP_REASONS[draft.reason or MakeUpReason.OTHER]),
    )
    alt = _("請確認{child}的補登申請", child=draft.child.given_name[:LOCK_SCREEN_NAME])
    return [ask_back(alt, question, (_("送出"), sure), (_("返回"), back))]


def sent(child: BoundChild, pages: Pages) -> list[Json]:
    """Say who looks at it now."""
    told = _("已送給導師。老師確認後會出現在紀錄上，並註明「補登」。")
    alt = _("{child}的補登申請已送出", child=child.given_name[:LOCK_SCREEN_NAME])
    acts = [quiet(_("看申請"), pages.make_up(child.binding_id))]
    return [offer(tell(alt, told, acts=acts), "今天", "本週")]


def too_old(days: int) -> list[Json]:
    """Say how far back can be asked for."""
    return [say(_("只能申請最近 {days} 天的補登。", days=days), "補登申請", "客服")]


def future() -> list[Json]:
    """Say that it has not come yet."""
    return [
        say(
            _("還沒到這個時間。補登只用在已經過的時間；之後不到校，請輸入「請假」。"),
            "補登申請",
            "請假",
        )
    ]


def no_school() -> list[Json]:
    """Say that nobody had to come that day."""
    return [say(_("這一天不上課，不用補登。"), "補登申請", "本週")]


def quiet_day(child: BoundChild) -> list[Json]:
    """Say that a guardian new beside others asks the school directly."""
    said = _("新綁定的 24 小時內不能申請補登，請直接聯絡學校。")
    return [offer(tell(_("不能申請補登"), said, acts=call_school(child.school_phone)), "今天")]


def on_leave() -> list[Json]:
    """Say that a leave is in the way."""
    return [say(_("這一天已請假。如果孩子有到校，請先取消請假。"), "取消請假", "今天")]


def recorded(day: DayView) -> list[Json]:
    """Say what the record holds already."""
    return [say(_("這個時間已有紀錄：{now}", now=day_line(day)), "本週", "說明")]


def waiting(child: BoundChild, pages: Pages) -> list[Json]:
    """Say that the same was asked for already."""
    said = _("這一天已經有一筆在等老師確認。")
    acts = [quiet(_("看申請"), pages.make_up(child.binding_id))]
    return [offer(tell(said, said, acts=acts), "今天")]
