"""Asking for codes and typing them: limits, ends, and that nothing counts before it is proved."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlmodel import Session

from core.binding.tries import ADDRESS_LIMIT, CODES_LIMIT
from core.clock import school_day_of
from core.contact.proofs import (
    ADDRESS,
    CODE,
    TRIES,
    Asked,
    Tried,
    ask_code,
    last_proof,
    remove_contact,
    try_code,
)
from core.contact.tables import ContactProof, ProofState
from core.db import snapshot, transaction
from core.house import House
from core.kinds import NoticeKind, NoticeState
from core.notices.outbox import NewNotice, enqueue
from core.people.contacts import Contact, ContactSlot, contact_in
from core.people.tables import Guardian
from tests.factories import HUA, MEI, make_guardian

EMAIL1, EMAIL2, PHONE = ContactSlot
ONE, TWO, MOBILE = "mei@example.org", "work@example.org", "0900000101"


@pytest.fixture
def mei(house: House) -> UUID:
    """A guardian without any address."""
    with transaction(house.engine) as session:
        return make_guardian(session, house, MEI).id


def ask(house: House, guardian_id: UUID, slot: ContactSlot = EMAIL1, address: str = ONE) -> Asked:
    """Ask for a code, now."""
    with transaction(house.engine) as session:
        now = house.clock.now()
        return ask_code(session, house.vault, guardian_id, slot, address, now=now)


def enter(house: House, guardian_id: UUID, typed: str, slot: ContactSlot = EMAIL1) -> Tried:
    """Type a code, now."""
    with transaction(house.engine) as session:
        now = house.clock.now()
        return try_code(session, house.vault, guardian_id, slot, typed, now=now)


def code_of(house: House, guardian_id: UUID, slot: ContactSlot = EMAIL1) -> str:
    """The code that waits to be typed."""
    (row,) = [one for one in rows(house) if one.state == ProofState.WAITING and one.slot == slot]
    assert row.code_sealed is not None
    return house.vault.open(row.code_sealed, CODE)


def wrong(code: str) -> str:
    """Another code."""
    return f"{(int(code) + 1) % 10_000:04}"


def rows(house: House) -> list[ContactProof]:
    """Every proof, oldest first; of two of one moment the one that counts comes last."""
    with snapshot(house.engine) as session:
        found = session.scalars(select(ContactProof)).all()
    return sorted(found, key=lambda one: (one.asked_at, one.ended_at is None))


def held(house: House, guardian_id: UUID, slot: ContactSlot = EMAIL1) -> Contact:
    """What the guardian's row says."""
    with snapshot(house.engine) as session:
        return contact_in(house.vault, session.get_one(Guardian, guardian_id), slot)


def prove(house: House, guardian_id: UUID, slot: ContactSlot = EMAIL1, address: str = ONE) -> None:
    """Take an address all the way."""
    assert ask(house, guardian_id, slot, address) is Asked.SENT
    code = code_of(house, guardian_id, slot)
    assert enter(house, guardian_id, code, slot) is Tried.PROVED


def later(house: House, **span: float) -> None:
    """Let time pass."""
    house.clock.move_to(house.clock.now() + timedelta(**span))  # type: ignore[attr-defined]


@pytest.mark.parametrize(("slot", "address"), [(EMAIL1, ONE), (EMAIL2, TWO), (PHONE, MOBILE)])
def test_right_code_makes_the_address_count(
    house: House, mei: UUID, slot: ContactSlot, address: str
) -> None:
    assert ask(house, mei, slot, address) is Asked.SENT
    assert held(house, mei, slot) == Contact(slot, address, is_verified=False)
    assert enter(house, mei, code_of(house, mei, slot), slot) is Tried.PROVED
    assert held(house, mei, slot) == Contact(slot, address, is_verified=True)


def test_code_is_four_digits_and_sealed_and_gone_when_it_ends(house: House, mei: UUID) -> None:
    ask(house, mei)
    code = code_of(house, mei)
    assert len(code) == 4
    assert code.isdigit()
    (row,) = rows(house)
    assert code not in str(row.code_sealed)
    assert house.vault.open(row.address_sealed, ADDRESS) == ONE
    enter(house, mei, code)
    assert [one.code_sealed for one in rows(house)] == [None]


