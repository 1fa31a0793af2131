"""A person on the way through the pages: what was asked for, filled in and proved so far."""

import secrets
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sandbox.clock import Clock

VISITS = 1000
VISIT_LIFE = timedelta(minutes=30)
QR_LIFE = timedelta(minutes=3)
# The guide names four digits and a button to send them again; times and tries are ours.
CODE_LIFE, CODE_TRIES, RESEND_AFTER = timedelta(minutes=5), 5, timedelta(seconds=60)


@dataclass(slots=True)
class SentCode:
    """Four digits on their way to a phone number or e-mail address.

    They prove `subject` (an account, a contact, a number) for one `purpose` and nothing else.
    """

    digits: str
    to: str
    purpose: str
    subject: str
    sent_at: datetime
    tries: int = 0


@dataclass(slots=True)
class Visit:
    """`request` is the OAuth request; empty when somebody came without a service.

    `account` is a member who has proved to be there, for what comes after the proof.
    """

    visit_id: str
    site: str
    request: dict[str, str]
    started_at: datetime
    answers: dict[str, str] = field(default_factory=dict)
    code: SentCode | None = None
    account: str = ""
    qr_token: str = ""
    qr_made_at: datetime | None = None
    qr_account: str = ""


class Visits:
    """The newest thousand visits."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.reset()

    def reset(self) -> None:
        """Forget everybody on the way."""
        self._visits: OrderedDict[str, Visit] = OrderedDict()

    def begin(self, site: str, request: dict[str, str]) -> Visit:
        """Let somebody in."""
        visit = Visit(secrets.token_urlsafe(12), site, request, self._clock.now())
        self._visits[visit.visit_id] = visit
        while len(self._visits) > VISITS:
            self._visits.popitem(last=False)
        return visit

    def find(self, visit_id: str) -> Visit | None:
        """Return a visit of the last half hour."""
        visit = self._visits.get(visit_id)
        if visit is None or self._clock.now() - visit.started_at >= VISIT_LIFE:
            return None
        return visit

    def find_by_qr(self, token: str) -> Visit | None:
        """Return the visit that shows this QR code, while it is good."""
        for visit in list(self._visits.values()):
            if visit.qr_made_at and token and visit.qr_token == token:
                return visit if self._clock.now() - visit.qr_made_at < QR_LIFE else None
        return None

    def end(self, visit: Visit) -> None:
        """Forget a visit that came to its end."""
        self._visits.pop(visit.visit_id, None)

    def show_qr(self, visit: Visit) -> str:
        """Return a fresh token for the QR code of a visit."""
        visit.qr_token, visit.qr_made_at = secrets.token_urlsafe(9), self._clock.now()
        visit.qr_account = ""
        return visit.qr_token

    def make_code(self, visit: Visit, to: str, purpose: str, subject: str) -> SentCode | None:
        """Return a fresh code for this address; None when the same one went out just now."""
        now, last = self._clock.now(), visit.code
        is_same = last is not None and (last.to, last.purpose, last.subject) == (
            to,
            purpose,
            subject,
        )
        if last is not None and is_same and now - last.sent_at < RESEND_AFTER:
            return None
        visit.code = SentCode(f"{secrets.randbelow(10_000):04d}", to, purpose, subject, now)
        return visit.code

    def check_code(self, visit: Visit, sent: SentCode, digits: str) -> str:
        """Return "" for the right code, once, else what is wrong with it in words."""
        if self._clock.now() - sent.sent_at >= CODE_LIFE:
            return "驗證碼過期了，請按「重新寄送」。"
        if sent.tries >= CODE_TRIES:
            return "試太多次了，請按「重新寄送」。"
        if not secrets.compare_digest(digits.strip().encode(), sent.digits.encode()):
            sent.tries += 1
            return "驗證碼不正確，請再看一次簡訊或信件。"
        visit.code = None
        return ""
