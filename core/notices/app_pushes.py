"""App push: what a notice says on the lock screen of 酷課 APP, and the page it opens.

It says what LINE's lock screen says: given name, time, word; no class, number, cause or gate.
"""

from dataclasses import dataclass
from typing import Any

import orjson

from core.kinds import NoticeKind
from core.languages.speech import N_, _, speaking
from core.notices.wording import NoticeFacts, alt_text

TITLE = N_("臺北市到離校通知")
ANNOUNCED = N_("學校公告")


@dataclass(frozen=True, slots=True)
class AppMessage:
    """What is shown, and the page that opens; "" for none."""

    title: str
    text: str
    link: str


def app_content(kind: NoticeKind, facts: NoticeFacts) -> bytes:
    """Return what a notice says in the app as bytes to be stored.

    Raises KeyError when a fact it must say is missing.
    """
    with speaking(facts.language):
        return _stored(_(TITLE), alt_text(kind, facts), facts.link)


def app_announcement(title: str, link: str) -> bytes:
    """Return an announcement as the app shows it, in the language that is spoken."""
    return _stored(_(ANNOUNCED), title, link)


def read_app_message(content: bytes) -> AppMessage:
    """Return what a stored notice says. Raises ValueError, KeyError or TypeError for no such."""
    held: Any = orjson.loads(content)
    return AppMessage(str(held["title"]), str(held["text"]), str(held["link"]))


def _stored(title: str, text: str, link: str) -> bytes:
    return orjson.dumps({"title": title, "text": text, "link": link})
