"""The ways into the pages: a child's boxes, another child, the account."""

from bot.answer import Json
from bot.replies.pages import Pages
from bot.replies.speech import show
from core.languages.speech import _
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
    rows = [_child_row(child, _("通知"), pages.child(child.binding_id)) for child in children]
    contents = [
        text(_("設定"), size="xl", weight="bold"),
        text(_("選孩子可以修改訂閱、查看紀錄。"), size="sm", color=INK2, margin="sm"),
        box(rows, spacing="sm", margin="lg"),
        buttons(primary(_("加入學生"), pages.add_child), quiet(_("我的帳號"), pages.account)),
    ]
    return [show(_("設定"), bubble(contents), "今天", "本週", "說明")]


def add_child(pages: Pages) -> list[Json]:
    """Return the way to the form, and what to have at hand."""
    contents = [
        text(_("加入學生"), size="xl", weight="bold"),
        text(_("準備好數位學生證和孩子的身分證字號，約 2 分鐘。"), margin="sm"),
        text(_("身分證字號只在網頁填寫，不會出現在聊天裡。"), size="sm", color=INK2, margin="md"),
        buttons(primary(_("加入學生"), pages.add_child)),
    ]
    return [show(_("加入學生"), bubble(contents), "今天", "設定")]


def my_data(children: list[BoundChild], pages: Pages) -> list[Json]:
    """Return the ways to what is kept of the guardian, and to who looked at each child."""
    rows = [_child_row(child, _("誰看過"), pages.looks(child.binding_id)) for child in children]
    contents = [
        text(_("我的資料"), size="xl", weight="bold"),
        text(_("您可以在「我的資料」查看、下載、刪除，也看得到誰查過。"), margin="sm"),
        *_chosen_by(_("選孩子，看誰查過紀錄。"), rows),
        buttons(quiet(_("開啟我的資料"), pages.my_data)),
    ]
    return [show(_("我的資料"), bubble(contents), "今天", "說明")]


def topics(pages: Pages) -> list[Json]:
    """Return the way to the list of city topics, which leads newcomers through everything."""
    title = _("訂閱市政訊息")
    sentence = _("在清單按「立即申辦」，登入、綁定、勾選一次完成。")
    return page(title, sentence, primary(title, pages.topics), "說明")


def page(title: str, sentence: str, step: Json, *words: str) -> list[Json]:
    """Return one sentence and the one button that goes with it."""
    contents = [text(title, size="xl", weight="bold"), text(sentence, margin="sm"), buttons(step)]
    return [show(title, bubble(contents), *words)]


def delegates(children: list[BoundChild], pages: Pages) -> list[Json]:
    """Return the ways to have somebody receive a child's news, and to what one receives oneself."""
    rows = [_child_row(child, _("代收"), pages.delegates(child.binding_id)) for child in children]
    contents = [
        text(_("代收"), size="xl", weight="bold"),
        text(_("代收的人只收到「到校」「離校」。"), margin="sm"),
        *_chosen_by(_("選孩子，請阿公阿嬤或安親班代收。"), rows),
        buttons(quiet(_("我代收的通知"), pages.delegations)),
    ]
    return [show(_("代收"), bubble(contents), "今天", "設定", "說明")]


def lost_card(children: list[BoundChild], pages: Pages) -> list[Json]:
    """Return the ways to block a child's card; the page says what that costs."""
    rows = [_child_row(child, _("學生證"), pages.lost_card(child.binding_id)) for child in children]
    contents = [
        text(_("掛失"), size="xl", weight="bold"),
        text(_("掛失立即生效，不能復原；找回來也不能再用。"), margin="sm"),
        *_chosen_by(_("選孩子，看清楚再決定。"), rows),
    ]
    return [show(_("掛失"), bubble(contents), "今天", "設定", "說明")]


def _chosen_by(question: str, rows: list[Json]) -> list[Json]:
    """Return what to choose a child for, and the children; nothing where there are none."""
    if not rows:
        return []
    asked = text(question, size="sm", color=INK2, margin="lg")
    return [asked, box(rows, spacing="sm", margin="sm")]


def _child_row(child: BoundChild, what: str, page: str) -> Json:
    names = box(
        [
            text(child.given_name, weight="bold"),
            text(child.school_short_name, size="xs", color=INK3),
        ],
        flex=1,
    )
    arrow = text("›", size="xl", color=BRAND, flex=0)
    action = open_page(_("{child}的{what}", child=child.given_name[:10], what=what)[:20], page)
    look = {"backgroundColor": SUNKEN, "cornerRadius": "10px", "paddingAll": "12px"}
    return row([names, arrow], action=action, **look)
