"""The ways into the pages: a child's boxes, another child, the account."""

from bot.answer import Json
from bot.replies.pages import Pages
from bot.replies.speech import show
from core.notices.flex import (
    BRAND,
    INK2,
    INK3,
    SUNKEN,
    box,
    bubble,
    buttons,
    open_page,
    primary,
    quiet,
    row,
    text,
)
from core.people.bindings import BoundChild


def settings(children: list[BoundChild], pages: Pages) -> list[Json]:
    """Return a line to press for each child, then what else can be set."""
    rows = [_child_row(child, pages) for child in children]
    contents = [
        text("設定", size="xl", weight="bold"),
        text("選孩子可以修改訂閱、查看紀錄。", size="sm", color=INK2, margin="sm"),
        box(rows, spacing="sm", margin="lg"),
        buttons(primary("加入學生", pages.add_child), quiet("我的帳號", pages.account)),
    ]
    return [show("設定", bubble(contents), "今天", "本週", "說明")]


def add_child(pages: Pages) -> list[Json]:
    """Return the way to the form, and what to have at hand."""
    contents = [
        text("加入學生", size="xl", weight="bold"),
        text("準備好數位學生證和孩子的身分證字號，約 2 分鐘。", margin="sm"),
        text("身分證字號只在網頁填寫，不會出現在聊天裡。", size="sm", color=INK2, margin="md"),
        buttons(primary("加入學生", pages.add_child)),
    ]
    return [show("加入學生", bubble(contents), "今天", "設定")]


def my_data(pages: Pages) -> list[Json]:
    """Return the way to what is kept of the guardian."""
    sentence = "帳號、連結和您的資料都在這一頁。"
    return page("我的資料", sentence, quiet("我的帳號", pages.account), "今天", "說明")


def unlink(pages: Pages) -> list[Json]:
    """Return what ending the link means, and the way to it."""
    sentence = "解除後這個 LINE 不會再收到通知。"
    return page("解除連結", sentence, quiet("我的帳號", pages.account), "今天", "說明")


def page(title: str, sentence: str, step: Json, *words: str) -> list[Json]:
    """Return one sentence and the one button that goes with it."""
    contents = [text(title, size="xl", weight="bold"), text(sentence, margin="sm"), buttons(step)]
    return [show(title, bubble(contents), *words)]


def _child_row(child: BoundChild, pages: Pages) -> Json:
    names = box(
        [
            text(child.given_name, weight="bold"),
            text(child.school_short_name, size="xs", color=INK3),
        ],
        flex=1,
    )
    arrow = text("›", size="xl", color=BRAND, flex=0)
    action = open_page(f"{child.given_name[:10]}的通知", pages.child(child.binding_id))
    look = {"backgroundColor": SUNKEN, "cornerRadius": "10px", "paddingAll": "12px"}
    return row([names, arrow], action=action, **look)
