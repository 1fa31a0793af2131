"""What a guardian is told, as Flex bubbles."""

from typing import assert_never

from core.clock import taipei_clock
from core.kinds import NoticeKind
from core.notices.flex import (
    ARRIVED,
    DEPARTED,
    INK2,
    LEAVE,
    NO_TAP,
    TEAL,
    Json,
    Tone,
    bold_spans,
    bubble,
    buttons,
    call_school,
    child_name,
    flex_message,
    meta_text,
    name_row,
    pill,
    primary,
    quiet,
    strip_of,
    text,
)
from core.notices.rail import Rail, big_time, gate_bubble, rail_box
from core.notices.wording import NoticeFacts, alt_text, lines, place_line

TODAY = "看今天"
LEAVES = "看請假"


def messages_for(kind: NoticeKind, facts: NoticeFacts) -> list[Json]:
    """Return the LINE message objects of one notice, ready to be frozen as JSON."""
    return [flex_message(alt_text(kind, facts), notice_bubble(kind, facts))]


def notice_bubble(kind: NoticeKind, facts: NoticeFacts) -> Json:
    """Return the bubble of one notice to a guardian.

    Raises KeyError when a fact it must say is missing, and for a kind that is for staff.
    """
    match kind:
        case NoticeKind.ARRIVAL | NoticeKind.DEPARTURE:
            return _gate_notice(kind, facts)
        case NoticeKind.NO_SHOW:
            return _teacher_missed(facts) if facts.is_teacher else _no_show(facts)
        case NoticeKind.CORRECTION:
            return _correction(facts)
        case NoticeKind.BOUND | NoticeKind.BOUND_OTHER:
            return _bound(kind, facts)
        case (
            NoticeKind.LINK_NEW
            | NoticeKind.LINK_OLD
            | NoticeKind.CLOSURE_ON
            | NoticeKind.CLOSURE_OFF
        ):
            return _news(kind, facts)
        case NoticeKind.MAKE_UP_UNDONE:
            return _make_up_undone(facts)
        case NoticeKind.NO_TAP_OUT:
            return _no_tap_out(facts)
        case (
            NoticeKind.LEAVE_OTHER
            | NoticeKind.LEAVE_SCHOOL
            | NoticeKind.LEAVE_CANCELLED
            | NoticeKind.LEAVE_TAP
        ):
            return _leave(kind, facts)
        case (
            NoticeKind.REVIEW
            | NoticeKind.HELD
            | NoticeKind.HELD_EXPIRED
            | NoticeKind.SKIPPED_LATE
            | NoticeKind.READER_SILENT
            | NoticeKind.READER_CLONED
            | NoticeKind.READER_GAP
            | NoticeKind.OLD_CARD
            | NoticeKind.QUARANTINE
            | NoticeKind.DISCREPANCY
            | NoticeKind.CLOSURE_ASKED
            | NoticeKind.CLOSURE_ANSWERED
            | NoticeKind.CLOSURE_FOUND
            | NoticeKind.THREE_DAYS
            | NoticeKind.QUOTA
        ):
            raise KeyError(kind)
    assert_never(kind)


def _gate_notice(kind: NoticeKind, facts: NoticeFacts) -> Json:
    # 到校 07:41 or 到校 07:50（補登）: the word and its time, as the wording book has them.
    _, said, small_print = lines(kind, facts)
    said, mark, _ = said.partition("（補登）")
    word, _, clock = said.partition(" ")
    if kind is NoticeKind.ARRIVAL:
        rail, tone = Rail(arrived=said, departed=None), ARRIVED
    else:
        arrived = f"到校 {taipei_clock(facts.arrived_at)}" if facts.arrived_at else None
        rail, tone = Rail(arrived=arrived, departed=said, waiting_in="未刷卡"), DEPARTED
    contents = [big_time(clock), rail_box(rail)]
    if facts.is_make_up:
        contents.append(text(small_print, size="sm", color=INK2, margin="md"))
    look: Json = {"status": pill(tone, word + mark), "meta": place_line(facts), "link": facts.link}
    return gate_bubble(facts.child, contents, **look)


def _no_show(facts: NoticeFacts) -> Json:
    fact, causes, next_step = lines(NoticeKind.NO_SHOW, facts)
    return bubble(
        [
            child_name(facts.child),
            text(fact, margin="sm"),
            text(causes, size="sm", color=INK2, margin="md"),
            text(next_step, size="sm", color=INK2, margin="sm"),
            meta_text(place_line(facts)),
            buttons(primary(TODAY, facts.link), *call_school(facts.school_phone)),
        ],
        strip=strip_of(NO_TAP, "尚無刷卡紀錄"),
        link=facts.link,
    )


