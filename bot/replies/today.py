"""Today at the gate: one sentence and one bubble a child."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from bot.answer import Json
from bot.replies.pages import Pages
from bot.replies.speech import about, say, side_by_side
from core.attendance.days import DayView
from core.attendance.tables import EXCUSED_PARTS
from core.clock import TAIPEI, school_day_of, taipei_clock
from core.kinds import DayPart, NoticeKind
from core.languages.dates import parted, short_date
from core.languages.days_off import reason_words
from core.languages.speech import N_, _
from core.notices.flex import (
    ARRIVED,
    DEPARTED,
    INK2,
    INK3,
    LEAVE,
    NO_TAP,
    QUIET,
    SUNKEN,
    Tone,
    buttons,
    call_school,
    pill,
    text,
)
from core.notices.outbox import AGE_LIMITS
from core.notices.rail import Rail, big_time, gate_bubble, rail_box
from core.notices.wording import (
    LOCK_SCREEN_NAME,
    PART_WORDS,
    QUIETED,
    QUIETED_SHORT,
)
from core.people.bindings import BoundChild

# Readers speak every minute; after two silent ones records may be missing.
SILENCE = timedelta(minutes=2)
# Before this hour nobody expects a reader to be awake.
GATE_OPENS = time(6, 0)
ABOUT = N_("{names}今天的紀錄")
ABOUT_MANY = N_("{first}等 {count} 位今天的紀錄")


@dataclass(frozen=True, slots=True)
class ChildToday:
    """A child, its day, and when the school's readers were last heard."""

    child: BoundChild
    day: DayView
    last_contact: datetime | None


@dataclass(frozen=True, slots=True)
class GateWords:
    """A day's two moments at the gate in words; None for what was not seen."""

    arrived: str | None
    departed: str | None


def today_messages(found: list[ChildToday], pages: Pages, now: datetime, note: str) -> list[Json]:
    """Return today's bubbles, siblings side by side, and below them `note` if there is one."""
    words = ("本週", "請假", "設定", "說明")
    below = [say(note, *words)] if note else []
    offered = () if below else words
    return [*side_by_side(found, lambda one: _bubble(one, pages, now), _alt, *offered), *below]


def day_line(day: DayView) -> str:
    """Return the day in one line."""
    if day.arrived_at or day.departed_at:
        said = gate_words(day)
        departed = said.departed or (_("未刷離校") if day.is_missing_departure else _("還沒離校"))
        return parted(said.arrived or _("到校未刷卡"), departed)
    if day.is_closure:
        return _("停課")
    if not day.is_school_day:
        return _("今天不上課")
    if day.leave in EXCUSED_PARTS:
        return _("請假（{part}）", part=_(PART_WORDS[day.leave]))
    if day.is_quieted:
        return _("今天的刷卡暫不顯示")
    if day.closed_part is DayPart.MORNING:
        return _("上午停課，還沒刷卡")
    cutoff = f"{day.cutoff:%H:%M}"
    if day.is_past_cutoff or day.no_show_told:
        return _("尚無刷卡紀錄（截至 {cutoff}）", cutoff=cutoff)
    return _("還沒刷卡（截止 {cutoff}）", cutoff=cutoff)


def gate_words(day: DayView) -> GateWords:
    """Return 到校 07:50（補登） and 離校 16:05, None for what was not seen."""
    moments = (
        (_("到校"), day.arrived_at, day.arrival_is_make_up),
        (_("離校"), day.departed_at, day.departure_is_make_up),
    )
    return GateWords(
        *(
            _gate_word(word, at, is_make_up=is_make_up) if at else None
            for word, at, is_make_up in moments
        )
    )


def _gate_word(word: str, at: datetime, *, is_make_up: bool) -> str:
    clock = taipei_clock(at)
    if is_make_up:
        return _("{kind} {time}（補登）", kind=word, time=clock)
    return _("{kind} {time}", kind=word, time=clock)


def silence_note(day: DayView, last_contact: datetime | None, now: datetime) -> str:
    """Return the word about a silent reader, or nothing where it explains nothing."""
    is_waiting = day.is_school_day and day.departed_at is None
    is_early = now.astimezone(TAIPEI).time() < GATE_OPENS
    if last_contact is None or not is_waiting or is_early or now - last_contact <= SILENCE:
        return ""
    if school_day_of(last_contact) != school_day_of(now):
        return _("刷卡機今天還沒有連線，紀錄可能較晚出現。")
    return _("刷卡機 {time} 起沒有連線，紀錄可能較晚出現。", time=taipei_clock(last_contact))


