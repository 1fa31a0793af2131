"""What can be typed, and whom to call."""

from bot.answer import Json
from bot.replies.speech import show
from core.notices.flex import BRAND, INK2, bubble, buttons, dial, row, text
from core.notices.wording import shown_number

ROWS = (
    ("今天・本週", "查詢到校和離校時間"),
    ("請假", "例如：請假 明天 病假"),
    ("取消請假", "取消登記過的請假"),
    ("設定", "修改訂閱、帳號"),
    ("加入學生", "綁定孩子"),
    ("語言", "其他語言的說明"),
    ("客服", "電話和服務時間"),
)
FIRST_ROWS = (
    ("開始設定", "登入台北通、綁定孩子"),
    ("語言", "其他語言的說明"),
    ("客服", "電話和服務時間"),
)
# Source: the city's published service hours for the line.
HOURS = "週一至週五 08:30–17:30"


def commands() -> list[Json]:
    """Return the words that work for a guardian."""
    return _list(ROWS, "今天", "本週", "請假", "設定", "客服")


def first_commands() -> list[Json]:
    """Return the words that work before signing in; the rest would only lead back there."""
    return _list(FIRST_ROWS, "開始設定", "語言", "客服")


def hotlines(hotline: str, pass_line: str) -> list[Json]:
    """Return whom to call about what."""
    contents = [
        text("客服", size="xl", weight="bold"),
        *_line("到離校通知、刷卡", hotline),
        *_line("台北通帳號", pass_line),
        text("卡片、到離校紀錄有疑問，請聯絡孩子的學校。", size="sm", color=INK2, margin="lg"),
        buttons(dial("撥到離校通知客服", hotline), dial("撥台北通客服", pass_line)),
    ]
    return [show("客服電話", bubble(contents), "說明")]


def _list(rows: tuple[tuple[str, str], ...], *words: str) -> list[Json]:
    lines = [
        row(
            [
                text(word, color=BRAND, weight="bold", flex=4),
                text(what, size="sm", color=INK2, flex=6),
            ],
            margin="md",
        )
        for word, what in rows
    ]
    contents = [text("可以輸入", size="xl", weight="bold"), *lines]
    return [show("可以輸入的功能", bubble(contents), *words)]


def _line(what: str, number: str) -> list[Json]:
    return [
        text(what, size="sm", color=INK2, margin="lg"),
        text(shown_number(number), weight="bold"),
        text(HOURS, size="sm", color=INK2),
    ]
