"""Linking by browser where our pages don't open, and ending a link."""

from urllib.parse import urlencode

from bot.answer import Json
from bot.replies.confirm import ask_back
from bot.replies.pages import Pages
from bot.replies.settings_link import page
from bot.replies.speech import say, show
from core.languages.speech import _
from core.notices.flex import INK2, bubble, buttons, primary, quiet, text


def offer_link(base_url: str, link_token: str) -> list[Json]:
    """Return the way to link by an ordinary browser; the token is LINE's, for this person alone."""
    # Source: LINE docs, "Using LINE features with the LINE URL scheme": opens outside LINE.
    query = urlencode({"linkToken": link_token, "openExternalBrowser": "1"})
    address = f"{base_url.rstrip('/')}/liff/account-link?{query}"
    contents = [
        text(_("用瀏覽器連結"), size="xl", weight="bold"),
        text(
            _("頁面在 LINE 裡打不開時，可以用瀏覽器登入台北通，再由 LINE 確認帳號。"), margin="sm"
        ),
        text(_("10 分鐘內有效，只能用一次，請不要轉傳。"), size="sm", color=INK2, margin="md"),
        buttons(primary(_("用瀏覽器登入"), address)),
    ]
    return [show(_("用瀏覽器連結"), bubble(contents), "說明", "客服")]


def linked() -> list[Json]:
    """Return that there is nothing to link."""
    return [say(_("這個 LINE 帳號已連結台北通。"), "今天", "設定")]


def just_linked(pages: Pages, *, has_children: bool) -> list[Json]:
    """Return what comes after LINE has made the link; its own notice says whose it is."""
    if has_children:
        return [say(_("已連結台北通，通知會送到這裡。"), "今天", "設定")]
    sentence = _("已連結台北通。還差一步：綁定孩子。")
    return page(_("加入學生"), sentence, primary(_("加入學生"), pages.add_child), "說明", "客服")


def not_linked() -> list[Json]:
    """Return that LINE or we made no link, and how to begin again."""
    sentence = _("沒有連結：這次登入已經用過、過期，或不是這個 LINE 帳號的。什麼都沒有改變。")
    return [say(sentence, "用瀏覽器連結", "開始設定")]


def new_phone(pages: Pages, *, is_linked: bool) -> list[Json]:
    """Return what a new telephone needs, which is nothing, and what a new LINE account does."""
    sentence = _("換手機而 LINE 帳號不變，不用重設。換 LINE 帳號時，請在新帳號重新登入台北通。")
    if is_linked:
        step = quiet(_("說明與客服"), pages.question("new-phone"))
        return page(_("換手機"), sentence, step, "今天", "說明")
    return page(_("換手機"), sentence, primary(_("開始設定"), pages.start), "說明", "語言")


def ask_unlink(sure: str, back: str) -> list[Json]:
    """Return the question before a link ends; the arguments are the buttons' data."""
    question = _("解除後這個 LINE 不會再收到通知。確定要解除嗎？")
    return [ask_back(_("解除連結"), question, (_("解除連結"), sure), (_("先不要"), back))]


def unlinked(pages: Pages) -> list[Json]:
    """Return that the link has ended."""
    sentence = _("這裡不會再收到通知。孩子的綁定仍保留，重新登入就能恢復。")
    return page(_("已解除台北通連結"), sentence, quiet(_("重新登入"), pages.start), "說明")
