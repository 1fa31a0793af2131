"""Links made and ended, with all that hangs on them: what waits, who is signed in, who is told."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, select, update
from sqlmodel import Session, col

from core.binding.delegate_ends import end_of_account
from core.binding.rules import codes_may_vouch
from core.clock import school_day_of
from core.crypto import fingerprint
from core.house import House
from core.kinds import UNFINISHED_STATES, NoticeKind, NoticeState
from core.languages.language import SOURCE, language_of
from core.notices.outbox import LINK_NEWS, NewNotice, enqueue, readdress
from core.notices.tables import Notice
from core.notices.templates import content_of
from core.notices.wording import NoticeFacts
from core.people.guardians import (
    Link,
    PassMember,
    guardian_name,
    link_account,
    unlink_account,
)
from core.people.names import masked_name
from core.people.sessions import end_all_sessions
from core.people.tables import AccountLink, Guardian
from core.settings import Settings

UNLINKED = "unlinked"
# In the audit: whether LINE took back what the user had allowed our login channel.
DEAUTHORIZED = "account.deauthorized"
DEAUTHORIZE_MISSED = "account.deauthorize_missed"


@dataclass(frozen=True, slots=True)
class Consented:
    """A member who said yes: whom to link, and to which version of the notice they agreed."""

    member: PassMember
    consent_version: str


def make_link(
    session: Session, house: House, line_user_id: str, who: Consented, now: datetime
) -> Link:
    """Link, and tell the new LINE account and the one it moved from; joins the transaction.

    What waits for the guardian goes to the new account; the old one is signed out. What the account
    received of a child whom the guardian is kept from ends. A general member may be linked where a
    school's code can stand for the name. Raises AccessError ("general_member").
    """
    link = link_account(
        session,
        house.vault,
        line_user_id=line_user_id,
        member=who.member,
        consent_version=who.consent_version,
        now=now,
        may_be_general=codes_may_vouch(session),
    )
    addresses = [(NoticeKind.LINK_NEW, line_user_id)]
    if link.moved_from is not None:
        addresses.append((NoticeKind.LINK_OLD, link.moved_from))
        readdress(
            session,
            guardian_id=link.guardian.id,
            moved_from=link.moved_from,
            line_user_id=line_user_id,
        )
        end_all_sessions(session, link.moved_from, now)
        cancel_unlinked(session, link.moved_from, now)
    # The account may have been another guardian's until now.
    cancel_unlinked(session, line_user_id, now)
    end_of_account(session, house.vault, link.guardian.id, line_user_id, now)
    _tell(session, house, link.guardian, addresses, now)
    return link


def end_link(session: Session, line_user_id: str, now: datetime) -> UUID | None:
    """End the LINE user's link, what waits for it and its sessions; joins the transaction.

    Returns whose it was, None when there was no link. Nobody is told.
    """
    guardian_id = unlink_account(session, line_user_id=line_user_id, now=now)
    if guardian_id is None:
        return None
    cancel_unlinked(session, line_user_id, now)
    end_all_sessions(session, line_user_id, now)
    return guardian_id


def end_link_and_tell(
    session: Session, house: House, line_user_id: str, now: datetime
) -> UUID | None:
    """End the LINE user's link as end_link does, and say so in the chat."""
    guardian_id = end_link(session, line_user_id, now)
    if guardian_id is not None:
        guardian = session.get_one(Guardian, guardian_id)
        _tell(session, house, guardian, [(NoticeKind.UNLINKED, line_user_id)], now)
    return guardian_id


def cancel_unlinked(session: Session, line_user_id: str, now: datetime) -> None:
    """Stop what waits for a LINE user on behalf of guardians it is not linked to any more.

    What a sender has in hand gets no further try. News of the link itself goes out. Joins the
    caller's transaction.
    """
    is_linked = exists().where(
        col(AccountLink.guardian_id) == col(Notice.guardian_id),
        col(AccountLink.line_user_id) == line_user_id,
        col(AccountLink.unlinked_at).is_(None),
    )
    theirs = (
        col(Notice.line_user_id) == line_user_id,
        col(Notice.guardian_id).is_not(None),
        # What somebody receives in another's stead hangs on no link of theirs.
        col(Notice.delegate_id).is_(None),
        col(Notice.kind).not_in(LINK_NEWS),
        ~is_linked,
    )
    in_hand = col(Notice.state).in_(UNFINISHED_STATES)
    # Taken in the order of their ids, as everywhere, before any of them is changed.
    session.execute(
        select(col(Notice.id)).where(*theirs, in_hand).order_by(col(Notice.id)).with_for_update()
    )
    cancelled = {"state": NoticeState.CANCELLED, "outcome": UNLINKED, "settled_at": now}
    changes: dict[NoticeState, dict[str, object]] = {
        NoticeState.PENDING: cancelled,
        NoticeState.LEASED: {"expires_at": now},
    }
    for state, values in changes.items():
        session.execute(
            update(Notice)
            .where(*theirs, col(Notice.state) == state)
            .values(**values)
            .execution_options(synchronize_session=False)
        )


def link_page(settings: Settings, path: str) -> str:
    """Return the LIFF address of a page of ours; an empty path is the start."""
    return f"https://liff.line.me/{settings.liff_id}{path}"


def _tell(
    session: Session,
    house: House,
    guardian: Guardian,
    addresses: list[tuple[NoticeKind, str]],
    now: datetime,
) -> None:
    notices = [
        NewNotice(
            kind=kind,
            guardian_id=guardian.id,
            line_user_id=address,
            school_day=school_day_of(now),
            at=now,
            # A link can move to and fro within a day, and each move is told.
            about=f"{fingerprint(address)[:16]}/{now.timestamp():.0f}",
            content=content_of(kind, _facts(house, guardian, kind, now)),
        )
        for kind, address in addresses
    ]
    enqueue(session, notices, now)


def _facts(house: House, guardian: Guardian, kind: NoticeKind, now: datetime) -> NoticeFacts:
    return NoticeFacts(
        child="",
        school="",
        school_phone="",
        school_day=school_day_of(now),
        link=link_page(house.settings, "" if kind is NoticeKind.UNLINKED else "/account/unlink"),
        at=now,
        member=masked_name(guardian_name(house.vault, guardian)),
        hotline=house.settings.hotline,
        # The former LINE account is still the same person's.
        language=language_of(guardian.locale) or SOURCE,
    )
