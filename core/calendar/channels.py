"""Channels offered: what guardians can choose this term, as the city and each school say it.

A school only narrows what the city offers; where nobody said anything, LINE is offered and nothing
else is, until its sender is connected and the bureau says so.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, bindparam, update
from sqlmodel import Session, col, select

from core.audit import record_audit
from core.calendar.school_days import NO_GRADE, place_of
from core.calendar.scopes import CITY, Place
from core.calendar.semesters import Semester, semester_on
from core.calendar.tables import ChannelOffer
from core.db import table_of
from core.errors import InputError
from core.kinds import Channel, OfferState
from core.rows import is_one_of, run

LONGEST_NOTE = 40
# From the widest to the narrowest.
WIDTH = (OfferState.OFFERED, OfferState.BEST_EFFORT, OfferState.NOT_OFFERED)


@dataclass(frozen=True, slots=True)
class Offer:
    """How a channel stands, and a short sentence for guardians (zh-TW), which may be empty."""

    state: OfferState
    note: str = ""

    @property
    def can_be_chosen(self) -> bool:
        """Tell whether guardians can tick it."""
        return self.state is not OfferState.NOT_OFFERED


Offers = Mapping[Channel, Offer]
UNSAID: Offers = {
    channel: Offer(OfferState.OFFERED if channel is Channel.LINE else OfferState.NOT_OFFERED)
    for channel in Channel
}


@dataclass(frozen=True, slots=True)
class OfferChange:
    """What would change for a channel."""

    channel: Channel
    before: Offer
    after: Offer


def semester_at(session: Session, scope: str, day: date) -> Semester:
    """Return the semester of a Taipei date for the city or a school."""
    place = place_of(session, scope) if scope != CITY else Place("", NO_GRADE)
    return semester_on(session, place, day)


def offered(session: Session, school_code: str, day: date) -> dict[Channel, Offer]:
    """Return what the school's guardians can choose on a Taipei date; three small queries."""
    semester = semester_at(session, school_code, day)
    said = _said(session, (CITY, school_code), semester)
    return {
        channel: _narrowed(said.get((CITY, channel), usual), said.get((school_code, channel)))
        for channel, usual in UNSAID.items()
    }


def choosable(session: Session, school_codes: Collection[str], day: date) -> frozenset[Channel]:
    """Return what can be chosen at one of the schools at least; in the city where there is none."""
    return frozenset(
        channel
        for scope in school_codes or (CITY,)
        for channel, offer in offered(session, scope, day).items()
        if offer.can_be_chosen
    )


def offers_of(session: Session, scope: str, semester: Semester) -> dict[Channel, Offer]:
    """Return what a scope itself says of a semester: of the city, or of a school below it."""
    said = _said(session, (CITY, scope), semester)
    city = {channel: said.get((CITY, channel), usual) for channel, usual in UNSAID.items()}
    if scope == CITY:
        return city
    return {channel: _narrowed(of, said.get((scope, channel))) for channel, of in city.items()}


def changes_of(
    session: Session, scope: str, semester: Semester, wanted: Offers
) -> list[OfferChange]:
    """Return what a scope's wish would change. Raises InputError with the channel as field.

    `wider`: a school offers more than the city. `line_stays`: everything is told over LINE first,
    so it can be slow but never off. `length`: the note is too long.
    """
    city = offers_of(session, CITY, semester)
    before = offers_of(session, scope, semester)
    for channel, wish in wanted.items():
        _check(channel, wish, city[channel] if scope != CITY else None)
    after = {
        channel: wish if scope == CITY else _narrowed(city[channel], wish)
        for channel, wish in wanted.items()
    }
    return [
        OfferChange(channel, before[channel], wish)
        for channel, wish in after.items()
        if wish != before[channel]
    ]


def set_offers(
    session: Session, scope: str, semester: Semester, wanted: Offers, *, by: str, now: datetime
) -> list[OfferChange]:
    """Write what differs, counting at once, and return it; joins the caller's transaction.

    Raises InputError as `changes_of` does.
    """
    changes = changes_of(session, scope, semester, wanted)
    city = offers_of(session, CITY, semester) if scope != CITY else {}
    for change in changes:
        is_as_city = change.after == city.get(change.channel)
        _write(session, scope, semester, change, by, now, is_kept=not is_as_city)
    if changes:
        subject = f"channels:{scope}/{semester.year}-{semester.number}"
        record_audit(session, actor=by, action="channels.set", subject=subject, now=now)
    return changes


def last_change(session: Session, scope: str, semester: Semester) -> ChannelOffer | None:
    """Return the newest row of a scope, which says who changed it last and when."""
    statement = (
        select(ChannelOffer)
        .where(*_of(scope, semester))
        .order_by(col(ChannelOffer.recorded_at).desc(), col(ChannelOffer.id))
        .limit(1)
    )
    return session.exec(statement).first()


def _check(channel: Channel, wish: Offer, city: Offer | None) -> None:
    if channel is Channel.LINE and not wish.can_be_chosen:
        raise InputError("line_stays", channel)
    if city is not None and WIDTH.index(wish.state) < WIDTH.index(city.state):
        raise InputError("wider", channel)
    if len(wish.note) > LONGEST_NOTE:
        raise InputError("length", channel)


def _narrowed(city: Offer, own: Offer | None) -> Offer:
    if own is None or WIDTH.index(own.state) < WIDTH.index(city.state):
        return city
    return Offer(own.state, own.note or (city.note if own.state is city.state else ""))


def _said(
    session: Session, scopes: tuple[str, ...], semester: Semester
) -> dict[tuple[str, Channel], Offer]:
    wanted = {"scopes": list(scopes), "year": semester.year, "number": semester.number}
    return {
        (row.scope, Channel(row.channel)): Offer(OfferState(row.state), row.note)
        for row in run(session, _offers, wanted)
    }


@cache
def _offers(engine: str) -> Any:
    row = table_of(ChannelOffer).c
    return select(row.scope, row.channel, row.state, row.note).where(
        is_one_of(engine, row.scope, "scopes"),
        row.school_year == bindparam("year"),
        row.term == bindparam("number"),
        row.ended_at.is_(None),
    )


def _write(
    session: Session,
    scope: str,
    semester: Semester,
    change: OfferChange,
    by: str,
    now: datetime,
    *,
    is_kept: bool,
) -> None:
    current = (
        *_of(scope, semester),
        col(ChannelOffer.channel) == change.channel,
        col(ChannelOffer.ended_at).is_(None),
    )
    session.execute(update(ChannelOffer).where(*current).values(ended_at=now))
    if not is_kept:
        # A school that wants no more than the city says nothing, and follows the city from now on.
        return
    session.add(
        ChannelOffer(
            scope=scope,
            school_year=semester.year,
            term=semester.number,
            channel=change.channel,
            state=change.after.state,
            note=change.after.note,
            recorded_by=by,
            recorded_at=now,
        )
    )
    session.flush()


def _of(scope: str, semester: Semester) -> tuple[ColumnElement[bool], ...]:
    return (
        col(ChannelOffer.scope) == scope,
        col(ChannelOffer.school_year) == semester.year,
        col(ChannelOffer.term) == semester.number,
    )
