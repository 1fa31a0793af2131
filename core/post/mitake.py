"""Sending text messages by Mitake's HTTP, and asking after them, with honest answers.

Every answer is HTTP 200 with lines such as `statuscode=1`; a refusal has a letter there. What can't
be read proves nothing: it may have been sent. Source: Mitake's HTTP API v2.14 as its public client
libraries quote it (read 2026-11-22).
"""

import re
from collections.abc import Mapping, Sequence
from uuid import UUID

import requests

from core.post.answer import Answer, Outcome
from core.post.reaching import body_of, direct_session, never_connected
from core.post.texts import Asked, Fate, Found, Text, TextSender
from core.post_settings import MITAKE, SmsProvider
from core.settings import Settings

SEND, QUERY = "/api/mtk/SmSend", "/api/mtk/SmQuery"
# Connect and read, seconds.
TIMEOUT = (3, 10)
ON_ITS_WAY = frozenset("0124")
ARRIVED, FAILED = frozenset("4"), frozenset("56789")
# So many ids in one question, at most; a row of the answer: id, state, moment.
MOST_ASKED = 100
ROW = re.compile(rb"([\w-]+)\t(\w)\t\d*\s*", re.ASCII)
# About this message: 5 content, 6 number, 7 switched off, 8 too late, 9 cancelled, and letters.
REFUSALS = frozenset("56789tuvxy")
# The firm pauses, or too many of our requests are under way.
PASSING = frozenset("alr")
# About the account: name, password, rights, balance.
ACCOUNT = frozenset("cdefhkmps")


def text_sender(settings: Settings) -> TextSender | None:
    """Return the firm that is set, None where text messages are not offered."""
    if settings.sms_provider is SmsProvider.NONE and settings.is_production:
        return None
    is_real = settings.sms_provider is SmsProvider.MITAKE
    base = settings.sms_api_base or (MITAKE if is_real else f"{settings.sandbox_origin}/sms")
    return MitakeSender(
        base,
        settings.sms_username,
        settings.sms_password.get_secret_value(),
        SmsProvider.MITAKE if is_real else SmsProvider.SANDBOX,
    )


class MitakeSender:
    """One request a message."""

    def __init__(
        self, base: str, username: str, password: str, name: SmsProvider = SmsProvider.MITAKE
    ) -> None:
        self._base = base.rstrip("/")
        self._account = {"username": username, "password": password}
        self.name: str = name

    def send(self, text: Text) -> Answer:
        """Send one message; never raises for what the network or the firm does."""
        if not text.is_sound:
            return Answer(Outcome.REFUSED, "unsound")
        if not text.fits:
            return Answer(Outcome.REFUSED, "too_long")
        # A client id seen again within twelve hours sends nothing and answers Duplicate=Y.
        fields = {"clientid": str(text.key), "dstaddr": text.to, "smbody": text.wire_body}
        if text.receipts_to:
            fields["response"] = text.receipts_to
        try:
            return read_answer(*self._post(SEND, "CharsetURL", fields))
        except requests.ConnectionError as error:
            if never_connected(error):
                return Answer(Outcome.LATER, "no_connection")
            return Answer(Outcome.UNKNOWN, "cut")
        except (requests.RequestException, OSError) as error:
            return Answer(Outcome.UNKNOWN, type(error).__name__)

    def ask(self, asked: Sequence[Asked]) -> Mapping[UUID, Found]:
        """Return by key what the firm knows; what it does not tell of is left out. Never raises."""
        keys = {one.reference: one.key for one in asked if one.reference}
        known, found = list(keys), dict[UUID, Found]()
        for start in range(0, len(known), MOST_ASKED):
            rows = self._states({"msgid": ",".join(known[start : start + MOST_ASKED])})
            found |= {keys[row.reference]: row for row in rows if row.reference in keys}
        for one in asked:
            if not one.reference and (rows := self._states({"clientid": str(one.key)})):
                found[one.key] = rows[0]
        return found

    def _states(self, fields: Mapping[str, str]) -> list[Found]:
        try:
            return read_states(*self._post(QUERY, "Encoding_PostIn", fields))
        except (requests.RequestException, OSError):
            # Asked again later.
            return []

    def _post(self, path: str, charset: str, fields: Mapping[str, str]) -> tuple[int, bytes]:
        with (
            direct_session() as session,
            session.post(
                self._base + path,
                params={charset: "UTF-8"},
                data=self._account | dict(fields),
                timeout=TIMEOUT,
                allow_redirects=False,
                stream=True,
            ) as answer,
        ):
            return answer.status_code, body_of(answer)


def read_answer(status: int, body: bytes) -> Answer:
    """Tell what an answer means. The lines' names are ASCII, whatever their values are in."""
    if status != 200:
        # A gateway between us may have passed the request on before it failed.
        outcome = Outcome.UNKNOWN if status >= 500 else Outcome.STOPPED
        return Answer(outcome, f"http_{status}")
    lines = dict(_pairs(body))
    code, reference = lines.get("statuscode", ""), lines.get("msgid", "")
    if code in ON_ITS_WAY and reference:
        return Answer(Outcome.ACCEPTED, f"sms_{code}", reference)
    if code in REFUSALS:
        return Answer(Outcome.REFUSED, f"sms_{code}", reference)
    if code in PASSING:
        return Answer(Outcome.LATER, f"sms_{code}")
    if code in ACCOUNT:
        return Answer(Outcome.STOPPED, f"sms_{code}")
    return Answer(Outcome.UNKNOWN, "unreadable_answer")


def read_states(status: int, body: bytes) -> list[Found]:
    """Return what an answer tells of messages; nothing where it can't be read."""
    if status != 200:
        return []
    rows = [ROW.fullmatch(line) for line in body.split(b"\n")]
    return [Found(row[1].decode(), fate_of(row[2].decode())) for row in rows if row]


def fate_of(code: str) -> Fate:
    """Return what a state of the firm means; one we do not know is not final."""
    if code in ARRIVED:
        return Fate.ARRIVED
    return Fate.FAILED if code in FAILED else Fate.WAITING


def _pairs(body: bytes) -> list[tuple[str, str]]:
    # Byte by byte, as a Big5 letter may hold any sign of ASCII's letters, but no `=` and no break.
    rows = [line.split(b"=", 1) for line in body.split(b"\n") if line.count(b"=")]
    return [
        (name.strip().decode("ascii", "replace"), value.strip().decode("ascii", "replace"))
        for name, value in rows
    ]
