"""Sentences of every notice, zh-TW. What stands on a lock screen is `alt_text`, never more."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import field
from datetime import date, datetime, time

from core.clock import TAIPEI, school_day_of, taipei_clock
from core.kinds import (
    Channel,
    DayPart,
    EventKind,
    GuardianAnswer,
    MakeUpReason,
    MakeUpRefusal,
    NoticeKind,
    SchoolReply,
)
from core.languages import dates
from core.languages.language import Language
from core.languages.phones import phone_words
from core.languages.slots import SLOT, fill
from core.languages.speech import N_, _, put_in, spoken, translate
from core.notices.order_words import OrderFacts, order_slots
from core.notices.phrases import ALT_TEXTS, LINES, ON_DEMAND
from core.values import value

WEEKDAYS = "一二三四五六日"
PART_WORDS = {
    DayPart.WHOLE: N_("全天"),
    DayPart.MORNING: N_("上午"),
    DayPart.AFTERNOON: N_("下午"),
}
LOCK_SCREEN_NAME = 10
# The buttons of a no-show, and how an answer is told to the other guardians.
ASK_WORD, NOTED_WORD, HOME_WORD = N_("請協助確認"), N_("我知道了"), N_("已在家")
ANSWERS = {
    GuardianAnswer.NOTED: NOTED_WORD,
    GuardianAnswer.AT_HOME: N_("孩子在家"),
    GuardianAnswer.ASK_SCHOOL: N_("已請學校確認"),
}
REPLIES = {
    SchoolReply.PRESENT: N_("孩子在學校"),
    SchoolReply.LOOKING: N_("還沒看到孩子，正在確認"),
    SchoolReply.ON_LEAVE: N_("今天已請假"),
}
PutIn = Callable[[str, Mapping[str, str]], str]


@value(kw_only=True)
class NoticeFacts:
    """What a notice may say to a guardian. `school` is the short name; moments are aware, any zone.

    `link` is the LIFF address the notice opens: the child's page, the account page for links, ""
    for closures. The gate was heard at `heartbeat`, or is silent since. A correction quotes
    `notice_time`; staff saw the child (`is_teacher`, at `recorded`), or a leave explains it
    (`is_excused`), or else it passed the gate. A make-up tap has `recorded`, and `reason` in the
    school's words. `now` is the record as it stands after one is undone. `part` is 全天, 上午, 下午
    or what follows the first day of a span. `who` withdrew a leave. `source` announced a closure at
    `source_time`. `until` is the last day of a delegation. `last` says when LINE last took a
    notice. `channel` is what a notice went by that LINE did not carry. `buttons` are the postback
    data of 沿用 and 不用了, `answers` those of 請協助確認, 我知道了 and 已在家. `answer` is what
    another guardian said, `reply` what the school said.
    `order` is of paid texts.
    """

    child: str
    school: str
    school_phone: str
    school_day: date
    link: str
    gate: str = ""
    at: datetime | None = None
    arrived_at: datetime | None = None
    departed_at: datetime | None = None
    cutoff: time | None = None
    heartbeat: datetime | None = None
    silent_since: datetime | None = None
    notice_time: datetime | None = None
    is_earlier: bool = False
    occurrence: int = 1
    boxes: tuple[str, ...] = ()
    start: str = ""
    member: str = ""
    hotline: str = ""
    is_make_up: bool = False
    is_teacher: bool = False
    is_excused: bool = False
    recorded: datetime | None = None
    reason: str = ""
    now: str = ""
    part: str = ""
    who: str = ""
    source: str = ""
    source_time: datetime | None = None
    until: date | None = None
    buttons: tuple[str, str] | None = None
    answers: tuple[str, str, str] | None = None
    answer: str = ""
    reply: str = ""
    starts_at: datetime | None = None
    last: str = ""
    masked_email: str = ""
    channel: str = ""
    order: OrderFacts | None = None
    language: Language = field(default_factory=spoken)

    @property
    def leave_link(self) -> str:
        """Return the leave page of the child whose page `link` is."""
        return self.link.replace("/children/", "/leaves?child=")

    @property
    def is_first_seen_leaving(self) -> bool:
        """Tell whether a way out is all that is known of the child's day."""
        return self.departed_at is not None and self.arrived_at is None


# How a guardian's reason stands in the record, and why a school says no.
MAKE_UP_REASONS = {
    MakeUpReason.FORGOTTEN: N_("忘帶卡"),
    MakeUpReason.LOST: N_("卡片遺失"),
    MakeUpReason.FAULTY: N_("卡片故障"),
    MakeUpReason.READER: N_("刷卡機故障"),
    MakeUpReason.OTHER: N_("家長申請"),
}
REFUSALS = {
    MakeUpRefusal.NOT_SEEN: N_("老師當天沒有看到孩子"),
    MakeUpRefusal.OTHER_TIME: N_("時間和老師的紀錄不同"),
    MakeUpRefusal.ON_RECORD: N_("當天已有刷卡紀錄"),
    MakeUpRefusal.TALK: N_("請直接和老師聯絡"),
}
CHANNEL_WORDS = {
    Channel.LINE: "LINE",
    Channel.EMAIL: "e-mail",
    Channel.SMS: N_("簡訊"),
    Channel.APP: N_("酷課 APP"),
}
BOX_WORDS = {
    EventKind.ARRIVAL: N_("到校"),
    EventKind.DEPARTURE: N_("離校"),
    EventKind.NO_SHOW: N_("未到校"),
}


def alt_text(kind: NoticeKind, facts: NoticeFacts) -> str:
    """Return the lock-screen text: at most 30 characters."""
    slots = _slots(kind, facts) | {"child": facts.child[:LOCK_SCREEN_NAME].rstrip()}
    return _(ALT_TEXTS[variant_of(kind, facts)], **slots)


