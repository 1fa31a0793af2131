"""Words around an invitation code."""

from bot.answer import Json
from bot.replies.confirm import tell
from bot.replies.speech import offer, say
from bot.replies.staff.words import HELP
from bot.staff_commands import allowed
from core.languages.speech import _
from core.notices.staff_words import ROLE_WORDS, class_words
from core.people.names import masked_name
from core.people.tables import School, Staff, StaffRole


def welcome(staff: Staff, school: School | None, name: str) -> list[Json]:
    """Say what the person is now, and what can be typed."""
    words = [verb.value for verb in allowed([staff])]
    message = tell(
        "已登錄為學校人員",
        f"已登錄：{masked_name(name)}",
        place_of(staff, school),
        f"可以輸入：{'、'.join(words)}。",
    )
    return [offer(message, words[0], HELP)]


def place_of(staff: Staff, school: School | None) -> str:
    """Return 榕光國小 603 班導師."""
    role = ROLE_WORDS[StaffRole(staff.role)]
    class_ = f" {class_words(staff.homeroom)}" if staff.homeroom else ""
    return f"{school.short_name}{class_}{role}" if school else role


def wrong() -> list[Json]:
    """Say that a code is no good, without saying why."""
    return [say("邀請碼無效或已使用，請向學校管理者索取。", HELP)]


def wrong_of_parent() -> list[Json]:
    """Say the same to whoever is no staff yet: a class's codes look alike and are for a page."""
    said = _("邀請碼無效或已使用，請向學校管理者索取。家長的綁定碼請在「加入學生」填寫。")
    return [say(said, "加入學生", HELP)]


def limit(tries: int) -> list[Json]:
    """Say that no more codes are looked at today."""
    return [say(f"今天的 {tries} 次已用完，請洽學校管理者，明天 00:00 後可再試。", HELP)]
