"""Questions are found by the words people use for them."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.guide.question import answer_of
from core.guide.questions import all_questions, find_question
from core.guide.search import LONGEST, fold, search
from core.kinds import Channel
from core.languages.language import Language
from core.languages.speech import _, speaking

LINE_ONLY = frozenset({Channel.LINE})
EVERYTHING = frozenset(Channel)
QUESTIONS = list(all_questions())


def keys(text: str) -> list[str]:
    return [one.key for one in search(text, LINE_ONLY).questions]


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("臺北卡", "taipei-pass"),
        ("台北卡", "taipei-pass"),
        ("Taipei Pass", "taipei-pass"),
        ("ＩＰＨＯＮＥ", "iphone-desktop"),
        ("蘋果", "iphone-desktop"),
        ("沒有訊息", "not-received"),
        ("遺失", "lost-card"),
        ("缺席", "no-tap"),
        ("奶奶", "several-guardians"),
        ("居留證", "languages"),
        ("假的", "privacy"),
        ("換學校", "new-phone"),
        ("預付卡 公司", "same-name-lines"),
    ],
)
def test_word_of_ones_own_finds_the_question(typed: str, key: str) -> None:
    assert key in keys(typed)
    assert not search(typed, LINE_ONLY).is_near


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("我的小孩卡片弄丟了怎麼辦", "lost-card"),
        ("為什麼一直沒收到通知呢", "not-received"),
        ("要怎麼取消訂閱其中一個孩子", "unsubscribe-one"),
        ("明天放假嗎", "when"),
        ("學生證感應不到", "lost-card"),
        ("取消綁定", "wrong-child"),
        ("離婚了 不要讓她爸爸收到", "wrong-child"),
        ("這不是我的小孩", "wrong-child"),
        ("爸爸也要收", "several-guardians"),
        ("我先生也要收通知 怎麼加", "several-guardians"),
        ("會不會收錢", "cost"),
        ("簡訊要怎麼買", "sms"),
        ("個資會外洩嗎", "privacy"),
    ],
)
def test_whole_sentence_finds_what_is_nearest(typed: str, key: str) -> None:
    assert key in keys(typed)


def test_title_comes_before_what_only_mentions_the_word() -> None:
    assert keys("請假")[0] == "leave"


@pytest.mark.parametrize("typed", ["", "   ", "　", "zzzz", "!?"])
def test_nothing_to_look_for_finds_nothing(typed: str) -> None:
    assert keys(typed) == []


def test_vietnamese_is_found_without_its_accents() -> None:
    with speaking(Language.VIETNAMESE):
        assert keys("the hoc sinh") == keys("thẻ học sinh")
        assert keys("the hoc sinh")


def test_another_language_finds_the_chinese_word_too() -> None:
    with speaking(Language.ENGLISH):
        assert "lost-card" in keys("掛失")


@given(st.sampled_from(QUESTIONS), st.data())
def test_any_piece_of_a_title_finds_its_question(question, data) -> None:  # type: ignore[no-untyped-def]
    start = data.draw(st.integers(0, len(question.title) - 1))
    end = data.draw(st.integers(start + 1, len(question.title)))
    piece = question.title[start:end]
    if fold(piece):
        assert question.key in keys(piece)


@given(st.sampled_from(QUESTIONS), st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]))
def test_spelling_makes_no_difference(question, form) -> None:  # type: ignore[no-untyped-def]
    typed = unicodedata.normalize(form, question.title)
    assert keys(typed.upper().replace("台", "臺")) == keys(typed)


@given(st.text(max_size=LONGEST * 2))
def test_whatever_is_typed_has_an_answer(typed: str) -> None:
    found = search(typed, LINE_ONLY)
    assert len({one.key for one in found.questions}) == len(found.questions)


def test_keys_are_there_once_and_fit_an_address() -> None:
    names = [one.key for one in QUESTIONS]
    assert len(set(names)) == len(names)
    assert all(name.replace("-", "").isascii() and name == name.lower() for name in names)
    assert find_question("nowhere") is None


@pytest.mark.parametrize("offered", [LINE_ONLY, EVERYTHING])
@pytest.mark.parametrize("question", QUESTIONS, ids=lambda one: one.key)
def test_every_question_has_an_answer_and_a_line(question, offered) -> None:  # type: ignore[no-untyped-def]
    assert question.lines
    # How a day is decided stands in a list of its own.
    assert answer_of(question, offered) or question.key == "gate-rules"


def test_what_is_not_offered_is_not_promised() -> None:
    now = "".join(answer_of(one, LINE_ONLY) for one in QUESTIONS)
    assert "0.75" not in now
    assert "改收 e-mail" not in now
    assert "簡訊本學期未提供" in now
    then = "".join(answer_of(one, EVERYTHING) for one in QUESTIONS)
    assert "0.75" in then
    assert "未提供" not in then


def test_sentences_of_an_answer_are_parted_in_other_languages() -> None:
    question = find_question("several-children")
    assert question is not None
    with speaking(Language.ENGLISH):
        first, second = (_(part.text) for part in question.answer)
        assert answer_of(question, LINE_ONLY) == f"{first} {second}"
