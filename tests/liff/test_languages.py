"""Every page a guardian sees, in every language, without a word of Chinese left over."""

import re
from uuid import UUID

import pytest
from sqlalchemy import update

from core.db import snapshot, transaction
from core.house import House
from core.languages.language import OWN_NAMES, SOURCE, Language
from core.languages.speech import spoken
from core.people.tables import Guardian
from tests.factories import HUA, MEI
from tests.liff.conftest import Family
from tests.liff.phone import Phone, text_of

HAN = re.compile("[\u3400-\u9fff]+")
LATIN = [Language.ENGLISH, Language.VIETNAMESE, Language.INDONESIAN]
# Names are never translated: of people, schools, districts and languages, and what a card says.
NAMES = [
    *("林", "雅婷", "王小明", "小明", "榕光國小", "中正區", "文山區", "正門"),
    "學號",
    *OWN_NAMES.values(),
]
MASKED = re.compile("[\u3400-\u9fff]○+[\u3400-\u9fff]?")
SEEN = [
    "/liff/home",
    "{child}",
    "{child}/unbind",
    "{child}/looks",
    "{child}/delegates",
    "/liff/account",
    "/liff/account/contact",
    "/liff/account/unlink",
    "/liff/consents",
    "/liff/leaves",
    "/liff/leaves/new",
    "/liff/children/new",
    "/liff/my-data",
    "/liff/my-data/copy",
    "/liff/my-data/stop",
    "/liff/my-data/delete",
    "/liff/delegate",
    "/liff/delegations",
    "/liff/help",
    "/liff/help?q=zzzz",
    "/liff/survey",
    "/liff/survey?question=6",
    "/liff/survey?note=done",
    "/liff/topics",
    "/liff/topics/arrivals",
    "/liff/topics/closures",
    "/liff/privacy",
]


def left_over(page: str) -> list[str]:
    """Return the Chinese of a page that is no name."""
    text = MASKED.sub("", re.sub(r"<script.*?</script>", "", page, flags=re.S))
    text = re.sub(r"data-directory='[^']*'", "", text)
    for name in NAMES:
        text = text.replace(name, "")
    return HAN.findall(text)


def read_in(house: House, language: Language) -> None:
    with transaction(house.engine) as session:
        session.execute(update(Guardian).values(locale=language.value))


@pytest.mark.parametrize("language", LATIN)
def test_no_page_of_a_guardian_has_chinese_left_over(
    mei: Phone, family: Family, pages: House, language: Language
) -> None:
    read_in(pages, language)

    found = {path: left_over(mei.get(path.format(child=family.page)).text) for path in SEEN}

    assert {path: words for path, words in found.items() if words} == {}


@pytest.mark.parametrize("language", LATIN)
def test_errors_are_told_in_the_guardians_language(
    mei: Phone, family: Family, pages: House, language: Language
) -> None:
    read_in(pages, language)
    wrong = {
        "/liff/children/new": {"student_number": "?", "birth_date": "x", "national_id": "1"},
        "/liff/leaves/new": {"binding_id": family.binding_id},
        "/liff/account/contact/email1": {"address": "x"},
        "/liff/account/contact/phone": {"address": "1"},
        f"{family.page}/delegates": {"label": "nobody"},
        "/liff/my-data/delete": {"word": "no"},
        "/liff/survey": {"answer": "9"},
    }

    for path, fields in wrong.items():
        answer = mei.post(path, fields)
        assert answer.status_code == 422
        assert left_over(answer.text) == []


@pytest.mark.parametrize("language", LATIN)
def test_first_steps_speak_what_the_browser_asks_for(
    phone: Phone, pages: House, language: Language
) -> None:
    answer = phone.client.get("/liff/", headers={"Accept-Language": f"th, {language.value};q=0.8"})

    assert f'lang="{language.tag}"' in answer.text
    assert left_over(answer.text) == []


@pytest.mark.parametrize("language", Language)
def test_a_page_says_which_language_it_is_in(
    mei: Phone, family: Family, pages: House, language: Language
) -> None:
    read_in(pages, language)

    assert f'<html lang="{language.tag}">' in mei.get("/liff/home").text


def test_a_guardian_chooses_on_the_account_page(mei: Phone, family: Family, pages: House) -> None:
    fields = {"language": "vi", "next": "/liff/account"}
    answer = mei.post("/liff/language", fields, form_at="/liff/account")

    assert answer.status_code == 303
    assert "Tài khoản của tôi" in mei.text(answer.location)
    with snapshot(pages.engine) as session:
        assert session.get_one(Guardian, UUID(family.guardian_id)).locale == "vi"


def test_a_page_that_is_not_there_speaks_the_language_chosen(mei: Phone, family: Family) -> None:
    mei.post("/liff/language", {"language": "vi"}, form_at="/liff/account")

    assert "Không tìm thấy trang này" in mei.text("/liff/nowhere")


def test_a_request_leaves_no_language_behind(mei: Phone, family: Family, pages: House) -> None:
    read_in(pages, Language.JAPANESE)
    mei.get("/liff/home")

    assert spoken() is SOURCE


def test_a_guardians_own_choice_goes_before_the_browsers(
    mei: Phone, family: Family, pages: House
) -> None:
    read_in(pages, Language.JAPANESE)

    page = mei.client.get("/liff/home", headers={"Accept-Language": "en"}).text

    assert '<html lang="ja">' in page


def test_lines_own_language_is_kept_at_sign_in(phone: Phone, family: Family, pages: House) -> None:
    token = phone.outside.add_person(HUA)
    phone.post("/liff/session", {"id_token": token, "language": "id"}, form_at="/liff/")

    assert '<html lang="id">' in phone.get("/liff/home").text


def test_a_language_we_do_not_speak_changes_nothing(mei: Phone, family: Family) -> None:
    fields = {"language": "tlh", "next": "/liff/account"}
    mei.post("/liff/language", fields, form_at="/liff/account")

    assert '<html lang="zh-Hant-TW">' in mei.get("/liff/account").text


def test_the_form_leads_to_no_other_site(mei: Phone, family: Family) -> None:
    fields = {"language": "en", "next": "https://example.org/"}
    answer = mei.post("/liff/language", fields, form_at="/liff/account")

    assert answer.location == "/liff/home"


def test_deleting_takes_the_word_of_the_page(mei: Phone, family: Family, pages: House) -> None:
    read_in(pages, Language.VIETNAMESE)

    answer = mei.post("/liff/my-data/delete", {"word": "Xóa"})

    assert answer.location.startswith("/liff/deleted/")


def test_staff_pages_stay_chinese(mei: Phone, family: Family, pages: House) -> None:
    read_in(pages, Language.ENGLISH)

    assert "還不是學校人員" in text_of(mei.get("/liff/staff"))


def test_a_translation_is_never_markup(mei: Phone, family: Family, pages: House) -> None:
    read_in(pages, Language.ENGLISH)

    # A link in a sentence is one, and what surrounds it is text.
    page = mei.get("/liff/my-data/delete").text
    assert 'You can <a href="/liff/my-data/stop">Stop using</a> instead.' in page
    assert MEI not in page
