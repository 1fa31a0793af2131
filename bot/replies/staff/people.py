"""邀請 and 撤銷: how it is written, is it right, done."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.answer import Json
from bot.replies.confirm import ask_back, press
from bot.replies.speech import offer, show
from bot.replies.staff import words
from core.notices.flex import box, bubble, buttons, quiet, row, text
from core.notices.staff_words import ROLE_WORDS, class_words
from core.people.names import masked_name
from core.people.tables import School, Staff, StaffRole

NOT_YOURS = "這個身分或學校不在您的權限內。"
LAST_ADMIN = "這是最後一位管理者，要先邀請另一位，才能撤銷。"
SAMPLES = {
    StaffRole.HOMEROOM_TEACHER: "邀請 導師 603 林美華",
    StaffRole.CASHIER: "邀請 出納組 宋佩芬",
    StaffRole.OFFICER: "邀請 生教組 何志明",
    StaffRole.SCHOOL_ADMIN: "邀請 學校管理者 簡淑芬",
    StaffRole.BUREAU_ADMIN: "邀請 教育局 方怡君",
}
BUREAU_SAMPLE = "邀請 榕光國小 學校管理者 簡淑芬"
FAULTS = {
    "bad_name": lambda: words.plainly("姓名最多 40 個字，不能有網址或特殊符號。", "邀請"),
    "wrong_place": lambda: words.plainly("導師要寫班級，其他身分不寫。", "邀請"),
    "no_such_school": lambda: words.plainly("查無這所學校。", "邀請"),
    "last_admin": lambda: words.plainly(LAST_ADMIN, "撤銷"),
}
MOST = 12


@dataclass(frozen=True, slots=True)
class Member:
    """A role of somebody, with the data of the button that ends it."""

    staff: Staff
    name: str
    school: School | None
    revoke: str


def usage(may: Sequence[StaffRole], *, is_wrong: bool) -> list[Json]:
    """Say how an invitation is written, for the roles this person may give."""
    if not may:
        return words.plainly(NOT_YOURS)
    lines = [SAMPLES[role] for role in may]
    if list(may) == [StaffRole.BUREAU_ADMIN]:
        lines.append(BUREAU_SAMPLE)
    first = NOT_YOURS if is_wrong else "邀請要有身分和姓名，導師再加班級。"
    return words.plainly("\n".join([first, "請寫：", *lines]))


def which_school() -> list[Json]:
    """Ask for the school."""
    return words.plainly("請加上校名，例如：邀請 榕光國小 導師 603 林美華")


def ask_invite(
    role: StaffRole, homeroom: str | None, school: School | None, name: str, yes: str, back: str
) -> list[Json]:
    """Ask once before a code is made."""
    place = _place(role, homeroom, school)
    question = f"邀請 {masked_name(name)} 成為{place}？"
    small = ("邀請碼 24 小時有效，限一人使用，只顯示一次。",)
    return [ask_back("請確認邀請", question, ("產生邀請碼", yes), ("返回", back), small)]


def invited(code: str) -> list[Json]:
    """Return the code, which the lock screen does not show."""
    contents = [
        text("邀請碼", size="sm"),
        text(code, size="xxl", weight="bold", margin="sm"),
        text("24 小時有效，限一人使用。請當面交付。", margin="md"),
        text("對方加入好友後，在聊天輸入這組邀請碼。", size="sm", margin="sm"),
    ]
    return [show("邀請碼已產生", bubble(contents), "說明")]


def over() -> list[Json]:
    """Say that the code was made already, or that it took too long."""
    return words.plainly("這件事已經處理過或超過 10 分鐘，要邀請請重新輸入。", "邀請")


def members(found: Sequence[Member], page: str) -> list[Json]:
    """Return who is what, each with the button that ends it."""
    if not found:
        return words.plainly("目前沒有這個班級的學校人員。", "撤銷")
    rows = [_member(one) for one in found[:MOST]]
    more = [text(f"另外 {len(found) - MOST} 位請看網頁。", size="sm", margin="md")]
    contents = [
        text("目前的學校人員", weight="bold"),
        *rows,
        *(more if len(found) > MOST else []),
        buttons(quiet("看全部", page)),
    ]
    return [offer(show("目前的學校人員", bubble(contents)), "邀請", "說明")]


def ask_revoke(member: Staff, school: School | None, name: str, yes: str, back: str) -> list[Json]:
    """Ask once before a role ends."""
    fact = f"{_place(StaffRole(member.role), member.homeroom, school)}：{masked_name(name)}"
    question = "撤銷後立即失效。確定？"
    return [ask_back("請確認撤銷", question, ("撤銷", yes), ("返回", back), [fact])]


def revoked() -> list[Json]:
    """Say that it ended."""
    return words.plainly("已撤銷，立即失效。", "撤銷")


def _member(one: Member) -> Json:
    place = _place(StaffRole(one.staff.role), one.staff.homeroom, None)
    said = box([text(f"{place} {masked_name(one.name)}", size="sm")], flex=3)
    return row([said, press("撤銷", one.revoke, flex=2)], spacing="sm", margin="md")


def _place(role: StaffRole, homeroom: str | None, school: School | None) -> str:
    class_ = f"{class_words(homeroom)} " if homeroom else ""
    at = f"{school.short_name} " if school else ""
    return f"{at}{class_}{ROLE_WORDS[role]}"