def test_fifth_wrong_code_ends_it_and_the_right_one_comes_too_late(house: House, mei: UUID) -> None:
    ask(house, mei)
    code = code_of(house, mei)
    tried = [enter(house, mei, wrong(code)) for _ in range(TRIES)]
    assert tried == [Tried.WRONG] * (TRIES - 1) + [Tried.SPENT]
    assert enter(house, mei, code) is Tried.NONE
    assert not held(house, mei).is_verified


def test_tries_are_counted_down_for_the_page(house: House, mei: UUID) -> None:
    ask(house, mei)
    enter(house, mei, wrong(code_of(house, mei)))
    with snapshot(house.engine) as session:
        proof = last_proof(session, house.vault, mei, EMAIL1)
    assert proof is not None
    assert proof.tries_left == TRIES - 1


def test_code_runs_out(house: House, mei: UUID) -> None:
    ask(house, mei)
    code = code_of(house, mei)
    later(house, minutes=15)
    assert enter(house, mei, code) is Tried.EXPIRED
    assert [one.state for one in rows(house)] == [ProofState.EXPIRED]
    assert enter(house, mei, code) is Tried.NONE


def test_code_of_one_field_opens_no_other(house: House, mei: UUID) -> None:
    ask(house, mei)
    assert enter(house, mei, code_of(house, mei), EMAIL2) is Tried.NONE


def test_new_code_to_the_same_address_waits_a_minute(house: House, mei: UUID) -> None:
    ask(house, mei)
    later(house, seconds=59)
    assert ask(house, mei, address=ONE.upper()) is Asked.WAIT
    later(house, seconds=1)
    first = code_of(house, mei)
    assert ask(house, mei) is Asked.SENT
    assert [one.state for one in rows(house)] == [ProofState.REPLACED, ProofState.WAITING]
    if first != code_of(house, mei):
        assert enter(house, mei, first) is Tried.WRONG


def test_mistyped_address_is_corrected_at_once_and_its_letter_stays(
    house: House, mei: UUID
) -> None:
    ask(house, mei, address="mei@exmaple.org")
    assert ask(house, mei) is Asked.SENT
    assert [one.letter for one in rows(house)] == [NoticeState.CANCELLED, NoticeState.PENDING]


def test_verified_address_counts_until_the_new_one_is_proved(house: House, mei: UUID) -> None:
    prove(house, mei)
    assert ask(house, mei, address=TWO) is Asked.SENT
    assert held(house, mei) == Contact(EMAIL1, ONE, is_verified=True)
    enter(house, mei, code_of(house, mei))
    assert held(house, mei) == Contact(EMAIL1, TWO, is_verified=True)


def test_proved_address_needs_no_second_code(house: House, mei: UUID) -> None:
    prove(house, mei)
    later(house, hours=1)
    assert ask(house, mei, address="MEI@example.org") is Asked.PROVED


@pytest.mark.parametrize("is_proved", [False, True])
def test_both_fields_never_hold_the_same(house: House, mei: UUID, is_proved: bool) -> None:
    (prove if is_proved else ask)(house, mei)
    assert ask(house, mei, EMAIL2, "Mei@Example.org") is Asked.SAME
    assert held(house, mei, EMAIL2).address == ""


def test_address_on_its_way_into_one_field_is_taken_for_the_other(house: House, mei: UUID) -> None:
    prove(house, mei)
    ask(house, mei, EMAIL1, TWO)
    assert ask(house, mei, EMAIL2, TWO) is Asked.SAME


def test_field_filled_meanwhile_is_seen_when_the_code_is_typed(house: House, mei: UUID) -> None:
    ask(house, mei, EMAIL2, TWO)
    with transaction(house.engine) as session:
        guardian = session.get_one(Guardian, mei)
        # As the next sign-in at Taipei Pass may bring it.
        guardian.email1_sealed = house.vault.seal(TWO, "guardian.email")
        session.add(guardian)
    assert enter(house, mei, code_of(house, mei, EMAIL2), EMAIL2) is Tried.SAME
    assert not held(house, mei, EMAIL2).is_verified


