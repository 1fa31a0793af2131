"""Values: equal by what they hold, and closed to what they don't."""

import pytest

from core.values import value


@value(kw_only=True)
class Place:
    """A gate of a school."""

    school: str
    gate: str = "正門"


def test_values_that_hold_the_same_are_one_key() -> None:
    assert {Place(school="榕光國小"), Place(school="榕光國小", gate="正門")} == {
        Place(school="榕光國小")
    }


def test_value_takes_no_field_that_is_not_its_own() -> None:
    place = Place(school="榕光國小")
    with pytest.raises(AttributeError):
        place.floor = 1  # type: ignore[attr-defined]  # the mistake
    with pytest.raises(TypeError):
        Place("榕光國小")  # type: ignore[misc, call-arg]  # the mistake