def _bubble(one: ChildToday, pages: Pages, now: datetime) -> Json:
    child, day = one.child, one.day
    status, headline = _answer(day)
    was_seen = day.arrived_at or day.departed_at
    rail = [rail_box(_rail(day))] if was_seen or (_is_expected(day) and not day.is_quieted) else []
    notes = [*_notes(day), silence_note(day, one.last_contact, now)]
    small = [text(note, size="sm", color=INK2, margin="md") for note in notes if note]
    call = call_school(child.school_phone) if _is_doubtful(day) else []
    return gate_bubble(
        child.given_name,
        [headline, *rail, *small, *([buttons(*call)] if call else [])],
        status=status,
        meta=parted(child.school_short_name, short_date(day.school_day)),
        link=pages.child(child.binding_id),
    )


def _answer(day: DayView) -> tuple[Json, Json]:
    """Return the pill and what stands large."""
    if day.departed_at:
        return pill(DEPARTED, _("已離校")), big_time(taipei_clock(day.departed_at))
    if day.arrived_at:
        status = (
            pill(NO_TAP, _("未刷離校")) if day.is_missing_departure else pill(ARRIVED, _("在校"))
        )
        return status, big_time(taipei_clock(day.arrived_at))
    if day.is_closure:
        return pill(QUIET, _("停課")), _large(_("今天停課"))
    if not day.is_school_day:
        return pill(QUIET, _("不上課")), _large(_("今天不上課"))
    if day.leave in EXCUSED_PARTS:
        return pill(LEAVE, _("請假")), _large(
            parted(_("請假"), _(PART_WORDS[day.leave])), LEAVE.strong
        )
    if day.is_quieted:
        return pill(QUIET, _("新綁定")), _large(_(QUIETED_SHORT))
    if day.closed_part is DayPart.MORNING:
        return pill(QUIET, _("上午停課")), _large(_("還沒刷卡"))
    cutoff = f"{day.cutoff:%H:%M}"
    if _is_doubtful(day):
        return pill(NO_TAP, _("截至 {cutoff}", cutoff=cutoff)), _large(
            _("尚無刷卡紀錄"), NO_TAP.strong
        )
    return pill(Tone("", INK3, SUNKEN), _("截止 {cutoff}", cutoff=cutoff)), _large(_("還沒刷卡"))


def _is_expected(day: DayView) -> bool:
    """Tell whether the child was to come by the cut-off."""
    is_excused = day.leave in EXCUSED_PARTS or day.closed_part is DayPart.MORNING
    return day.is_school_day and not is_excused


def _is_doubtful(day: DayView) -> bool:
    is_missing = not day.arrived_at and not day.departed_at and _is_expected(day)
    return is_missing and (day.is_past_cutoff or day.no_show_told)


def _large(words: str, color: str = INK3) -> Json:
    return text(words, size="xxl", color=color, margin="sm")


def _rail(day: DayView) -> Rail:
    said = gate_words(day)
    return Rail(
        arrived=said.arrived,
        departed=said.departed,
        waiting_in=_("未刷卡") if day.departed_at else _("還沒刷卡"),
        waiting_out=_("未刷離校") if day.is_missing_departure else _("還沒離校"),
    )


def _notes(day: DayView) -> list[str]:
    notes = [*([_(QUIETED)] if day.is_quieted else []), *_late_upload(day)]
    if day.has_discrepancy:
        notes.append(_("今天有請假，也有刷卡，兩筆紀錄都保留。"))
    elif _has_half_leave(day):
        notes.append(_("{part}已請假。", part=_(PART_WORDS[day.leave or DayPart.WHOLE])))
    if day.is_school_day and day.closed_part is not None:
        notes.append(_("{part}停課。", part=_(PART_WORDS[day.closed_part])))
    if _is_doubtful(day):
        notes.append(_("忘了帶卡或沒感應到，也會這樣。"))
    is_named = day.is_school_day or day.is_closure
    return notes if is_named else [*notes, reason_words(day.reason)]


def _late_upload(day: DayView) -> list[str]:
    if not (day.arrived_at and day.received_at and day.is_late_upload):
        return []
    slots = {"time": taipei_clock(day.arrived_at), "received": taipei_clock(day.received_at)}
    if day.received_at - day.arrived_at > AGE_LIMITS[NoticeKind.ARRIVAL]:
        return [_("到校 {time}（資料 {received} 才收到，沒有另外通知）", **slots)]
    return [_("到校 {time}（資料 {received} 才收到）", **slots)]


def _has_half_leave(day: DayView) -> bool:
    """Tell whether half a day's leave is still to be said; a morning's may stand large already."""
    if day.leave is DayPart.MORNING:
        return day.arrived_at is not None or day.departed_at is not None
    return day.leave is DayPart.AFTERNOON and day.is_school_day


def _alt(found: list[ChildToday]) -> str:
    if len(found) == 1:
        one = found[0]
        name = one.child.given_name[:LOCK_SCREEN_NAME]
        return _("{child}：{now}", child=name, now=day_line(one.day))
    return about([one.child for one in found], ABOUT, ABOUT_MANY)
