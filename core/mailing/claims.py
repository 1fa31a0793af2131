"""Letters that are due: leased to one sender for a while, after the last look at who may read them.

The address is the guardian's first verified one at that moment; it is not kept with the notice.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, exists, or_, select
from sqlmodel import Session, col

from core.calendar.offered import Offered, schools_of
from core.clock import school_day_of
from core.crypto import Vault
from core.kinds import Channel, EventKind, NoticeKind, NoticeState
from core.languages.language import SOURCE, Language, language_of
from core.mailing.links import Letters
from core.notices.letters import Written, read_letter
from core.notices.queue import Held, end_unsent, has_due, is_free, lease_due, with_readers
from core.notices.tables import Notice
from core.people.contacts import EMAILS, Contact, verified_in
from core.people.subscriptions import boxes_of
from core.people.tables import Binding, Guardian, Subscription

# Outlasts a batch that begins late and a conversation of which every step takes as long as it may.
LEASE = timedelta(seconds=180)
TICKED = frozenset(kind.value for kind in EventKind)
OF_ANY_CHILD = frozenset({NoticeKind.CLOSURE_ON, NoticeKind.CLOSURE_OFF, NoticeKind.EMAIL_DIGEST})
NOT_WANTED, NOT_OFFERED, NO_ADDRESS = "not_wanted", "not_offered", "no_address"
UNREADABLE = "unreadable"
# What could not reach its reader leaves the way to the next channel open.
ENDS = {
    NOT_WANTED: NoticeState.CANCELLED,
    NOT_OFFERED: NoticeState.REFUSED,
    NO_ADDRESS: NoticeState.REFUSED,
    UNREADABLE: NoticeState.DEAD,
}


@dataclass(frozen=True, slots=True)
class LetterOut:
    """A letter in a sender's hands. `key` is its identity, the same at every try.

    `was_tried`: an earlier sender had it and never said what became of it. `letters` are those its
    reader can end.
    """

    id: UUID
    lease_token: UUID
    kind: NoticeKind
    key: UUID
    written: Written
    contact: Contact
    letters: Letters
    language: Language
    attempts: int
    was_tried: bool
    created_at: datetime
    expires_at: datetime

    @property
    def held(self) -> Held:
        """Return by what it is settled."""
        return Held(self.id, self.lease_token, self.was_tried)

    @property
    def address(self) -> str:
        """Return where it goes, in clear."""
        return self.contact.address


def has_letters(session: Session, now: datetime) -> bool:
    """Tell whether a letter is due; only reads."""
    return has_due(session, Channel.EMAIL, is_free(now), now)


def claim_letters(session: Session, vault: Vault, *, limit: int, now: datetime) -> list[LetterOut]:
    """Lease up to `limit` due letters, most urgent first; joins the caller's transaction.

    One about a child at a time for each guardian, oldest first. What may not be told any more, or
    has nowhere to go, ends here. One whose sender died goes again, under the same Message-ID.
    """
    free = is_free(now)
    taken = lease_due(session, Channel.EMAIL, free, lease=LEASE, limit=limit, now=now)
    if not taken:
        return []
    found = []
    look = _LastLook(session, school_day_of(now))
    rows: list[Any] = list(session.execute(with_readers(list(taken))))
    for notice, guardian, binding in rows:
        written, contact = _written(notice), verified_email(vault, guardian)
        word = look.why_not(notice, guardian, binding, written)
        if word or contact is None or written is None:
            word = word or NO_ADDRESS
            tried_at = taken[notice.id]
            end_unsent(session, notice.id, ENDS[word], word, now, tried_at=tried_at)
            continue
        out = _letter_out(notice, guardian, binding, contact, written)
        found.append(replace(out, was_tried=taken[notice.id] is not None))
    return found


def verified_email(vault: Vault, guardian: Guardian) -> Contact | None:
    """Return where letters go: Email1, or Email2 while only that one is verified."""
    return verified_in(vault, guardian, *EMAILS)


def is_welcome(binding: Any = Binding) -> ColumnElement[bool]:
    """Return the condition that letters about the child were not ended, or ticked again since."""
    ticked = exists().where(
        col(Subscription.binding_id) == col(binding.id),
        col(Subscription.channel) == Channel.EMAIL,
        col(Subscription.is_on),
    )
    return or_(col(binding.emails_stopped_at).is_(None), ticked)


class _LastLook:
    """Whether letters may still be read by whom they are for."""

    def __init__(self, session: Session, today: date) -> None:
        self._session = session
        self._offered = Offered(session, Channel.EMAIL, today)

    def why_not(
        self, notice: Notice, guardian: Guardian, binding: Binding | None, written: Written | None
    ) -> str | None:
        """Return our word for why it may not go, None for it may."""
        if written is None:
            return UNREADABLE
        has_stopped = guardian.stopped_at is not None or guardian.erased_at is not None
        if has_stopped or not self._is_wanted(notice, binding, written):
            return NOT_WANTED
        return None if self._offered.at_any(self._schools(notice)) else NOT_OFFERED

    def _is_wanted(self, notice: Notice, binding: Binding | None, written: Written) -> bool:
        if notice.kind in OF_ANY_CHILD:
            return bool(self._schools(notice))
        if binding is None:
            return False
        if notice.kind not in TICKED:
            return True
        if not written.is_fallback:
            return (Channel.EMAIL, EventKind(notice.kind)) in boxes_of(self._session, binding.id)
        asked = select(col(Binding.id)).where(col(Binding.id) == binding.id, is_welcome())
        return self._session.execute(asked).first() is not None

    def _schools(self, notice: Notice) -> Sequence[str]:
        return schools_of(self._session, notice, is_welcome())


def _written(notice: Notice) -> Written | None:
    try:
        return read_letter(bytes(notice.content))
    except (ValueError, LookupError, TypeError):
        return None


def _letter_out(
    notice: Notice, guardian: Guardian, binding: Binding | None, contact: Contact, written: Written
) -> LetterOut:
    assert notice.lease_token is not None  # noqa: S101  # set by the claim
    return LetterOut(
        notice.id,
        notice.lease_token,
        NoticeKind(notice.kind),
        notice.retry_key,
        written,
        contact,
        Letters(guardian.id, binding.id if binding else None),
        written.language or language_of(guardian.locale) or SOURCE,
        notice.attempts,
        False,
        notice.created_at,
        notice.expires_at,
    )
