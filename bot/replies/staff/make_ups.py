"""補登: is it right, done, taken back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from bot.answer import Json
from bot.details import LONGEST_REASON, MakeUpDetail
from bot.replies.confirm import ask_back, press
from bot.replies.staff import words
from bot.replies.staff.samples import Own
from bot.replies.staff.words import child_words, full_child_words, told_so
from bot.staff_commands import StaffVerb
from core.clock import school_day_of, taipei_clock
from core.gate.make_up import SEEN
from core.kinds import Direction
from core.notices.wording import short_date
from core.people.tables import Student

KINDS = {Direction.IN: "到校", Direction.OUT: "離校"}
NOT_ARRIVED = "這位學生當天還沒有到校紀錄。"


@dataclass(frozen=True, slots=True)
class Recorded:
    """A make-up that is entered; `undo` is the data of the button that takes it back."""

    student: Student
    make_up: MakeUpDetail
    today: date
    is_told: bool
    undo: str

    @property
    def fact(self) -> str:
        """Return 12 王○明 到校 08:05（補登）."""
        at = self.make_up.at
        moment = words.moment_words(at, self.today, school_day_of(at))
        return f"{child_words(self.student)} {KINDS[self.make_up.direction]} {moment}（補登）"

    def said(self, *small: str) -> list[Json]:
        """Return what is said of it, with more to know."""
        told = words.QUEUED if self.is_told else words.NOBODY
        is_seen = self.make_up.reason == SEEN
        first = f"已記錄：{self.fact}。" if is_seen else "已補登。"
        notes = (told,) if is_seen else (f"{self.fact}。{told}",)
        return told_so("已補登", first, *notes, *small, acts=[press("更正", self.undo)])


def is_it_right(
    student: Student, make_up: MakeUpDetail, sure: str, back: str, notes: Sequence[str] = ()
) -> list[Json]:
    """Ask once before a make-up is entered; `notes` are what to think of first."""
    day = short_date(school_day_of(make_up.at))
    entered = f"{day}補登{KINDS[make_up.direction]} {taipei_clock(make_up.at)}"
    question = f"{full_child_words(student)} {entered}，原因：{make_up.reason}？"
    return [ask_back("請確認補登", question, ("確認", sure), ("返回", back), notes)]


def is_here(student: Student, make_up: MakeUpDetail, sure: str, back: str) -> list[Json]:
    """Ask once before a child of the list is entered as here."""
    question = f"{child_words(student)} 已到：補登到校 {taipei_clock(make_up.at)}？"
    return [ask_back("請確認補登", question, ("確認", sure), ("返回", back))]


def undo_it(
    student: Student, at: datetime, direction: Direction, sure: str, back: str
) -> list[Json]:
    """Ask once before a make-up is taken back."""
    day = short_date(school_day_of(at))
    fact = f"{full_child_words(student)} {day}{KINDS[direction]} {taipei_clock(at)}（補登）"
    question = "會另記一筆更正，原紀錄保留。確定？"
    return [ask_back("請確認更正", fact, ("更正", sure), ("返回", back), [question])]


def undone(*, is_told: bool) -> list[Json]:
    """Say that it is taken back."""
    told = "已更正，家長會收到說明。" if is_told else "已更正，家長沒有收到過通知，不另外說明。"
    return words.plainly(told)


def no_make_up(student: Student, at: datetime, today: date) -> list[Json]:
    """Say that there is nothing to take back."""
    moment = words.moment_words(at, today, school_day_of(at))
    return words.plainly(f"{full_child_words(student)} {moment} 沒有補登紀錄。")


def on_leave(student: Student, drop: str, back: str) -> list[Json]:
    """Offer to withdraw the day's leave first."""
    fact, asked = full_child_words(student), words.ON_LEAVE
    return [ask_back("當天已請假", asked, ("取消請假", drop), ("返回", back), [fact])]


def usage(own: Own) -> list[Json]:
    """Say how a make-up is written."""
    return words.usage_of_child("補登要有學號、時間和原因，", StaffVerb.MAKE_UP, own)


def undo_usage(own: Own) -> list[Json]:
    """Say how the taking back is written."""
    return words.usage_of_child("更正要有學號和原來補登的時間，", StaffVerb.MAKE_UP_UNDO, own)


def too_long(count: int) -> list[Json]:
    """Say that the reason is too long."""
    return words.plainly(f"內容超過 {LONGEST_REASON} 字，目前 {count} 字。")
