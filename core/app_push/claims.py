"""App pushes that are due: leased to one sender for a while, after the last look at who reads.

The token is the guardian's at that moment; it is not kept with the notice.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session

from core.calendar.offered import Offered, schools_of
from core.clock import school_day_of
from core.crypto import Vault
from core.kinds import Channel, EventKind, NoticeKind, NoticeState
from core.notices.app_pushes import AppMessage, read_app_message
from core.notices.queue import Held, end_unsent, has_due, is_free, lease_due, with_readers
from core.notices.tables import Notice
from core.people.app_tokens import app_token_of
from core.people.subscriptions import boxes_of
from core.people.tables import Binding, Guardian
from core.post.app_push import Push

# Outlasts a batch that begins late and answers that take as long as they may, question and message.
LEASE = timedelta(seconds=180)
TICKED = frozenset(kind.value for kind in EventKind)
NOT_WANTED, NOT_OFFERED, NO_APP = "not_wanted", "not_offered", "no_app"
UNREADABLE = "unreadable"
# What could not reach its reader counts as failed, what nobody wants to read any more does not.
ENDS = {
    NOT_WANTED: NoticeState.CANCELLED,
    NOT_OFFERED: NoticeState.REFUSED,
    NO_APP: NoticeState.REFUSED,
    UNREADABLE: NoticeState.DEAD,
}


@dataclass(frozen=True, slots=True)
class PushOut:
    """A push in a sender's hands. Where an earlier try may have left, `held` says so."""

    held: Held
    kind: NoticeKind
    guardian_id: UUID
    push: Push
    attempts: int


def has_pushes(session: Session, now: datetime) -> bool:
    """Tell whether a push is due; only reads."""
    return has_due(session, Channel.APP, is_free(now), now)


def claim_pushes(session: Session, vault: Vault, *, limit: int, now: datetime) -> list[PushOut]:
    """Lease up to `limit` due pushes, most urgent first; joins the caller's transaction.

    One about a child at a time for each guardian, oldest first. What may not be told any more, or
    has nowhere to go, ends here. One whose sender died goes again, under the same client id.
    """
    free = is_free(now)
    taken = lease_due(session, Channel.APP, free, lease=LEASE, limit=limit, now=now)
    if not taken:
        return []
    found, look = [], _LastLook(session, now)
    rows: list[Any] = list(session.execute(with_readers(list(taken))))
    for notice, guardian, binding in rows:
        message, token = _message(notice), app_token_of(vault, guardian)
        word = look.why_not(notice, guardian, binding, message)
        if word is None and not token:
            word = NO_APP
        tried_at = taken[notice.id]
        if word is not None or message is None:
            word = word or UNREADABLE
            end_unsent(session, notice.id, ENDS[word], word, now, tried_at=tried_at)
            continue
        was_tried = tried_at is not None
        found.append(_push_out(notice, guardian, message, token, was_tried=was_tried))
    return found


class _LastLook:
    """Whether pushes may still be read by whom they are for."""

    def __init__(self, session: Session, now: datetime) -> None:
        self._session = session
        self._offered = Offered(session, Channel.APP, school_day_of(now))

    def why_not(
        self,
        notice: Notice,
        guardian: Guardian,
        binding: Binding | None,
        message: AppMessage | None,
    ) -> str | None:
        """Return our word for why it may not go, None for it may."""
        if message is None:
            return UNREADABLE
        if guardian.stopped_at is not None or guardian.erased_at is not None:
            return NOT_WANTED
        schools = schools_of(self._session, notice)
        if not schools or not self._is_wanted(notice, binding):
            return NOT_WANTED
        return None if self._offered.at_any(schools) else NOT_OFFERED

    def _is_wanted(self, notice: Notice, binding: Binding | None) -> bool:
        if notice.student_id is None:
            return True
        if binding is None or notice.kind not in TICKED:
            return binding is not None
        return (Channel.APP, EventKind(notice.kind)) in boxes_of(self._session, binding.id)


def _message(notice: Notice) -> AppMessage | None:
    try:
        return read_app_message(bytes(notice.content))
    except (ValueError, LookupError, TypeError):
        return None


def _push_out(
    notice: Notice, guardian: Guardian, message: AppMessage, token: str, *, was_tried: bool
) -> PushOut:
    assert notice.lease_token is not None  # noqa: S101  # set by the claim
    return PushOut(
        Held(notice.id, notice.lease_token, was_tried),
        NoticeKind(notice.kind),
        guardian.id,
        Push(
            notice.retry_key,
            token,
            message.title,
            message.text,
            message.link,
            notice.expires_at,
        ),
        notice.attempts,
    )
