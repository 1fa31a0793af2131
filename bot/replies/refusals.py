"""What can't be done, and how to go on. A refusal changes nothing."""

from bot.answer import Json
from bot.commands import Command
from bot.replies.pages import Pages
from bot.replies.schools import school_calls, school_numbers
from bot.replies.settings_link import page
from bot.replies.speech import say, show
from core.notices.flex import INK2, bubble, buttons, primary, text
from core.people.bindings import BoundChild
from core.postback import PostbackProblem

HELP = "說明"
GROUP = (
    "為了保護孩子的資料，到離校通知只在一對一聊天提供。本服務將離開這個群組，請加好友後單獨使用。"
)
STAFF = "這個指令要學校人員才能用。您可以使用：今天、本週、請假、設定、說明。"
NOT_STAFF = "還不是學校人員，請輸入邀請碼。"
REVOKED = "權限已撤銷。"
OTHER_MESSAGES = {
    "sticker": "謝謝。需要時請輸入「說明」。",
    "file": "這裡不收檔案。需要請假時請輸入「請假」，需要補登請直接聯絡學校。",
}
ONLY_TEXT = "目前只看得懂文字，請用打字或點選單。"
PRESSED = {
    PostbackProblem.EXPIRED: "這個按鈕已過期，請輸入「今天」看最新紀錄。",
    PostbackProblem.FOREIGN: "這個按鈕不能在這裡使用。",
}
# What the school does until this service can.
BY_SCHOOL = {
    Command.MAKE_UP: "這裡還不能申請補登，請直接聯絡學校。",
    Command.LOST_CARD: "這裡還不能掛失，請直接聯絡學校。",
    Command.SMS: "這裡還沒有簡訊服務，到校、離校用 LINE 通知。其他問題請聯絡學校。",
    Command.NOTICES: "這裡還沒有公告，請看學校網站或聯絡學校。",
}
NO_NUMBER = "學校電話請看聯絡簿或學校網站。"


def not_linked(pages: Pages) -> list[Json]:
    """Return what to do first."""
    sentence = "請先登入台北通並綁定孩子，約 3 分鐘。"
    return page("開始設定", sentence, primary("開始設定", pages.start), "說明", "語言")


def no_child(pages: Pages) -> list[Json]:
    """Return the step between signing in and getting notices."""
    step = primary("加入學生", pages.add_child)
    return page("加入學生", "還差一步：綁定孩子。", step, "說明", "客服")


def by_school(command: Command, children: list[BoundChild]) -> list[Json]:
    """Return that the school helps with this, and the way to call it."""
    numbers = school_numbers(children) or [NO_NUMBER]
    calls = school_calls(children)
    contents = [
        text(command.value, size="xl", weight="bold"),
        text(BY_SCHOOL[command], margin="sm"),
        *(text(number, size="sm", color=INK2, margin="md") for number in numbers),
        *([buttons(*calls)] if calls else []),
    ]
    return [show(command.value, bubble(contents), "今天", "設定", HELP)]


def for_staff(is_linked: bool) -> list[Json]:
    """Return who may use the words of staff."""
    return [say(STAFF, "今天", HELP) if is_linked else say(NOT_STAFF, HELP)]


def revoked() -> list[Json]:
    """Return that somebody is staff no more."""
    return [say(REVOKED, HELP)]


def stepped_back() -> list[Json]:
    """Return that nothing more was done; what was confirmed before stays done."""
    return [say("已返回，沒有另外送出任何內容。", HELP)]


def unknown(nearest: Command | None) -> list[Json]:
    """Return the nearest command, or what there is."""
    if nearest is not None:
        words = (nearest.value, HELP) if nearest is not Command.HELP else (HELP,)
        return [say(f"不太確定您的意思。您是要「{nearest.value}」嗎？", *words)]
    sentence = "這裡可以查詢到校和離校時間、請假、設定通知。輸入「說明」看全部功能。"
    return [say(sentence, "今天", HELP)]


def other_message(kind: str) -> list[Json]:
    """Return what becomes of a sticker, a picture, a file."""
    return [say(OTHER_MESSAGES.get(kind, ONLY_TEXT), "今天", HELP)]


def button_refused(problem: PostbackProblem) -> list[Json]:
    """Return why a button did nothing."""
    return [say(PRESSED[problem], "今天", HELP)]