def lines(kind: NoticeKind, facts: NoticeFacts) -> list[str]:
    """Return the body as sentences, one a line. Raises KeyError when a needed fact is missing."""
    slots = _slots(kind, facts)
    return [_first_known(wordings, slots) for wordings in LINES[variant_of(kind, facts)]]


def on_demand_line(kinds: Collection[NoticeKind], until: date) -> str:
    """Return what a guardian is told while these kinds wait to be asked for, "" for none.

    `until` is the last date it is so.
    """
    if not kinds:
        return ""
    key = NoticeKind.ARRIVAL if NoticeKind.ARRIVAL in kinds else NoticeKind.DEPARTURE
    return _(ON_DEMAND[key], until=dates.short_date(until))


def _first_known(wordings: tuple[str, ...], slots: dict[str, str]) -> str:
    return first_known([translate(wording) for wording in wordings], slots, put_in)


def first_known(wordings: Sequence[str], slots: Mapping[str, str], put: PutIn = fill) -> str:
    """Fill the first wording whose slots are all known, or else the last.

    Raises KeyError when the last one lacks a slot too.
    """
    for wording in wordings[:-1]:
        if all(name[1:-1] in slots for name in SLOT.findall(wording)):
            return put(wording, slots)
    return put(wordings[-1], slots)


def shown_number(number: str) -> str:
    """Return a telephone number as chat shows it: no line breaks inside; not for tel:."""
    return phone_words(number).replace("-", "\N{NON-BREAKING HYPHEN}")


def short_date(day: date) -> str:
    """Return a date as staff read it in chat: 11/20（五）."""
    return f"{day.month}/{day.day}（{WEEKDAYS[day.weekday()]}）"


def short_moment(moment: datetime) -> str:
    """Return a Taipei date and time as staff read them: 11/23 20:05."""
    local = moment.astimezone(TAIPEI)
    return f"{local.month}/{local.day} {local:%H:%M}"


def place_line(facts: NoticeFacts) -> str:
    """Return the small print: 榕光國小・正門・11/20（五）."""
    return dates.parted(facts.school, facts.gate, dates.short_date(facts.school_day))


def variant_of(kind: NoticeKind, facts: NoticeFacts) -> str:
    """Return which sentences of the wording book tell this."""
    if kind in (NoticeKind.ARRIVAL, NoticeKind.DEPARTURE) and facts.is_make_up:
        return "makeup"
    if kind is NoticeKind.ARRIVAL and facts.occurrence > 1:
        return "again_in"
    if kind is NoticeKind.NO_SHOW and facts.is_teacher:
        return "no_show_teacher"
    if kind is NoticeKind.SMS_RETURNED and facts.order and facts.order.is_lapsed:
        return "sms_lapsed"
    return _corrected_by(facts) if kind is NoticeKind.CORRECTION else kind.value


def _corrected_by(facts: NoticeFacts) -> str:
    if facts.is_teacher:
        return "fixed_teacher"
    if facts.is_excused:
        return "fixed_leave"
    if facts.is_first_seen_leaving:
        return "fixed_left"
    return "fixed_earlier" if facts.is_earlier else "fixed_later"


def gate_word(kind: NoticeKind, facts: NoticeFacts) -> str:
    """Return what happened at the gate in a word: 到校, 再次到校 or 離校."""
    if kind is NoticeKind.DEPARTURE or facts.is_first_seen_leaving:
        return _("離校")
    return _("再次到校") if facts.occurrence > 1 else _("到校")


def _slots(kind: NoticeKind, facts: NoticeFacts) -> dict[str, str]:
    known = {
        "kind": gate_word(kind, facts),
        "child": facts.child,
        "school": facts.school,
        "school_phone": shown_number(facts.school_phone),
        "date": dates.short_date(facts.school_day),
        "time": _clock(facts.at),
        "cutoff": f"{facts.cutoff:%H:%M}" if facts.cutoff else "",
        "heartbeat": _clock(facts.heartbeat),
        "silent": _clock_of_day(facts.silent_since, facts.school_day),
        "notice_time": _clock(facts.notice_time),
        "recorded": _clock(facts.recorded),
        "boxes": dates.listed(_(box) for box in facts.boxes),
        "start": dates.day_and_clock(facts.starts_at) if facts.starts_at else _(facts.start),
        "member": facts.member,
        "hotline": shown_number(facts.hotline),
        "reason": _(facts.reason),
        "now": facts.now,
        "part": _(facts.part),
        "who": _(facts.who),
        "source": facts.source,
        "until": dates.short_date(facts.until) if facts.until else "",
        "last": facts.last,
        "ask": _(ASK_WORD) if facts.answers else "",
        "answer": _(facts.answer),
        "reply": _(facts.reply),
        "masked_email": facts.masked_email,
        "channel": _(facts.channel),
        "source_time": dates.short_moment(facts.source_time) if facts.source_time else "",
        **order_slots(facts.order),
    }
    return {name: value for name, value in known.items() if value}


def _clock(moment: datetime | None) -> str:
    return taipei_clock(moment) if moment else ""


def _clock_of_day(moment: datetime | None, day: date) -> str:
    if moment is None or school_day_of(moment) == day:
        return _clock(moment)
    return dates.short_moment(moment)


# Of a guardian new beside others, in pages and in the chat.
QUIETED = N_("新綁定的 24 小時內不顯示今天的刷卡時間；「尚無刷卡紀錄」照常顯示。")
QUIETED_SHORT = N_("暫不顯示")
