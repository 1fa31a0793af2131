"""Cards: given to a child, ended, moved; and taps of a card nobody knew, once it is known."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlmodel import Session, col

from core.attendance.day_record import DayKey, lock_days, record_days
from core.audit import record_audit
from core.clock import at_taipei, school_day_of
from core.endings import note_ending
from core.errors import AccessError, InputError
from core.gate.batch import CARD_UID
from core.gate.day_facts import read_day_facts
from core.gate.tables import Reader, Tap, Verdict
from core.people.tables import Card, Student

# Cards handled by one statement: a city's roster brings 260,000.
CHUNK = 500


@dataclass(frozen=True, slots=True)
class _Kept:
    """A tap of a card that was unknown, and the child whose card it is now."""

    tap_id: UUID
    school_day: date
    student_id: UUID
    school_code: str
    grade: int

    @property
    def key(self) -> DayKey:
        return self.student_id, self.school_day


def give_card(
    session: Session, liff_id: str, *, uid: str, student_id: UUID, by: str, now: datetime
) -> int:
    """Make the card the child's from now on, like `give_cards`. Raises AccessError 404 as well."""
    if session.get(Student, student_id) is None:
        raise AccessError("no_such_student")
    return give_cards(session, liff_id, {uid: student_id}, by=by, now=now)


def holder_of(session: Session, uid: str) -> Student | None:
    """Return whose living card it is. Raises InputError malformed."""
    living = (col(Card.uid) == _normalise(uid), col(Card.valid_until).is_(None))
    owner = col(Student.id) == col(Card.student_id)
    return session.scalars(select(Student).join(Card, owner).where(*living)).first()


def give_cards(
    session: Session, liff_id: str, owners: Mapping[str, UUID], *, by: str, now: datetime
) -> int:
    """Make cards, by chip, these children's from now on; joins the transaction.

    Whoever held one loses it, and a child's earlier card ends, as a reissue blocks it. A card
    nobody ever held counts from this morning, so that taps made before the roster came find their
    child. Return how many such taps did. Raises InputError malformed.
    """
    wanted = {_normalise(uid): student_id for uid, student_id in owners.items()}
    matched = 0
    for uids in _chunks(list(wanted)):
        matched += _give(session, liff_id, {uid: wanted[uid] for uid in uids}, by, now)
    return matched


def _give(
    session: Session, liff_id: str, owners: Mapping[str, UUID], by: str, now: datetime
) -> int:
    before = session.scalars(select(Card).where(col(Card.uid).in_(owners))).all()
    held = {card.uid: card.student_id for card in before if card.valid_until is None}
    new = {uid: child for uid, child in owners.items() if held.get(uid) != child}
    _end_earlier(session, new, now)
    used = {card.uid for card in before}
    morning = at_taipei(school_day_of(now), time())
    for uid, child in new.items():
        session.add(Card(uid=uid, student_id=child, valid_from=now if uid in used else morning))
        subject = f"student:{child}"
        record_audit(session, actor=by, action="card.give", subject=subject, now=now)
    session.flush()
    return match_unknown(session, liff_id, list(new), now) if new else 0


def _end_earlier(session: Session, owners: Mapping[str, UUID], now: datetime) -> None:
    """End these cards, whoever holds them, and every other card of their new owners."""
    is_given = or_(col(Card.uid).in_(owners), col(Card.student_id).in_(set(owners.values())))
    session.execute(
        update(Card)
        .where(is_given, col(Card.valid_until).is_(None))
        .values(valid_until=now)
        .execution_options(synchronize_session=False)
    )


def end_card(session: Session, *, uid: str, by: str, now: datetime) -> None:
    """End a card for good: its later taps are no news of anybody. Raises AccessError 404."""
    student_id = _end(session, _normalise(uid), now)
    if student_id is None:
        raise AccessError("no_such_card")
    subject = f"student:{student_id}"
    record_audit(session, actor=by, action="card.end", subject=subject, now=now)


def match_unknown(session: Session, liff_id: str, uids: Collection[str], now: datetime) -> int:
    """Give kept taps of cards that are known now to their children, and decide their days anew.

    Return how many were matched; joins the caller's transaction, which holds no day rows yet.
    """
    kept = [
        _Kept(row[0], row[1], row[2], row[3], row[4]) for row in session.execute(_unmatched(uids))
    ]
    held = lock_days(session, {one.key for one in kept})
    taken = [one for one in kept if _take(session, one, now)]
    if taken:
        places = {one.student_id: (one.school_code, one.grade) for one in taken}
        facts = read_day_facts(session, places, {one.key for one in taken})
        new_taps = {one.tap_id for one in taken}
        record_days(session, liff_id, held, facts, new_taps=new_taps, now=now)
    return len(kept)


def _chunks(uids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (uids[start : start + CHUNK] for start in range(0, len(uids), CHUNK))


def _normalise(uid: str) -> str:
    folded = uid.strip().upper()
    if not CARD_UID.fullmatch(folded):
        raise InputError("malformed", "uid")
    return folded


def _end(session: Session, uid: str, now: datetime) -> UUID | None:
    ended = session.execute(
        update(Card)
        .where(col(Card.uid) == uid, col(Card.valid_until).is_(None))
        .values(valid_until=now)
        .returning(col(Card.id), col(Card.student_id))
    ).first()
    if ended is None:
        return None
    note_ending(session, "card", ended.id, now)
    student_id: UUID = ended.student_id
    return student_id


def _unmatched(uids: Collection[str]) -> Any:
    return (
        select(
            col(Tap.id),
            col(Tap.school_day),
            col(Student.id),
            col(Student.school_code),
            col(Student.grade),
        )
        .join(Card, col(Card.uid) == col(Tap.card_uid))
        .join(Student, col(Student.id) == col(Card.student_id))
        # A tap at another school's gate stays unknown: it is no news of this child's school day.
        .join(Reader, col(Reader.id) == col(Tap.reader_id))
        .where(
            col(Tap.card_uid).in_(uids),
            col(Tap.verdict) == Verdict.UNKNOWN_CARD,
            col(Tap.effective_at) >= col(Card.valid_from),
            col(Card.valid_until).is_(None),
            col(Reader.school_code) == col(Student.school_code),
        )
        .order_by(col(Tap.effective_at), col(Tap.id))
    )


def _take(session: Session, one: _Kept, now: datetime) -> bool:
    """Tell whether this transaction was the one that matched the tap."""
    statement = (
        update(Tap)
        .where(col(Tap.id) == one.tap_id, col(Tap.verdict) == Verdict.UNKNOWN_CARD)
        .values(verdict=Verdict.ACCEPTED, student_id=one.student_id, matched_at=now)
        .returning(col(Tap.id))
        .execution_options(synchronize_session=False)
    )
    return session.execute(statement).first() is not None
