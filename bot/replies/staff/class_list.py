"""A class and a school today: numbers first, then who is missing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from bot.answer import Json
from bot.replies.speech import MAX_ITEMS, offer, offer_acts, show, type_in
from core.attendance.reports import (
    ChildState,
    ChildToday,
    ClassCount,
    ClassToday,
    Counts,
    total_of,
)
from core.clock import school_day_of, taipei_clock
from core.kinds import GuardianAnswer
from core.notices.flex import (
    ARRIVED,
    HAIR,
    INK2,
    INK3,
    LEAVE,
    NO_TAP,
    answer,
    box,
    bubble,
    buttons,
    carousels,
    flex_message,
    quiet,
    row,
    text,
)
from core.notices.staff_words import UNREACHED_WORDS, class_words, seat_words
from core.notices.wording import ANSWERS as ANSWERS_TOLD
from core.notices.wording import short_date
from core.people.reach import Unreached
from core.postback import Action

ANSWERS = (
    (Action.LIST_PRESENT, ARRIVED, "已到"),
    (Action.LIST_LEAVE, LEAVE, "請假"),
    (Action.LIST_ABSENT, NO_TAP, "未到"),
)
# A bubble holds so many children with three buttons each, well inside LINE's 30 KB.
CHILDREN = 10
MAX_MESSAGES = 5
# Of a bar: who is not heard of yet.
WAITING = "#E2B38B"


@dataclass(frozen=True, slots=True)
class ClassAnswer:
    """A class, the data of each missing child's buttons, and the page with everybody.

    `unreached` are the missing children of whom nobody hears on LINE; `answers` is what guardians
    of others said.
    """

    seen: ClassToday
    buttons: Mapping[UUID, Mapping[Action, str]]
    page: str
    unreached: Mapping[UUID, Unreached]
    answers: Mapping[UUID, GuardianAnswer] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SchoolAnswer:
    """A school's classes; its name only where there are several, the grade only if asked."""

    name: str
    grade: int | None
    classes: Sequence[ClassCount]


def classes(found: Sequence[ClassAnswer], now: datetime) -> list[Json]:
    """Return the classes in as many messages as LINE's limits need."""
    bubbles = [made for one in found for made in _class(one, now)]
    missing = sum(len(one.seen.missing) for one in found)
    alt = f"{class_words(found[0].seen.homeroom)} 尚無紀錄 {missing} 人"
    messages = [flex_message(alt, made) for made in carousels(bubbles)]
    return [*messages[: MAX_MESSAGES - 1], *_last(messages)]


def schools(found: Sequence[SchoolAnswer], now: datetime, page: str) -> list[Json]:
    """Return where children are missing, school by school."""
    contents = [part for one in found for part in _school(one, now)]
    contents.append(buttons(quiet("看全校", page)))
    missing = [one.homeroom for school in found for one in school.classes if _is_waiting(one)]
    acts = [type_in(f"今日 {name}", f"今日 {name}") for name in missing[:MAX_ITEMS]]
    count = sum(total_of(school.classes).missing for school in found)
    return [offer_acts(show(f"全校尚無紀錄 {count} 人", bubble(contents)), acts)]


def counts_line(counts: Counts) -> str:
    """Return 應到 28・已到 25・請假 1・尚無紀錄 2."""
    said = (
        ("應到", counts.expected),
        ("已到", counts.arrived),
        ("請假", counts.on_leave),
        ("尚無紀錄", counts.missing),
    )
    return "・".join(f"{word} {count}" for word, count in said)


def _last(messages: Sequence[Json]) -> list[Json]:
    rest = messages[MAX_MESSAGES - 1 :]
    return [offer(rest[0], "未到", "說明")] if rest else []


def _class(one: ClassAnswer, now: datetime) -> list[Json]:
    missing = one.seen.missing if one.seen.status.is_open else []
    chunks = [missing[at : at + CHILDREN] for at in range(0, len(missing), CHILDREN)] or [[]]
    foot = buttons(quiet(f"看全班 {len(one.seen.children)} 位", one.page))
    return [
        bubble([*_head(one.seen, now), *(_child(one, child) for child in chunk), foot])
        for chunk in chunks
    ]


def _head(seen: ClassToday, now: datetime) -> list[Json]:
    at = f"{short_date(school_day_of(now))}{taipei_clock(now)}"
    title = row(
        [
            text(class_words(seen.homeroom), size="xl", weight="bold", flex=1),
            text(at, size="xs", color=INK3, flex=0),
        ]
    )
    if not seen.status.is_open:
        reason = f"（{seen.status.reason}）" if seen.status.reason else ""
        return [title, text(f"今天不上課{reason}", color=INK2, margin="md")]
    notes = [seen.status.reason] if seen.status.closed_part else []
    notes += [] if seen.missing else ["沒有尚無紀錄的學生。"]
    without = [child for child in seen.children if child.state is ChildState.NO_CARD]
    if without:
        names = "、".join(seat_words(child.seat_number, child.name) for child in without[:CHILDREN])
        notes.append(f"沒有可用的卡片，不計入：{names}")
    return [
        title,
        *counts_bar(seen.counts),
        text(counts_line(seen.counts), size="sm", margin="md"),
        *(text(note, size="sm", color=INK2, margin="sm") for note in notes),
    ]


def counts_bar(counts: Counts, margin: str = "md") -> list[Json]:
    """Return a bar of who came, who is on leave and who is not heard of; nothing of nobody."""
    parts = (
        (counts.arrived, ARRIVED.strong),
        (counts.on_leave, LEAVE.strong),
        (counts.missing, WAITING),
    )
    drawn = [
        box([], height="8px", backgroundColor=color, flex=count) for count, color in parts if count
    ]
    look: dict[str, Any] = {"spacing": "xs", "margin": margin, "cornerRadius": "4px"}
    return [row(drawn, **look)] if drawn else []


def _child(one: ClassAnswer, child: ChildToday) -> Json:
    words = seat_words(child.seat_number, child.name)
    answers = [
        answer(tone, word, one.buttons[child.student_id][action], f"{words} {word}")
        for action, tone, word in ANSWERS
    ]
    line = {"type": "separator", "color": HAIR}
    notes = ["有刷卡資料待查"] if child.is_in_doubt else []
    if child.student_id in one.unreached:
        notes.append(UNREACHED_WORDS[one.unreached[child.student_id]])
    if child.student_id in one.answers:
        notes.append(f"家長回覆：{ANSWERS_TOLD[one.answers[child.student_id]]}")
    name = text(words, weight="bold", margin="md")
    small = [text(note, size="sm", color=INK2) for note in notes]
    return box([line, name, *small, row(answers, spacing="sm", margin="sm")], margin="md")


def _school(one: SchoolAnswer, now: datetime) -> list[Json]:
    total = total_of(one.classes)
    whole = f"{one.grade} 年級" if one.grade is not None else "全校"
    at = f"{short_date(school_day_of(now))}{taipei_clock(now)}"
    head = text(
        f"{one.name}{whole}尚無紀錄 {total.missing} 人（應到 {total.expected}）", weight="bold"
    )
    waiting = [
        f"{class_words(each.homeroom)} {each.counts.missing}"
        for each in one.classes
        if _is_waiting(each)
    ]
    listed = "・".join(waiting) or "沒有尚無紀錄的學生。"
    return [head, text(listed, margin="md"), text(at, size="xs", color=INK3, margin="md")]


def _is_waiting(one: ClassCount) -> bool:
    return one.status.is_open and one.counts.missing > 0
