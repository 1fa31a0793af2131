"""Notices in every language: within LINE's limits, and on a lock screen short."""

from dataclasses import replace
from typing import Any

import orjson
import pytest

from core.kinds import NoticeKind
from core.languages.language import Language
from core.languages.speech import speaking
from core.notices.bubbles import messages_for
from core.notices.templates import content_of
from core.notices.wording import NoticeFacts
from sandbox.objects.messages import check_send
from tests.bot.line_limits import words_of
from tests.notices.test_bubbles import LOCK_SCREEN, TO_GUARDIANS, facts

LONGEST = {True: 30, False: 60}
CASES = [
    *((kind, changed) for kind, changed, _ in LOCK_SCREEN),
    *((kind, {}) for kind in TO_GUARDIANS),
]
# The longest there are: ten characters of a name, and what surrounds it.
LONG = {"child": "Maximilian", "school": "臺北教育大學附設實驗國小"}


def in_language(language: Language, **changed: Any) -> NoticeFacts:
    return replace(facts(**changed), language=language)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize(("kind", "changed"), CASES)
def test_lock_screen_is_short_in_every_language(
    kind: NoticeKind, changed: dict[str, Any], language: Language
) -> None:
    message = messages_for(kind, in_language(language, **LONG | changed))[0]

    assert 0 < len(message["altText"]) <= LONGEST[language.is_han]


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize(("kind", "changed"), CASES)
def test_line_takes_every_notice_in_every_language(
    kind: NoticeKind, changed: dict[str, Any], language: Language
) -> None:
    messages = messages_for(kind, in_language(language, **LONG | changed))

    assert check_send({"to": "U" + "0" * 32, "messages": messages}, "push") == []


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize(("kind", "changed"), CASES)
def test_a_template_says_in_every_language_what_the_builder_says(
    kind: NoticeKind, changed: dict[str, Any], language: Language
) -> None:
    said = in_language(language, **changed)

    assert orjson.loads(content_of(kind, said)) == messages_for(kind, said)


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        (Language.CHINESE, "小晴 07:41 到校"),
        (Language.ENGLISH, "小晴 arrived at 07:41"),
        (Language.VIETNAMESE, "小晴 đến trường lúc 07:41"),
        (Language.INDONESIAN, "小晴 tiba di sekolah 07:41"),
        (Language.JAPANESE, "小晴さん 07:41 登校"),
    ],
)
def test_one_child_is_told_to_each_guardian_in_their_words(
    language: Language, expected: str
) -> None:
    message = orjson.loads(content_of(NoticeKind.ARRIVAL, in_language(language)))[0]

    assert message["altText"] == expected


def test_a_notice_speaks_what_was_spoken_when_its_facts_were_gathered() -> None:
    with speaking(Language.VIETNAMESE):
        said = facts()

    assert messages_for(NoticeKind.ARRIVAL, said)[0]["altText"].startswith("小晴 đến trường")


def test_names_and_the_schools_own_words_stay_as_they_are() -> None:
    said = in_language(Language.ENGLISH, is_make_up=True, reason="聯絡簿上註明")

    words = " ".join(words_of(messages_for(NoticeKind.ARRIVAL, said)))
    assert "小晴" in words
    assert "Entered 08:05: 聯絡簿上註明" in words


def test_what_a_school_often_enters_is_translated() -> None:
    said = in_language(Language.ENGLISH, is_make_up=True, reason="忘帶卡")

    words = " ".join(words_of(messages_for(NoticeKind.ARRIVAL, said)))
    assert "card forgotten" in words
