"""The first words after somebody follows the account."""

from bot.answer import Json
from bot.replies.pages import Pages
from bot.replies.speech import say, show
from core.languages.dates import listed
from core.languages.speech import N_, _
from core.notices.flex import (
    BRAND,
    INK2,
    SUNKEN,
    SURFACE,
    box,
    bubble,
    buttons,
    meta_text,
    primary,
    row,
    text,
)

SERVICE = N_("臺北市到離校通知")
STEPS = (N_("登入台北通"), N_("綁定孩子"), N_("勾選想收的通知"))
DOT = "#F0925A"
# Border, colour and radius of the arches, from the outside in.
ARCHES = (("3px", "#5C7E89", "90px"), ("4px", "#8FA6AE", "70px"), ("5px", SURFACE, "50px"))


def welcome(pages: Pages) -> list[Json]:
    """Return the greeting for somebody new."""
    contents = [
        text(_("您好，這裡是"), size="sm", color=INK2),
        text(_(SERVICE), size="xl", weight="bold"),
        text(_("孩子在校門刷數位學生證，這裡就會通知您「到校」「離校」。"), margin="md"),
        box([_step(number, _(word)) for number, word in enumerate(STEPS, 1)], spacing="md")
        | {"margin": "lg"},
        buttons(primary(_("開始設定"), pages.start)),
        meta_text(_("約 3 分鐘。本服務不會在聊天中向您要身分證字號或密碼。")),
    ]
    made = bubble(contents) | {"hero": _arch()}
    return [show(_("您好，這裡是{service}", service=_(SERVICE)), made, "說明", N_("語言 Language"))]


def sign_in_again(pages: Pages) -> list[Json]:
    """Return the greeting for somebody whose link has ended."""
    sentence = _("這個 LINE 帳號還沒連結台北通，重新登入就能恢復通知。")
    return [_back(sentence, primary(_("重新登入"), pages.start))]


def one_step_left(pages: Pages, member: str) -> list[Json]:
    """Return the greeting for a linked guardian without a child; `member` is the masked name."""
    sentence = _("已登入台北通（{member}）。還差一步：綁定孩子。", member=member)
    return [_back(sentence, primary(_("加入學生"), pages.add_child))]


def welcome_back(children: list[str], *, is_unblocked: bool, missed: int) -> Json:
    """Return the first line for a guardian who gets notices of these children.

    `missed` is how many could not be shown while the account was blocked.
    """
    first = _("歡迎回來，通知已恢復。") if is_unblocked else _("歡迎回來。")
    if missed:
        first += _("封鎖期間有 {n} 則沒有送到 LINE，可在孩子的網頁查看。", n=missed)
    if not children:
        nothing = _("目前沒有訂閱任何通知。")
        return say(f"{first}\n{nothing}", "設定", "說明")
    return say(f"{first}\n" + _("目前會收到{names}的通知。", names=listed(children)))


def _back(sentence: str, step: Json) -> Json:
    contents = [
        text(_("歡迎回來"), size="xl", weight="bold"),
        text(sentence, margin="sm"),
        buttons(step),
    ]
    return show(_("歡迎回來"), bubble(contents), "說明")


def _step(number: int, word: str) -> Json:
    is_first = number == 1
    sign = text(
        str(number), size="sm", color=SURFACE if is_first else INK2, weight="bold", align="center"
    )
    ground = BRAND if is_first else SUNKEN
    look = {"width": "26px", "height": "26px", "cornerRadius": "99px", "justifyContent": "center"}
    return row([box([sign], backgroundColor=ground, **look), text(word, flex=1)], spacing="md")


def _arch() -> Json:
    """Return the emblem; the hero's lower edge cuts the arches."""
    dot = box([], width="30px", height="30px", cornerRadius="99px", backgroundColor=DOT)
    inner = box([dot], alignItems="center", paddingTop="36px")
    for border, color, radius in reversed(ARCHES):
        inner = inner | {
            "height": "240px",
            "borderWidth": border,
            "borderColor": color,
            "cornerRadius": radius,
        }
        inner = box([inner], paddingTop="14px", paddingStart="14px", paddingEnd="14px")
    outer = inner["contents"][0]
    place = {"position": "absolute", "offsetTop": "12px", "offsetStart": "22%", "width": "56%"}
    return box([outer | place], height="120px", backgroundColor=BRAND)
