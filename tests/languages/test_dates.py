"""Dates, numbers and lists as each language writes them."""

from datetime import UTC, date, datetime

import pytest

from core.languages.dates import (
    day_and_clock,
    listed,
    long_date,
    number,
    parted,
    plain_moment,
    short_date,
    span_of,
)
from core.languages.days_off import reason_words
from core.languages.language import Language, language_of
from core.languages.speech import _, speaking

DAY = date(2026, 11, 23)
MOMENT = datetime(2026, 11, 23, 12, 5, tzinfo=UTC)
WRITTEN = {
    Language.CHINESE: ("11/23（一）", "2026/11/23（一）", "11/23（一）20:05", "1,302"),
    Language.ENGLISH: ("Mon 23 Nov", "Mon 23 Nov 2026", "Mon 23 Nov 20:05", "1,302"),
    Language.VIETNAMESE: ("23/11 (T2)", "23/11/2026 (T2)", "23/11 (T2) 20:05", "1.302"),
    Language.INDONESIAN: ("Sen 23/11", "Sen 23/11/2026", "Sen 23/11 20:05", "1.302"),
    Language.JAPANESE: ("11/23（月）", "2026/11/23（月）", "11/23（月）20:05", "1,302"),
}


@pytest.mark.parametrize("language", Language)
def test_days_and_numbers_are_written_as_the_wording_book_has_them(language: Language) -> None:
    with speaking(language):
        written = short_date(DAY), long_date(DAY), day_and_clock(MOMENT), number(1302)

    assert written == WRITTEN[language]


def test_years_are_gregorian_and_clocks_have_24_hours() -> None:
    for language in Language:
        with speaking(language):
            assert "2026" in plain_moment(MOMENT)
            assert plain_moment(MOMENT).endswith("20:05")


def test_lists_and_small_print_take_the_languages_marks() -> None:
    assert listed(["到校", "離校"]) == "到校、離校"
    assert parted("榕光國小", "", "正門") == "榕光國小・正門"
    with speaking(Language.ENGLISH):
        assert listed(["Arrival", "Departure"]) == "Arrival, Departure"
        assert parted("榕光國小", "正門") == "榕光國小 · 正門"


def test_a_span_names_its_first_and_last_day() -> None:
    with speaking(Language.ENGLISH):
        assert span_of(DAY, DAY) == "Mon 23 Nov"
        assert span_of(DAY, date(2026, 11, 25)) == "Mon 23 Nov–Wed 25 Nov"


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("zh-TW", Language.CHINESE),
        ("en_US", Language.ENGLISH),
        ("VI", Language.VIETNAMESE),
        ("in", Language.INDONESIAN),
        ("id-ID", Language.INDONESIAN),
        ("ja-JP", Language.JAPANESE),
        ("th", None),
        ("", None),
    ],
)
def test_a_tag_names_a_language_of_ours_or_none(tag: str, language: Language | None) -> None:
    assert language_of(tag) is language


def test_a_holiday_is_translated_and_a_schools_own_reason_left_out() -> None:
    assert reason_words("校慶補假") == "校慶補假"
    with speaking(Language.ENGLISH):
        assert reason_words("國慶日（補假）") == "National Day"
        assert reason_words("校慶補假") == ""


def test_only_chinese_puts_spaces_by_itself() -> None:
    assert _("{child}的新學校", child="Anna") == "Anna 的新學校"
    with speaking(Language.JAPANESE):
        assert _("{child}的新學校", child="Anna") == "Annaさんの新しい学校"


def test_a_sentence_without_translation_stays_chinese() -> None:
    with speaking(Language.ENGLISH):
        assert _("這句話沒有人翻譯過") == "這句話沒有人翻譯過"
