"""Binding: five facts, one refusal, limits that last."""

from datetime import date, timedelta

import pytest
from sqlmodel import Session, select

from core.binding.trying import BindOutcome, BindResult, bind_child
from core.db import transaction
from core.errors import AccessError
from core.house import House
from core.kinds import Channel, EventKind
from core.people.bindings import children_of, get_child, unbind_child
from core.people.roster import Claim
from core.people.subscriptions import boxes_of
from core.people.tables import BindingAttempt, Guardian, Student
from tests.factories import HUA, claim_for, make_binding, make_guardian, make_school, make_student


def _try(session: Session, house: House, guardian: Guardian, claim: Claim) -> BindOutcome:
    return bind_child(
        session,
        house.vault,
        guardian_id=guardian.id,
        claim=claim,
        relationship="mother",
        now=house.clock.now(),
    )


@pytest.fixture
def mei_and_ming(house: House) -> tuple[Guardian, Student]:
    with transaction(house.engine) as session:
        make_school(session)
        return make_guardian(session, house), make_student(session, house)


def test_five_right_facts_bind_and_tick_every_line_box(
    house: House, mei_and_ming: tuple[Guardian, Student]
) -> None:
    mei, ming = mei_and_ming
    with transaction(house.engine) as session:
        outcome = _try(session, house, mei, claim_for(ming))
        assert outcome.result is BindResult.BOUND
        assert outcome.binding_id
        assert boxes_of(session, outcome.binding_id) == {(Channel.LINE, kind) for kind in EventKind}
        assert [child.given_name for child in children_of(session, mei.id)] == ["小明"]


@pytest.mark.parametrize("level", ["0", "00", "٣", "3000"])
def test_who_is_no_real_name_member_elsewhere_binds_by_no_facts(
    house: House, mei_and_ming: tuple[Guardian, Student], level: str
) -> None:
    mei, ming = mei_and_ming
    with transaction(house.engine) as session:
        session.get_one(Guardian, mei.id).verify_level = level
        session.flush()
        outcome = _try(session, house, mei, claim_for(ming))
        assert outcome.result is BindResult.GENERAL_MEMBER


@pytest.mark.parametrize(
    "spelling",
    [{"name": " 王 小明 "}, {"student_number": "１１５１０００１"}, {"national_id": " a1 "}],
)
def test_spelling_does_not_matter_but_facts_do(
    house: House, mei_and_ming: tuple[Guardian, Student], spelling: dict[str, str]
) -> None:
    mei, ming = mei_and_ming
    if "national_id" in spelling:
        spelling = {"national_id": f" {claim_for(ming).national_id.lower()} "}
    with transaction(house.engine) as session:
        assert _try(session, house, mei, claim_for(ming, **spelling)).result is BindResult.BOUND


@pytest.mark.parametrize(
    "wrong",
    [
        {"school_code": "313601"},
        {"student_number": "11510002"},
        {"name": "王小華"},
        {"national_id": "A123456789"},
        {"birth_date": date(2015, 3, 6)},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_any_wrong_fact_gives_the_same_refusal_and_counts(
    house: House, mei_and_ming: tuple[Guardian, Student], wrong: dict[str, object]
) -> None:
    mei, ming = mei_and_ming
    with transaction(house.engine) as session:
        refused = BindOutcome(BindResult.MISMATCH, left=4)
        assert _try(session, house, mei, claim_for(ming, **wrong)) == refused
        assert len(session.exec(select(BindingAttempt)).all()) == 1
        assert children_of(session, mei.id) == []


def test_sealed_child_is_refused_like_a_wrong_fact(
    house: House, mei_and_ming: tuple[Guardian, Student]
) -> None:
    mei, ming = mei_and_ming
    with transaction(house.engine) as session:
        ming.is_sealed = True
        session.add(ming)
        session.flush()
        assert _try(session, house, mei, claim_for(ming)).result is BindResult.MISMATCH


def test_after_five_misses_the_guardian_waits_until_the_next_day(
    house: House, mei_and_ming: tuple[Guardian, Student]
) -> None:
    mei, ming = mei_and_ming
    for _ in range(5):
        with transaction(house.engine) as session:
            _try(session, house, mei, claim_for(ming, name="王小華"))
    with transaction(house.engine) as session:
        assert _try(session, house, mei, claim_for(ming)).result is BindResult.OWN_LIMIT
    house.clock.move_to(house.clock.now() + timedelta(hours=17))
    with transaction(house.engine) as session:
        assert _try(session, house, mei, claim_for(ming)).result is BindResult.BOUND


def test_ten_misses_at_one_child_close_it_for_everybody_that_day(
    house: House, mei_and_ming: tuple[Guardian, Student]
) -> None:
    mei, ming = mei_and_ming
    for n in range(10):
        with transaction(house.engine) as session:
            stranger = make_guardian(session, house, f"U{n:032x}")
            _try(session, house, stranger, claim_for(ming, name="王小華"))
    with transaction(house.engine) as session:
        assert _try(session, house, mei, claim_for(ming)).result is BindResult.MISMATCH


def test_ten_misses_with_the_right_identity_number_count_whatever_number_is_named(
    house: House, mei_and_ming: tuple[Guardian, Student]
) -> None:
    mei, ming = mei_and_ming
    for n in range(10):
        with transaction(house.engine) as session:
            stranger = make_guardian(session, house, f"U{n:032x}")
            _try(session, house, stranger, claim_for(ming, student_number=f"9990000{n}"))
    with transaction(house.engine) as session:
        assert _try(session, house, mei, claim_for(ming)).result is BindResult.MISMATCH


def test_second_binding_of_the_same_child_is_already_there(
    house: House, mei_and_ming: tuple[Guardian, Student]
) -> None:
    mei, ming = mei_and_ming
    with transaction(house.engine) as session:
        first = _try(session, house, mei, claim_for(ming))
        assert _try(session, house, mei, claim_for(ming)) == BindOutcome(
            BindResult.ALREADY, first.binding_id
        )


def test_stranger_neither_sees_nor_ends_anothers_binding(
    house: House, mei_and_ming: tuple[Guardian, Student]
) -> None:
    mei, ming = mei_and_ming
    with transaction(house.engine) as session:
        binding = make_binding(session, mei, ming)
        hua = make_guardian(session, house, HUA, name="陳淑華")
        with pytest.raises(AccessError):
            get_child(session, hua.id, binding.id)
        with pytest.raises(AccessError):
            unbind_child(session, guardian_id=hua.id, binding_id=binding.id, now=house.clock.now())
        assert get_child(session, mei.id, binding.id).name == "王小明"


def test_unbound_child_can_be_bound_again(
    house: House, mei_and_ming: tuple[Guardian, Student]
) -> None:
    mei, ming = mei_and_ming
    with transaction(house.engine) as session:
        binding = make_binding(session, mei, ming)
        unbind_child(session, guardian_id=mei.id, binding_id=binding.id, now=house.clock.now())
        assert children_of(session, mei.id) == []
        assert _try(session, house, mei, claim_for(ming)).result is BindResult.BOUND


def test_two_children_of_one_given_name_keep_their_full_names(house: House) -> None:
    with transaction(house.engine) as session:
        make_school(session)
        mei = make_guardian(session, house)
        for name, number in (("王小明", "11510001"), ("林小明", "11510002")):
            make_binding(session, mei, make_student(session, house, name=name, number=number))
        assert {c.given_name for c in children_of(session, mei.id)} == {"王小明", "林小明"}
