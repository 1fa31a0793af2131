"""Identity numbers: the published vectors, spelling, and an oracle for nationals."""

import random

import pytest
from idnumbers.nationalid import TWN

from core.people.identity_numbers import is_valid, normalise, with_check_digit

VALID = ["A123456789", "Y123456788", "A800000014", "A870000015", "A880000018"]
VALID += ["AA00000009", "AB23456789"]
INVALID = ["A123456788", "A800000000", "AA00000000", "A323456789", "a123456789"]
INVALID += ["A12345678", "A1234567890"]


@pytest.mark.parametrize("number", VALID)
def test_synthetic_vectors_are_valid(number: str) -> None:
    assert is_valid(number)


@pytest.mark.parametrize("number", [*INVALID, "", "１２３", "AE00000000", "A１23456789"])
def test_wrong_numbers_are_not(number: str) -> None:
    assert not is_valid(number)


@pytest.mark.parametrize("typed", ["ａ１２３４５６７８９", " a123 456-789 ", "A123456789"])
def test_spelling_is_folded(typed: str) -> None:
    assert normalise(typed) == "A123456789"


def test_nationals_agree_with_an_independent_check() -> None:
    chance = random.Random(20)
    for _ in range(20_000):
        number = f"{chance.choice('ABCDEFGHIJKLMNOPQRSTUVWXYZ')}{chance.choice('12')}" + "".join(
            chance.choices("0123456789", k=8)
        )
        assert is_valid(number) == bool(TWN.NationalID.validate(number))


def test_check_digit_completes_a_number() -> None:
    assert with_check_digit("A12345678") == "A123456789"
