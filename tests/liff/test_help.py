"""The guide: searched without scripts, each question with whom to call."""

import re
from html import unescape

import pytest

from core.db import transaction
from core.guide.chat_words import CHAT_WORDS
from core.guide.questions import all_questions
from core.house import House
from core.people.tables import School
from tests.factories import HUA
from tests.liff.conftest import Family
from tests.liff.phone import Phone

HELP = "/liff/help"


def opened(page: str) -> list[str]:
    """Return the keys of the questions that are open."""
    return re.findall(r'<details id="([^"]+)" open>', page)


def test_stranger_reads_how_to_begin_and_every_question(phone: Phone) -> None:
    page, text = phone.get(HELP).text, phone.text(HELP)
    assert "三步開始" in text
    assert 'href="/liff/home">開始設定' in page
    ids = re.findall(r'<details id="([^"]+)"', page)
    assert ids == [one.key for one in all_questions()]
    assert opened(page) == []
    assert "請聯絡孩子的學校。" in text


def test_page_stays_small(mei: Phone) -> None:
    assert len(mei.get(HELP).data) <= 30 * 1024
    assert len(mei.get(f"{HELP}?q=學").data) <= 30 * 1024


def test_word_shows_only_what_fits_and_opens_it(phone: Phone) -> None:
    page = phone.get(f"{HELP}?q=臺北卡").text
    assert "taipei-pass" in opened(page)
    assert "several-children" not in page
    assert 'value="臺北卡"' in page
    assert "三步開始" not in page


def test_sentence_is_told_apart_from_a_full_match(phone: Phone) -> None:
    text = phone.text(f"{HELP}?q=我的小孩卡片弄丟了怎麼辦")
    assert "沒有完全符合的，這些最接近" in text
    assert "卡片不見了？忘了帶卡？" in text


def test_nothing_found_says_what_was_looked_for_and_leaves_the_numbers(phone: Phone) -> None:
    page = phone.get(f"{HELP}?q=<b>zzzz").text
    assert "沒有找到「&lt;b&gt;zzzz」" in page
    assert "<b>zzzz" not in page
    assert "tel:+886227589171" in page


def test_endless_search_is_cut(phone: Phone) -> None:
    answer = phone.get(f"{HELP}?q={'到校' * 400}")
    assert answer.status_code == 200
    assert "到校" * 31 not in answer.text


def test_link_from_elsewhere_opens_its_question(phone: Phone) -> None:
    assert opened(phone.get(f"{HELP}?topic=lost-card").text) == ["lost-card"]
    assert opened(phone.get(f"{HELP}?topic=nowhere").text) == []


def test_every_line_of_the_city_can_be_dialled(phone: Phone) -> None:
    page = unescape(phone.get(HELP).text)
    rows = re.findall(r'<a class="row" href="(tel:[^"]+)"', page)
    assert rows == [
        "tel:+886227589171",
        "tel:1999,8585",
        "tel:+886227208889,8585",
        "tel:+886227208889,2844",
    ]
    assert "週一至週五 08:30–17:30" in page


def test_guardian_sees_the_number_of_the_childs_own_school(mei: Phone) -> None:
    page = mei.get(f"{HELP}?q=掛失").text
    assert 'href="tel:+886223000001"' in page
    assert "請聯絡孩子的學校。" not in page


def test_school_without_a_number_is_named_in_words(mei: Phone, pages: House) -> None:
    with transaction(pages.engine) as session:
        session.get_one(School, "353607").phone = ""
    assert "請聯絡孩子的學校。" in mei.text(HELP)


def test_no_other_guardians_school_is_shown(hua: Phone, family: Family) -> None:
    assert "榕光國小" not in hua.text(HELP)


def test_linked_guardian_is_not_sent_to_the_first_steps(mei: Phone) -> None:
    assert "開始設定" not in mei.text(HELP)


def test_signed_in_stranger_is_led_on(phone: Phone) -> None:
    assert 'href="/liff/home">開始設定' in phone.sign_in(HUA).get(HELP).text


@pytest.mark.parametrize("word", [word for word, _ in CHAT_WORDS])
def test_words_of_the_chat_are_listed(phone: Phone, word: str) -> None:
    assert f"<dt>{word}</dt>" in phone.get(HELP).text
