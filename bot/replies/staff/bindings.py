"""Bindings, to staff: codes, the queue, a child that was closed."""

from bot.answer import Json
from bot.replies.confirm import ask_back
from bot.replies.speech import say, show
from bot.replies.staff.words import QUEUED, full_child_words, plainly
from bot.staff_commands import StaffVerb
from core.notices.flex import INK2, bubble, buttons, primary, text
from core.notices.staff_words import class_words
from core.people.tables import Student

PAGES = {
    StaffVerb.SEAL: ("封存", "封存後不能新增綁定，也查不到這位學生。"),
    StaffVerb.UNBIND: ("解除綁定", "解除後該家長立即收不到通知，7 天內可復原。"),
}

NOT_POSSIBLE = "目前不能核准：學生已封存、不在學，或家長已限制。"
REFUSALS = {"not_possible": lambda: plainly(NOT_POSSIBLE)}
# What somebody did before.
GIVEN: dict[bool | None, str] = {True: "核准", False: "退回"}


def codes(homeroom: str, count: int, page: str) -> list[Json]:
    """Return how many slips there will be, and the page that makes them."""
    contents = [
        text(f"{class_words(homeroom)} {count} 張綁定單", weight="bold"),
        text(
            "有效 14 天，一碼一次。製作後，先前還沒用的綁定碼會失效。",
            size="sm",
            color=INK2,
            margin="sm",
        ),
        buttons(primary("製作並列印", page)),
    ]
    return [show(f"{class_words(homeroom)} {count} 張綁定單", bubble(contents), "說明")]


def approved() -> list[Json]:
    """Say what follows from a yes."""
    return [say(f"已核准。{QUEUED}")]


def declined() -> list[Json]:
    """Say what follows from a no."""
    return [say(f"已退回。{QUEUED}")]


def ask_open(student: Student, yes: str, back: str) -> list[Json]:
    """Ask once before a child can be tried again."""
    question = f"{full_child_words(student)}：開放今天再核對 10 次？"
    small = ("已綁定的家長不受影響。請先確認是家長本人在核對。",)
    return [ask_back("請確認開放", question, ("開放", yes), ("返回", back), small)]


def not_closed(student: Student) -> list[Json]:
    """Say that nothing is closed."""
    return plainly(f"{full_child_words(student)}今天沒有暫停核對，不用開放。")


def opened() -> list[Json]:
    """Say that it is open."""
    return plainly("已開放，今天可以再核對 10 次。")


def page(verb: StaffVerb, student: Student, address: str) -> list[Json]:
    """Return what an act means and the page on which it is done."""
    word, meaning = PAGES[verb]
    contents = [
        text(f"{full_child_words(student)}：{word}", weight="bold"),
        text(f"{meaning}要在網頁填寫原因。", size="sm", color=INK2, margin="sm"),
        buttons(primary("開啟網頁", address)),
    ]
    return [show(word, bubble(contents), "說明")]
