"""The survey: one question a page, safe to go back in, and nobody's name in it."""

import re

import pytest
from sqlalchemy import select, update

from core.db import snapshot, table_of, transaction
from core.house import House
from core.people.tables import Guardian
from core.survey.questions import QUESTIONS
from core.survey.replies import LONGEST_COMMENT
from core.survey.tables import SurveyReply
from tests.factories import MEI
from tests.liff.conftest import Family
from tests.liff.phone import Phone, text_of

SURVEY = "/liff/survey"
TITLES = list(QUESTIONS.values())


def press(phone: Phone, number: int, **fields: str) -> str:
    """Press an answer and return where it leads."""
    answer = phone.post(f"{SURVEY}?question={number}", fields)
    assert answer.status_code == 303
    return str(answer.location)


def row(house: House) -> dict[str, object]:
    with snapshot(house.engine) as session:
        found = session.execute(select(table_of(SurveyReply))).mappings().first()
    return dict(found) if found else {}


def chosen(page: str) -> list[str]:
    return re.findall(r'chosen" name="answer" value="(\d)"', page)


def test_five_questions_lead_to_the_thanks(mei: Phone, pages: House) -> None:
    where = SURVEY
    for number, title in enumerate(TITLES, 1):
        text = mei.text(where)
        assert f"第 {number} 題，共 5 題" in text
        assert title in text
        where = press(mei, number, answer=str(number))
    assert "還有想說的嗎" in mei.text(where)
    where = press(mei, 6, comment="謝謝")
    assert "謝謝您的意見。" in mei.text(where)
    kept = row(pages)
    assert [kept[name] for name in QUESTIONS] == [1, 2, 3, 4, 5]


def test_going_back_shows_the_answer_and_changes_it(mei: Phone, pages: House) -> None:
    press(mei, 1, answer="5")
    page = mei.get(f"{SURVEY}?question=1").text
    assert chosen(page) == ["5"]
    assert "（目前的回答）" in page
    press(mei, 1, answer="2")
    assert chosen(mei.get(SURVEY).text) == ["2"]
    assert row(pages)["speed"] == 2


def test_pressing_twice_is_one_answer(mei: Phone, pages: House) -> None:
    press(mei, 1, answer="4")
    press(mei, 1, answer="4")
    with snapshot(pages.engine) as session:
        assert len(session.execute(select(table_of(SurveyReply))).all()) == 1


def test_everything_can_be_skipped_and_leaves_nothing(mei: Phone, pages: House) -> None:
    for number in range(1, 7):
        where = press(mei, number, skip="1")
    assert "謝謝您的意見。" in mei.text(where)
    assert row(pages) == {}


def test_skipping_takes_an_earlier_answer_back(mei: Phone, pages: House) -> None:
    press(mei, 1, answer="4")
    press(mei, 2, answer="4")
    press(mei, 1, skip="1")
    assert row(pages)["speed"] is None


@pytest.mark.parametrize("fields", [{}, {"answer": "9"}, {"answer": "x"}])
def test_answer_that_is_none_is_told_and_keeps_nothing(
    mei: Phone, pages: House, fields: dict[str, str]
) -> None:
    answer = mei.post(f"{SURVEY}?question=3", fields)
    assert answer.status_code == 422
    assert 'href="#answer">請選擇一個回答' in answer.text
    assert TITLES[2] in answer.text
    assert row(pages) == {}


def test_too_long_comment_stays_in_its_field(mei: Phone, pages: House) -> None:
    text = "長" * (LONGEST_COMMENT + 1)
    answer = mei.post(f"{SURVEY}?question=6", {"comment": text})
    assert answer.status_code == 422
    assert f"內容超過 {LONGEST_COMMENT} 字，目前 {LONGEST_COMMENT + 1} 字。" in answer.text
    assert 'aria-describedby="comment-hint comment-fault"' in answer.text
    assert text in answer.text
    assert row(pages) == {}


def test_comment_is_text_and_is_shown_again(mei: Phone) -> None:
    press(mei, 6, comment="<b>好</b>\r\n快")
    page = mei.get(f"{SURVEY}?question=6").text
    assert "&lt;b&gt;好&lt;/b&gt;\n快" in page


@pytest.mark.parametrize("number", ["0", "7", "-1", "x", ""])
def test_unknown_page_is_the_first_question(mei: Phone, number: str) -> None:
    assert TITLES[0] in mei.text(f"{SURVEY}?question={number}")


def test_first_page_says_what_becomes_of_the_answers(mei: Phone) -> None:
    text = mei.text(SURVEY)
    assert "不填也不影響服務" in text
    assert "5 份以上才顯示" in text


def test_links_lead_here_from_account_and_guide(mei: Phone) -> None:
    for path in ("/liff/account", "/liff/help"):
        assert 'href="/liff/survey"' in mei.get(path).text


def test_stranger_is_asked_to_sign_in_and_never_led_here(phone: Phone) -> None:
    assert "正在開啟" in phone.text(SURVEY)
    assert SURVEY not in phone.get("/liff/help").text


def test_who_may_only_look_answers_nothing(mei: Phone, pages: House, family: Family) -> None:
    with transaction(pages.engine) as session:
        session.execute(update(Guardian).values(verify_level="0"))
    mei.sign_in(MEI)
    assert mei.get(SURVEY).status_code == 403
    assert mei.post(SURVEY, {"answer": "5"}, form_at="/liff/account").status_code == 403
    assert 'href="/liff/survey"' not in mei.get("/liff/help").text
    assert row(pages) == {}


def test_another_guardian_sees_none_of_it(mei: Phone, hua: Phone) -> None:
    press(mei, 1, answer="1")
    press(mei, 6, comment="只有我知道")
    assert chosen(hua.get(SURVEY).text) == []
    assert "只有我知道" not in text_of(hua.get(f"{SURVEY}?question=6"))
