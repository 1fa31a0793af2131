"""Channels offered: the city says, a school narrows, each semester by itself."""

from datetime import date

import pytest
from sqlmodel import select

from core.audit import AuditEntry
from core.calendar.channels import Offer, changes_of, last_change, offered, set_offers
from core.calendar.scopes import CITY
from core.calendar.semesters import Semester
from core.calendar.tables import ChannelOffer, Term
from core.db import snapshot, transaction
from core.errors import InputError
from core.house import House
from core.kinds import Channel, OfferState
from tests.factories import LONG_AGO, make_school

MONDAY = date(2026, 11, 23)
TERM = Semester(115, 1)
EMAIL = Channel.EMAIL
ON, SLOW = Offer(OfferState.OFFERED), Offer(OfferState.BEST_EFFORT)
NONE = Offer(OfferState.NOT_OFFERED)


@pytest.fixture(autouse=True)
def school(house: House) -> None:
    with transaction(house.engine) as session:
        make_school(session)


def say(house: House, scope: str, semester: Semester = TERM, **offers: Offer) -> None:
    wanted = {Channel(name): offer for name, offer in offers.items()}
    with transaction(house.engine) as session:
        set_offers(session, scope, semester, wanted, by="staff:x", now=house.clock.now())


def read(house: House, channel: Channel = EMAIL, day: date = MONDAY) -> Offer:
    with snapshot(house.engine) as session:
        return offered(session, "353607", day)[channel]


def test_line_is_offered_and_nothing_else_until_somebody_says_so(house: House) -> None:
    with snapshot(house.engine) as session:
        offers = offered(session, "353607", MONDAY)
    assert [one for one, offer in offers.items() if offer.can_be_chosen] == [Channel.LINE]


def test_the_city_counts_for_every_school_and_this_semester_only(house: House) -> None:
    say(house, CITY, email=Offer(OfferState.BEST_EFFORT, "尖峰時段可能晚到"))
    assert read(house) == Offer(OfferState.BEST_EFFORT, "尖峰時段可能晚到")
    assert read(house, day=date(2027, 3, 1)) == NONE
    assert read(house, day=date(2026, 6, 1)) == NONE


def test_a_school_narrows_and_never_widens(house: House) -> None:
    say(house, CITY, email=SLOW)
    with pytest.raises(InputError, match="wider"):
        say(house, "353607", email=ON)
    with pytest.raises(InputError, match="wider"):
        say(house, "353607", sms=SLOW)
    say(house, "353607", email=Offer(OfferState.NOT_OFFERED, "請用 LINE"))
    assert read(house) == Offer(OfferState.NOT_OFFERED, "請用 LINE")


def test_what_the_city_closes_is_closed_at_a_school_that_had_its_own(house: House) -> None:
    say(house, CITY, email=ON)
    say(house, "353607", email=SLOW)
    assert read(house) == SLOW
    say(house, CITY, email=NONE)
    assert read(house) == NONE


def test_a_school_back_at_the_citys_word_follows_the_city(house: House) -> None:
    say(house, CITY, email=SLOW)
    say(house, "353607", email=NONE)
    say(house, "353607", email=SLOW)
    say(house, CITY, email=ON)
    assert read(house) == ON


def test_line_can_be_slow_but_never_off(house: House) -> None:
    with pytest.raises(InputError, match="line_stays"):
        say(house, CITY, line=NONE)
    say(house, "353607", line=SLOW)
    assert read(house, Channel.LINE) == SLOW


def test_each_change_is_dated_attributed_and_kept(house: House) -> None:
    say(house, CITY, email=ON)
    say(house, CITY, email=NONE)
    say(house, CITY, email=NONE)
    with snapshot(house.engine) as session:
        rows = session.exec(select(ChannelOffer)).all()
        entries = session.exec(select(AuditEntry.subject)).all()
        last = last_change(session, CITY, TERM)
    assert [row.ended_at is None for row in sorted(rows, key=lambda one: one.state)] == [
        True,
        False,
    ]
    assert {row.recorded_by for row in rows} == {"staff:x"}
    assert entries == ["channels:city/115-1"] * 2
    assert last is not None


def test_changes_are_told_before_they_are_made(house: House) -> None:
    with snapshot(house.engine) as session:
        (change,) = changes_of(session, CITY, TERM, {EMAIL: ON, Channel.LINE: ON})
    assert (change.channel, change.before, change.after) == (EMAIL, NONE, ON)
    assert read(house) == NONE


@pytest.mark.parametrize(
    ("day", "semester"),
    [
        (date(2026, 8, 1), (115, 1)),
        (date(2027, 1, 20), (115, 1)),
        (date(2027, 1, 21), (115, 2)),
        (date(2027, 7, 31), (115, 2)),
    ],
)
def test_semesters_turn_where_the_statute_says(
    house: House, day: date, semester: tuple[int, int]
) -> None:
    say(house, CITY, Semester(*semester), email=ON)
    assert read(house, day=day) == ON


def test_a_term_that_was_typed_in_says_when_the_first_half_ends(house: House) -> None:
    with transaction(house.engine) as session:
        session.add(_term(date(2027, 1, 15)))
    say(house, CITY, Semester(115, 2), email=ON)
    assert read(house, day=date(2027, 1, 15)) == NONE
    assert read(house, day=date(2027, 1, 16)) == ON


def _term(last: date) -> Term:
    return Term(
        scope=CITY,
        school_year=115,
        number=1,
        first_day=date(2026, 8, 31),
        last_day=last,
        source="",
        recorded_by="",
        recorded_at=LONG_AGO,
    )


def test_note_is_short(house: House) -> None:
    with pytest.raises(InputError, match="length"):
        say(house, CITY, email=Offer(OfferState.OFFERED, "慢" * 41))
