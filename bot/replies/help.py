"""What can be typed, and whom to call."""

from bot.answer import Json
from bot.replies.lines import HOURS, call_row
from bot.replies.pages import Pages
from bot.replies.speech import show
from core.languages.speech import N_, _
from core.notices.flex import (
    BRAND,
    INK2,
    bubble,
    buttons,
    dialled,
    quiet,
    row,
    text,
)
from core.people.bindings import BoundChild
from core.settings import Settings

ROWS = (
    (N_("今天・本週"), N_("查詢到校和離校時間")),
    (N_("請假・取消請假"), N_("例如：請假 明天 病假")),
    (N_("補登申請"), N_("忘了帶卡、沒刷到")),
    (N_("訂閱・退訂"), N_("例如：退訂 離校")),
    (N_("設定・加入學生"), N_("帳號、綁定孩子")),
    (N_("為什麼沒收到"), N_("逐項檢查通知")),
    (N_("公告・簡訊"), N_("學校和市府的消息、簡訊服務")),
    (N_("代收・掛失"), N_("請人代收、學生證不見")),
    (N_("語言・客服"), N_("其他語言、電話")),
)
ASK = N_("也可以直接問問題，例如「忘了帶卡怎麼辦」。")
FIRST_ROWS = (
    (N_("開始設定"), N_("登入台北通、綁定孩子")),
    (N_("語言"), N_("其他語言的說明")),
    (N_("客服"), N_("電話和服務時間")),
)


def commands(pages: Pages) -> list[Json]:
    """Return the words that work for a guardian."""
    return _list(ROWS, pages, "今天", "本週", "請假", "設定", "客服")


def first_commands(pages: Pages) -> list[Json]:
    """Return the words that work before signing in; the rest would only lead back there."""
    return _list(FIRST_ROWS, pages, "開始設定", "語言", "客服")


def hotlines(settings: Settings, children: list[BoundChild]) -> list[Json]:
    """Return whom to call about what; a line dials where one can."""
    schools = {child.school_short_name: child.school_phone for child in children}
    lines = [
        (_("到離校通知、刷卡機"), settings.hotline),
        (_("台北通帳號、登入"), settings.pass_line),
        (_("個人資料"), settings.privacy_line),
        *((_("紀錄、請假、補登：{school}", school=name), tel) for name, tel in schools.items()),
    ]
    contents = [
        text(_("客服"), size="xl", weight="bold"),
        *(call_row(what, number) for what, number in lines if dialled(number)),
        text(_(HOURS), size="sm", color=INK2, margin="md"),
        *([] if children else [_school_hint()]),
    ]
    return [show(_("客服電話"), bubble(contents), "為什麼沒收到", "說明")]


def _school_hint() -> Json:
    hint = _("卡片、到離校紀錄有疑問，請聯絡孩子的學校。")
    return text(hint, size="sm", color=INK2, margin="sm")


def _list(rows: tuple[tuple[str, str], ...], pages: Pages, *words: str) -> list[Json]:
    lines = [
        row(
            [
                text(_(word), color=BRAND, weight="bold", flex=1),
                text(_(what), size="sm", color=INK2, flex=1),
            ],
            spacing="sm",
            margin="md",
        )
        for word, what in rows
    ]
    contents = [
        text(_("可以輸入"), size="xl", weight="bold"),
        *lines,
        text(_(ASK), size="sm", color=INK2, margin="lg"),
        buttons(quiet(_("說明與客服"), pages.help)),
    ]
    return [show(_("可以輸入的功能"), bubble(contents), *words)]