def _teacher_missed(facts: NoticeFacts) -> Json:
    fact, next_step = lines(NoticeKind.NO_SHOW, facts)
    contents = [
        child_name(facts.child),
        text(fact, margin="sm"),
        text(next_step, margin="sm"),
        meta_text(place_line(facts)),
    ]
    strip = strip_of(NO_TAP, "老師回報還沒到校")
    return bubble([*contents, *_call(facts)], strip=strip, link=facts.link)


def _correction(facts: NoticeFacts) -> Json:
    fact, why = lines(NoticeKind.CORRECTION, facts)
    quoted = f"更正 {taipei_clock(facts.notice_time)} 的通知" if facts.notice_time else "更正通知"
    tone, word, clock = _as_it_stands(facts)
    page, link, ground = TODAY, facts.link, ARRIVED
    if tone is LEAVE:
        page, link, ground = LEAVES, facts.leave_link, LEAVE
    return bubble(
        [
            name_row(facts.child, pill(tone, word)),
            text(fact, margin="sm") | {"contents": bold_spans(fact, clock)},
            text(why, margin="sm"),
            meta_text(place_line(facts)),
            buttons(quiet(page, link)),
        ],
        strip=strip_of(ground, quoted),
        link=link,
        opens=page,
    )


def _as_it_stands(facts: NoticeFacts) -> tuple[Tone, str, str]:
    if facts.is_teacher:
        return ARRIVED, "已到校", taipei_clock(facts.recorded) if facts.recorded else ""
    clock = taipei_clock(facts.at) if facts.at else ""
    if facts.is_excused:
        return LEAVE, "請假", clock
    return (
        (DEPARTED, "已離校", clock) if facts.is_first_seen_leaving else (ARRIVED, "已到校", clock)
    )


def _make_up_undone(facts: NoticeFacts) -> Json:
    said = lines(NoticeKind.MAKE_UP_UNDONE, facts)
    foot = [meta_text(place_line(facts)), *_call(facts)]
    return _told("更正補登", said, foot, facts.child)


def _no_tap_out(facts: NoticeFacts) -> Json:
    fact, causes = lines(NoticeKind.NO_TAP_OUT, facts)
    return bubble(
        [
            child_name(facts.child),
            text(fact, margin="sm"),
            text(causes, size="sm", color=INK2, margin="md"),
            meta_text(place_line(facts)),
            buttons(primary(TODAY, facts.link)),
        ],
        strip=strip_of(NO_TAP, "尚無離校刷卡紀錄"),
        link=facts.link,
    )


def _leave(kind: NoticeKind, facts: NoticeFacts) -> Json:
    title, page, more = {
        NoticeKind.LEAVE_OTHER: ("請假已登記", LEAVES, call_school(facts.school_phone)),
        NoticeKind.LEAVE_SCHOOL: ("請假已登記", LEAVES, []),
        NoticeKind.LEAVE_CANCELLED: ("請假已取消", LEAVES, []),
        NoticeKind.LEAVE_TAP: ("有請假，也有刷卡", "取消請假", []),
    }[kind]
    foot = [meta_text(facts.school), buttons(quiet(page, facts.leave_link), *more)]
    return _told(title, lines(kind, facts), foot, facts.child, LEAVE)


def _bound(kind: NoticeKind, facts: NoticeFacts) -> Json:
    if kind is NoticeKind.BOUND:
        title, place, foot = "綁定完成", place_line(facts), [_settings(facts)]
    else:
        title, place, foot = "新的家長綁定", facts.school, _call(facts)
    return _told(title, lines(kind, facts), [meta_text(place), *foot], facts.child)


def _settings(facts: NoticeFacts) -> Json:
    return buttons(primary("修改訂閱", facts.link))


def _news(kind: NoticeKind, facts: NoticeFacts) -> Json:
    foot = [meta_text(facts.school)] if facts.school else []
    if kind is NoticeKind.LINK_NEW:
        foot.append(buttons(quiet("解除連結", facts.link)))
    return _told(alt_text(kind, facts), lines(kind, facts), foot)


def _call(facts: NoticeFacts) -> list[Json]:
    call = call_school(facts.school_phone)
    return [buttons(*call)] if call else []


def _told(
    title: str, said: list[str], foot: list[Json], child: str = "", tone: Tone = TEAL
) -> Json:
    name = [child_name(child)] if child else []
    sentences = [text(sentence, margin="sm") for sentence in said]
    return bubble([*name, *sentences, *foot], strip=strip_of(tone, title))
