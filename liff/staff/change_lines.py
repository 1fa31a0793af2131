"""Changes of the settings as a list: what, by whom, when, from which day, and whether it stands."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlmodel import Session

from core.calendar.changes import ChangeKind, is_coming, list_changes, read_side
from core.calendar.semesters import Semester
from core.calendar.tables import SettingChange
from core.languages.dates import long_date, plain_moment, span_of
from liff.staff.actors import actor_words
from liff.staff.rule_words import rule_words, whom_words
from liff.visit import Visit


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """A change as it is read; `undone` is empty while it stands, `word` says that it began."""

    change_id: UUID
    title: str
    what: str
    begins: str
    who: str
    undone: str
    is_coming: bool
    word: str


def change_lines(
    database: Session, visit: Visit, scopes: Collection[str], kinds: Collection[ChangeKind]
) -> list[ChangeLine]:
    """Return the latest changes, newest first."""
    return [change_line(database, visit, one) for one in list_changes(database, scopes, kinds)]


def change_line(database: Session, visit: Visit, change: SettingChange) -> ChangeLine:
    """Return one change in words."""
    vault = visit.house.vault
    undone = ""
    if change.undone_by is not None and change.undone_at is not None:
        who = actor_words(database, vault, change.undone_by)
        undone = f"{who} {plain_moment(change.undone_at)} 收回"
    title, what = _words(change)
    by = actor_words(database, vault, change.recorded_by)
    return ChangeLine(
        change.id,
        title,
        what,
        f"{long_date(change.from_day)}起",
        f"{by} {plain_moment(change.recorded_at)}",
        undone,
        is_coming(change, visit.now),
        "已匯入" if change.kind == ChangeKind.OFFICE else "已開始",
    )


def _words(change: SettingChange) -> tuple[str, str]:
    before, after = read_side(change.before), read_side(change.after)
    match ChangeKind(change.kind):
        case ChangeKind.RULE:
            return whom_words(after or before or {}), _rule(before, after)
        case ChangeKind.DAY:
            day = long_date(date.fromisoformat(change.subject))
            return f"{day}・{scope_words(change.scope)}", _day(before, after)
        case ChangeKind.TERM:
            semester = Semester(*map(int, change.subject.split("/")))
            return f"{semester.label}・{scope_words(change.scope)}", _term(before, after)
    added, changed = (after or {}).get("added", 0), (after or {}).get("changed", 0)
    return "辦公日曆", f"匯入：新增 {added} 天、更改 {changed} 天"


def _rule(before: dict[str, Any] | None, after: dict[str, Any] | None) -> str:
    was = rule_words(before) if before else "照平常"
    return f"{was} → {rule_words(after) if after else '照平常'}"


def _day(before: dict[str, Any] | None, after: dict[str, Any] | None) -> str:
    return f"{_one_day(before)} → {_one_day(after)}"


def _one_day(side: dict[str, Any] | None) -> str:
    if side is None:
        return "照行事曆"
    return f"{'上課' if side['is_open'] else '放假'}（{side['reason']}）"


def _term(before: dict[str, Any] | None, after: dict[str, Any] | None) -> str:
    return f"{_one_term(before)} → {_one_term(after)}"


def _one_term(side: dict[str, Any] | None) -> str:
    if side is None:
        return "沒有設定"
    first, last = (date.fromisoformat(side[name]) for name in ("first_day", "last_day"))
    return span_of(first, last)


def scope_words(scope: str) -> str:
    """Return whom a day or term is for: 全市, 國小, 中正區, 6 年級, 全校."""
    kind, _, value = scope.partition(":")
    if value:
        return value
    _, _, grade = scope.partition("/")
    if kind == "city":
        return "全市"
    return f"{grade} 年級" if grade else "全校"
