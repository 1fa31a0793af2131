"""Names: said short, shown half, never a way to smuggle something in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.people.names import clean_name, fold_name, given_name, masked_name, short_school_name


@pytest.mark.parametrize(
    ("name", "given", "masked"),
    [
        ("王小明", "小明", "王○明"),
        ("歐陽小明", "小明", "歐○○明"),
        ("王明", "王明", "王○"),
        ("林王小明", "王小明", "林○○明"),
        ("Anna Lee", "Anna", "A○○ L○○"),
        ("Maximiliana Lee", "Maximilian", "M○○ L○○"),
        ("瓦歷斯・諾幹", "瓦歷斯", "瓦○○○○幹"),
    ],
)
def test_given_and_masked(name: str, given: str, masked: str) -> None:
    assert (given_name(name), masked_name(name)) == (given, masked)


@pytest.mark.parametrize(
    "name",
    ["", "  ", "x" * 41, "https://evil.tw", "王<b>", "王小明1", "王{child}", "\u202e", "王@明"],
)
def test_what_is_no_name_is_refused(name: str) -> None:
    assert clean_name(name) is None


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        (" 王小明 ", "王小明"),
        ("王\u202e小明", "王小明"),
        ("Anna  Lee", "Anna Lee"),
        ("王煊喆", "王煊喆"),
    ],
)
def test_names_are_cleaned(typed: str, name: str) -> None:
    assert clean_name(typed) == name


@given(st.text(max_size=60))
def test_clean_name_never_holds_a_link_or_a_control(text: str) -> None:
    name = clean_name(text)
    if name is not None:
        assert not set(name) & set(":/.<>{}@\n\r\t\u202e\u2066\u200b")
        assert clean_name(name) == name


def test_spelling_of_one_name_is_equal() -> None:
    assert fold_name("ＡＮＮＡ Ｌｅｅ") == fold_name("anna lee")
    assert fold_name("瓦歷斯・諾幹") == fold_name("瓦歷斯‧諾幹")


@pytest.mark.parametrize(
    ("official", "spoken"),
    [
        ("臺北市立榕光國民小學", "榕光國小"),
        ("臺北市私立明月國民中學", "明月國中"),
        ("國立松濤高級中學", "松濤高中"),
        ("臺北市立芝岩高級工業職業學校", "芝岩高級工業職業學校"),
    ],
)
def test_school_is_called_by_what_people_say(official: str, spoken: str) -> None:
    assert short_school_name(official) == spoken
