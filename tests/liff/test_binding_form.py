"""What may be typed into the form."""

from datetime import date

import pytest

from liff.binding_form import parse_birth_date

FIFTH_OF_MARCH = date(2015, 3, 5)


@pytest.mark.parametrize(
    "text",
    [
        "2015-03-05",
        "2015/3/5",
        "2015.03.05",
        "20150305",
        "104/03/05",
        "104-3-5",
        "1040305",
        "民國104年3月5日",
        " 2015 - 03 - 05 ",
        "１０４／０３／０５",
    ],
)
def test_birth_date_is_read_however_people_write_it(text: str) -> None:
    assert parse_birth_date(text) == FIFTH_OF_MARCH


def test_two_digit_year_is_a_roc_year() -> None:
    assert parse_birth_date("99/12/31") == date(2010, 12, 31)


@pytest.mark.parametrize(
    "text", ["", "2015-13-05", "2015-02-30", "3/5", "yesterday", "0/1/1", "9" * 9]
)
def test_what_is_no_date_is_refused(text: str) -> None:
    assert parse_birth_date(text) is None
