"""Rules and days of a school in words: for whom, what differs, what is checked."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from core.calendar.effects import Effect, GradeDay
from core.calendar.policy import VALUES, DayRules, begins_on, has_change_to_come
from core.calendar.tables import DayPolicy
from core.clock import day_end, school_day_of
from core.kinds import DayPart
from core.languages.dates import long_date
from core.notices.wording import WEEKDAYS

UNITS = {
    "cutoff": "截止",
    "departure_from": "放學起算",
    "dismissal": "放學",
    "grace_minutes": "寬限 {} 分鐘",
    "review_minutes": "導師覆核 {} 分鐘",
    "bounce_seconds": "重複刷卡 {} 秒",
}


@dataclass(frozen=True, slots=True)
class RuleLine:
    """A rule as it is read: for whom, what, why; `since` and `until` where they lie ahead."""

    rule_id: UUID
    whom: str
    what: str
    reason: str
    is_of_one_day: bool
    may_end: bool
    since: str
    until: str


@dataclass(frozen=True, slots=True)
class EffectLine:
    """Grades whose day turns from one into another, and how many students they have."""

    grades: str
    students: int
    before: str
    after: str


def whom_words(facts: dict[str, Any]) -> str:
    """Return 每週三・1 年級, of a rule's columns or of what a change kept of them."""
    day, weekday, grade = facts["day"], facts["weekday"], facts["grade"]
    if day is not None:
        when = long_date(date.fromisoformat(str(day)))
    else:
        when = f"每週{WEEKDAYS[weekday]}" if weekday is not None else "每天"
    return f"{when}・{f'{grade} 年級' if grade is not None else '全校'}"


def rule_words(facts: dict[str, Any]) -> str:
    """Return what differs: 截止 08:10・寬限 10 分鐘."""
    said = []
    for name in VALUES:
        value = facts[name]
        if name in ("cutoff", "departure_from", "dismissal") and value is not None:
            clock = value if isinstance(value, time) else time.fromisoformat(value)
            said.append(f"{UNITS[name]} {clock:%H:%M}")
        elif value is not None:
            said.append(UNITS[name].format(value))
    return "・".join(said)


def effect_lines(effects: Iterable[Effect]) -> list[EffectLine]:
    """Return the effects of one day, those that are alike together."""
    lines = []
    said = [(one, *_sides(one.before, one.after)) for one in effects]
    ordered = sorted(said, key=lambda one: (one[1], one[2], one[0].grade))
    for (before, after), alike in groupby(ordered, key=lambda one: (one[1], one[2])):
        theirs = [one[0] for one in alike]
        grades = grade_words([one.grade for one in theirs])
        lines.append(EffectLine(grades, sum(one.students for one in theirs), before, after))
    return sorted(lines, key=lambda line: line.grades)


def grade_words(grades: Sequence[int]) -> str:
    """Return 1–3、6 年級."""
    runs: list[list[int]] = []
    for grade in sorted(grades):
        if runs and grade == runs[-1][-1] + 1:
            runs[-1].append(grade)
        else:
            runs.append([grade])
    spans = (str(one[0]) if len(one) == 1 else f"{one[0]}–{one[-1]}" for one in runs)
    return f"{'、'.join(spans)} 年級"


def _sides(before: GradeDay, after: GradeDay) -> tuple[str, str]:
    same_rules = before.rules == after.rules
    names = [] if same_rules else _differing(before.rules, after.rules)
    return _side(before, names), _side(after, names)


def _side(one: GradeDay, names: Sequence[str]) -> str:
    if not one.status.is_open:
        reason = f"（{one.status.reason}）" if one.status.reason else ""
        return f"不上課{reason}，不做未到校檢查"
    details = [_detail(one.rules, name) for name in names if name != "cutoff"]
    return "，".join(["上課", *details, _check(one)])


def _check(one: GradeDay) -> str:
    if one.status.closed_part is DayPart.MORNING:
        return "上午停課，不做未到校檢查"
    return f"{one.rules.cutoff:%H:%M} 做未到校檢查"


def _differing(before: DayRules, after: DayRules) -> list[str]:
    names = ("cutoff", "departure_from", "dismissal", "grace", "review", "bounce")
    return [name for name in names if getattr(before, name) != getattr(after, name)]


def _detail(rules: DayRules, name: str) -> str:
    value = getattr(rules, name)
    match name:
        case "departure_from":
            return f"{value:%H:%M} 起刷卡算離校"
        case "dismissal":
            return f"{value:%H:%M} 放學" if value else "沒有設放學時間"
        case "bounce":
            return f"{value.seconds} 秒內重複刷卡只算一次"
    minutes = value.seconds // 60
    if name == "grace":
        return f"寬限 {minutes} 分鐘"
    return f"導師覆核 {minutes} 分鐘" if minutes else "不請導師覆核"


def rule_line(rule: DayPolicy, now: datetime) -> RuleLine:
    """Return a rule as the list shows it."""
    facts = rule.model_dump()
    begins = begins_on(rule)
    is_ahead = rule.day is None and begins > school_day_of(now)
    last = None if rule.ended_at is None else school_day_of(rule.ended_at) - timedelta(days=1)
    return RuleLine(
        rule.id,
        whom_words(facts),
        rule_words(facts),
        rule.reason,
        rule.day is not None,
        not has_change_to_come(rule, now),
        f"{long_date(begins)}起" if is_ahead else "",
        f"到 {long_date(last)}為止" if last and day_end(last) > now else "",
    )
