"""Words to staff: who may do what, what can't be, and how a child is named."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from bot.answer import Json
from bot.replies.confirm import tell
from bot.replies.speech import offer_acts, say, type_in
from bot.replies.staff.samples import Own, sample_of
from bot.staff_commands import StaffVerb
from core.clock import taipei_clock
from core.notices.staff_words import class_words, seat_words
from core.notices.wording import short_date
from core.people.tables import Student

NOT_FOUND = "查無這個學號，或不在您的範圍內。"
NO_SEAT = "查無這個學號或班級座號，或不在您的範圍內。"
NO_CLASS = "查無這個班級，或不在您的範圍內。"
EMPTY_CLASS = "這個班級目前沒有在學的學生。"
BAD_CLOCK = "時間請寫 24 小時制，例如 07:50。"
BAD_DAY = "看不懂日期，請寫一天或一段日期，例如 11/24 或 11/24–11/26。"
FUTURE = "還沒到這個時間。"
NO_SCHOOL = "這一天不上課。"
TWO_CHILDREN = "有兩位學生使用這個學號，請選入學學年度。"
WHICH_CHILD = "符合的學生不只一位，請選擇："
ON_LEAVE = "這位學生當天已請假，要先取消請假嗎？"
LATE = "通知已送出；您的回覆會更新給家長。"
DONE = "這件事已經處理好了，不需要再按。"
ANSWERED = "已有人處理。"
EXPIRED = "這個按鈕已過期，請輸入「今天」看最新紀錄。"
QUEUED = "已排入家長通知。"
NOBODY = "沒有需要通知的家長。"
HELP = StaffVerb.HELP.value
MOST_ASKED = 4


def plainly(sentence: str, *words: str) -> list[Json]:
    """Return one sentence and what can be typed next."""
    return [say(sentence, *(words or (HELP,)))]


def answered(own: str | None, *words: str) -> list[Json]:
    """Say that it is done: what this person did themselves (`own`), or that somebody did."""
    return plainly(f"您已經{own}了，不需要再按。" if own else ANSWERED, *words)


def forbidden(verbs: Sequence[StaffVerb]) -> list[Json]:
    """Return what this person may do instead."""
    return plainly(f"您的權限不包含這個指令。目前可以使用：{_listed(verbs)}。")


def unknown(verbs: Sequence[StaffVerb]) -> list[Json]:
    """Return where to find what this person may do, and what is asked for most."""
    first = [verb.value for verb in verbs if verb is not StaffVerb.HELP][:MOST_ASKED]
    return plainly("不太確定您要查什麼。請輸入「說明」，看可以使用的指令。", HELP, *first)


def usage(what: str, verb: StaffVerb, own: Own) -> list[Json]:
    """Return how a command is written."""
    return plainly(f"{what}請寫：{sample_of(verb, own)}")


def usage_of_child(what: str, verb: StaffVerb, own: Own) -> list[Json]:
    """Return how a command about a child is written, by number or by seat, and where seats are."""
    by_seat = sample_of(verb, replace(own, number=own.place))
    sentence = f"{what}請寫：{sample_of(verb, own)}\n也可以寫班級和座號：{by_seat}"
    return plainly(sentence, StaffVerb.TODAY.value, HELP)


def bad_number(own: Own) -> list[Json]:
    """Return what a student number looks like."""
    first = f"學號應是數字或英文字母，例如 {own.number}。"
    return plainly(f"{first}也可以寫班級和座號，例如 {own.place}。")


def which_year(verb: StaffVerb, number: str, years: Sequence[int], rest: str) -> list[Json]:
    """Ask which of the children with one number is meant."""
    acts = [
        type_in(f"{year} 學年度", " ".join((verb.value, f"{year}:{number}", rest)).strip())
        for year in years
    ]
    return [offer_acts({"type": "text", "text": TWO_CHILDREN}, acts)]


def which_child(verb: StaffVerb, found: Sequence[tuple[Student, str]]) -> list[Json]:
    """Ask which of the children that may be meant it is; each stands by its number and year."""
    acts, named = [], []
    for student, rest in found:
        number = f"{student.entry_year}:{student.student_number}"
        words = " ".join((verb.value, number, rest)).strip()
        who = f"{full_child_words(student)} {student.student_number}"
        acts.append(type_in(full_child_words(student), words))
        named.append(who)
    sentence = "\n".join((WHICH_CHILD, *named))
    return [offer_acts({"type": "text", "text": sentence}, acts)]


def told_so(alt: str, fact: str, *small: str, acts: Sequence[Json] = ()) -> list[Json]:
    """Return what was done or stands in its way, with the buttons that go on."""
    return [tell(alt, fact, *small, acts=acts)]


def child_words(student: Student) -> str:
    """Return 12 王○明."""
    return seat_words(student.seat_number, student.name)


def full_child_words(student: Student) -> str:
    """Return 603 班 12 王○明."""
    return f"{class_words(student.homeroom)} {child_words(student)}"


def moment_words(at: datetime, today: date, day: date) -> str:
    """Return 07:50, or 11/23（一）07:50 for another day."""
    clock = taipei_clock(at)
    return clock if day == today else f"{short_date(day)}{clock}"


def _listed(verbs: Sequence[StaffVerb]) -> str:
    return "、".join(verb.value for verb in verbs)
