"""Choosing a language. Each is offered as its own speakers write it."""

from bot.answer import Json
from bot.replies.pages import Pages
from bot.replies.speech import offer, say, show
from core.languages.language import OWN_NAMES
from core.languages.speech import _, spoken
from core.notices.flex import bubble, buttons, primary, text


def choice() -> list[Json]:
    """Return the languages there are; each can be typed."""
    return [say(_("請選擇語言。通知也會改用這個語言。"), *OWN_NAMES.values())]


def changed() -> list[Json]:
    """Say that everything goes on in the language spoken."""
    name = OWN_NAMES[spoken()]
    sentence = _("已改用{language}。聊天、網頁和通知都會用這個語言。", language=name)
    return [say(sentence, "今天", "設定", "說明")]


def introduction(pages: Pages) -> list[Json]:
    """Return what the service is, to somebody not linked yet."""
    contents = [
        text(OWN_NAMES[spoken()], size="xl", weight="bold"),
        text(
            _("孩子在校門刷數位學生證，這裡就會通知您「到校」「離校」。"),
            margin="sm",
        ),
        text(_("約 3 分鐘。本服務不會在聊天中向您要身分證字號或密碼。"), size="sm", margin="md"),
        buttons(primary(_("開始設定"), pages.start)),
    ]
    return [offer(show(OWN_NAMES[spoken()], bubble(contents)), "語言", "說明")]
