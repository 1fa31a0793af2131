"""A reader as staff read it: a mark, a word, and the facts behind them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from core.clock import school_day_of
from core.gate.health import ReaderState
from core.gate.readers import next_secret_seen_at
from core.kinds import Direction, HoldReason
from core.languages.dates import plain_date, plain_moment
from core.notices.staff_words import moment_words
from core.people.tables import School

DIRECTIONS = {Direction.BOTH: "進出都刷", Direction.IN: "只刷進", Direction.OUT: "只刷出"}
# A clock that is farther off deserves a word.
CLOCK_WORTH_TELLING_SECONDS = 5


@dataclass(frozen=True, slots=True)
class ReaderLine:
    """A reader as it is read; `notes` are facts, one a line."""

    reader_id: UUID
    school_code: str
    name: str
    mark: str
    word: str
    notes: list[str]
    is_live: bool


def reader_line(
    database: Session, state: ReaderState, now: datetime, *, is_city: bool
) -> ReaderLine:
    """Return a reader in words; on the city's list its school stands before the gate."""
    reader = state.reader
    name = reader.gate
    if is_city:
        name = f"{database.get_one(School, reader.school_code).short_name}・{reader.gate}"
    if reader.revoked_at is not None:
        mark, word, notes = "off", "已停用", [f"{plain_moment(reader.revoked_at)} 停用"]
    else:
        mark, word = _health(state)
        notes = _notes(database, state, now)
    direction = DIRECTIONS[Direction(reader.direction)]
    return ReaderLine(
        reader.id,
        reader.school_code,
        name,
        mark,
        word,
        [f"{direction}・{plain_date(school_day_of(reader.added_at))} 登記", *notes],
        reader.revoked_at is None,
    )


def _health(state: ReaderState) -> tuple[str, str]:
    if state.reader.last_contact_at is None:
        return "not-yet", "還沒連線過"
    match state.hold:
        case None:
            return "arrived", "正常"
        case HoldReason.SILENT:
            return "no-tap", "沒有連線"
        case HoldReason.BUFFERED:
            return "held", "還沒傳完"
        case HoldReason.GAP:
            return "held", "有缺號"
    return "held", "代碼重複"


def _notes(database: Session, state: ReaderState, now: datetime) -> list[str]:
    reader, at = state.reader, moment_words(state.reader.last_contact_at, now)
    silent = state.hold is HoldReason.SILENT
    notes = [f"{at} 起沒有連線" if silent else f"最後連線 {at}"] if at else []
    if silent and at:
        notes.append("暫存筆數未知")
    elif reader.buffered:
        notes.append(f"暫存 {reader.buffered} 筆還沒傳")
    if state.missing:
        notes.append(f"今天少了 {state.missing} 筆")
    if state.hold is HoldReason.CLONED:
        notes.append("有兩台刷卡機使用同一組代碼，資料已保留待查")
    offset = reader.clock_offset_seconds
    if offset is not None and at:
        is_off = abs(offset) > CLOCK_WORTH_TELLING_SECONDS
        pace = "慢" if offset > 0 else "快"
        notes.append(f"時鐘{pace} {abs(offset):.0f} 秒" if is_off else "時鐘準確")
    if reader.next_secret_sealed is not None:
        seen = moment_words(next_secret_seen_at(database, reader.id), now)
        notes.append(f"新密鑰 {seen} 起已使用" if seen else "新密鑰還沒用過")
    return notes