def test_address_somebody_else_has_gets_the_same_answer(house: House, mei: UUID) -> None:
    with transaction(house.engine) as session:
        hua = make_guardian(session, house, HUA, name="華大明").id
    prove(house, hua)
    assert ask(house, mei) is Asked.SENT
    assert enter(house, mei, code_of(house, mei)) is Tried.PROVED


def test_guardian_gets_only_so_many_codes_a_day(house: House, mei: UUID) -> None:
    asked = [ask(house, mei, address=f"m{place}@example.org") for place in range(CODES_LIMIT + 1)]
    assert asked == [Asked.SENT] * CODES_LIMIT + [Asked.LIMIT]
    later(house, hours=17)
    assert ask(house, mei) is Asked.SENT


def test_address_gets_only_so_many_codes_a_day_from_everybody(house: House, mei: UUID) -> None:
    with transaction(house.engine) as session:
        hua = make_guardian(session, house, HUA, name="華大明").id
    for _ in range(ADDRESS_LIMIT):
        assert ask(house, hua) is Asked.SENT
        later(house, minutes=1)
    assert ask(house, mei) is Asked.LIMIT
    assert ask(house, mei, address=TWO) is Asked.SENT


def test_removed_address_is_gone_and_so_is_the_code_on_its_way(house: House, mei: UUID) -> None:
    prove(house, mei)
    # Rows of one moment come in any order.
    later(house, minutes=2)
    ask(house, mei, address=TWO)
    with transaction(house.engine) as session:
        remove_contact(session, house.vault, mei, EMAIL1, house.clock.now())
    assert held(house, mei) == Contact(EMAIL1, "", is_verified=False)
    assert [one.state for one in rows(house)] == [ProofState.PROVED, ProofState.WITHDRAWN]
    assert enter(house, mei, "0000") is Tried.NONE


def at_once(work: Callable[[int], object], number: int) -> list[object]:
    """Do it in so many threads at the same time."""
    with ThreadPoolExecutor(number) as hands:
        return list(hands.map(work, range(number)))


def test_presses_at_once_send_one_code(house: House, mei: UUID) -> None:
    asked = at_once(lambda _: ask(house, mei), 6)
    assert sorted(map(str, asked)) == ["sent"] + ["wait"] * 5
    assert len(rows(house)) == 1


def test_guesses_at_once_are_five_and_no_more(house: House, mei: UUID) -> None:
    ask(house, mei)
    code = code_of(house, mei)
    tried = at_once(lambda _: enter(house, mei, wrong(code)), 8)
    assert sorted(map(str, tried)) == ["none"] * 3 + ["spent"] + ["wrong"] * 4


def test_database_itself_lets_one_code_wait(house: House, mei: UUID) -> None:
    ask(house, mei)

    def second(session: Session) -> None:
        row = rows(house)[0].model_dump(exclude={"id"})
        session.add(ContactProof(**row))
        session.flush()

    with pytest.raises(Exception, match=r"(?i)unique"), transaction(house.engine) as session:
        second(session)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_code_that_is_typed_holds_up_nobody_who_tells_the_guardian(house: House, mei: UUID) -> None:
    ask(house, mei, PHONE, MOBILE)
    code, now = code_of(house, mei, PHONE), house.clock.now()
    # An approval holds the order it tells of, for which the typed code waits in turn.
    news = NewNotice(
        kind=NoticeKind.SMS_APPROVED,
        guardian_id=mei,
        line_user_id=MEI,
        school_day=school_day_of(now),
        at=now,
        content=b"[]",
    )
    with transaction(house.engine) as typing:
        assert try_code(typing, house.vault, mei, PHONE, code, now=now) is Tried.PROVED
        with transaction(house.engine) as telling:
            telling.execute(text("SET LOCAL lock_timeout = '2s'"))
            assert enqueue(telling, [news], now) == 1
