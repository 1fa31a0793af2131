"""The chat in every language: choosing it, being understood in it, labels that fit."""

import pytest
from sqlmodel import select

from bot.answer import Answer
from bot.commands import Command, match
from core.db import snapshot, transaction
from core.house import House
from core.languages.catalogues import catalogue
from core.languages.language import OWN_NAMES, SOURCE, Language
from core.people.languages import language_of_line_user, note_language
from core.people.tables import Guardian, LineFriend, Student
from tests.bot.conversation import hear, say
from tests.bot.happenings import make_text
from tests.bot.line_limits import words_of
from tests.bot.staff_room import labels
from tests.factories import HUA, MEI

OTHERS = [language for language in Language if language is not SOURCE]
ASKED = [Command.TODAY, Command.WEEK, Command.HELP, Command.SETTINGS, Command.WHY, Command.STATUS]


def locale_of(house: House) -> str:
    with snapshot(house.engine) as session:
        return session.exec(select(Guardian.locale)).one()


@pytest.mark.parametrize("language", OTHERS)
def test_naming_a_language_changes_what_the_guardian_reads(
    house: House, ming: Student, language: Language
) -> None:
    answered = say(house, OWN_NAMES[language])

    assert locale_of(house) == language.value
    assert OWN_NAMES[language] in " ".join(answered)
    assert catalogue(language)["設定"] in say(house, catalogue(language)["設定"])


def test_a_guardian_comes_back_to_chinese(house: House, ming: Student) -> None:
    say(house, "English")

    assert "已改用中文" in say(house, "中文")[0]
    assert locale_of(house) == SOURCE.value


def test_what_was_begun_is_offered_in_the_language_just_chosen(house: House, ming: Student) -> None:
    say(house, "Tiếng Việt")
    say(house, "xin nghỉ")

    assert say(house, "中文")[-1] == "剛才的請假還沒送出，要繼續嗎？"


def test_a_stranger_keeps_a_language_too(house: House, ming: Student) -> None:
    say(house, "Tiếng Việt", user=HUA)

    assert catalogue(Language.VIETNAMESE)["請先登入台北通並綁定孩子，約 3 分鐘。"] in say(
        house, "hôm nay", user=HUA
    )


def test_what_line_says_counts_until_somebody_chooses(house: House) -> None:
    with transaction(house.engine) as session:
        friend = LineFriend(line_user_id=HUA, is_following=True, changed_at=house.clock.now())
        session.add(friend)
        session.flush()
        note_language(session, HUA, "id-ID")
        assert language_of_line_user(session, HUA) is Language.INDONESIAN
    say(house, "English", user=HUA)
    with transaction(house.engine) as session:
        note_language(session, HUA, "id-ID")
        assert language_of_line_user(session, HUA) is Language.ENGLISH


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("command", list(Command))
def test_a_command_is_understood_by_its_translation(language: Language, command: Command) -> None:
    translated = catalogue(language).get(command.value)
    if translated is not None:
        assert match(translated).command is command


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("command", [*ASKED, Command.LEAVE, Command.LANGUAGE, Command.HOTLINE])
def test_line_takes_what_is_answered_in_every_language(
    house: House, ming: Student, language: Language, command: Command
) -> None:
    say(house, OWN_NAMES[language])

    # Checks every label and every limit on the way; a lock screen may be longer than in Chinese.
    answer = hear(house, make_text(command.value, user=MEI), longest_alt=60)

    assert answer.messages


@pytest.mark.parametrize("language", OTHERS)
def test_labels_fit_in_every_language(language: Language) -> None:
    labels = {one.value for one in Command} & set(catalogue(language))
    long = {catalogue(language)[one] for one in labels if len(catalogue(language)[one]) > 20}
    assert long == set()


@pytest.mark.parametrize("language", OTHERS)
def test_a_leave_is_filed_by_the_buttons_of_every_language(
    house: House, ming: Student, language: Language
) -> None:
    known = catalogue(language)
    say(house, OWN_NAMES[language])
    asked = hear(house, make_text(known["請假"]), longest_alt=60)
    tomorrow = typed_by(asked, known["明天"])

    sure = hear(house, make_text(tomorrow), longest_alt=60)
    morning = hear(house, make_text(typed_by(sure, known["上午"])), longest_alt=60)

    assert "請假" not in tomorrow
    assert known["送出"] in labels(sure)
    said = " ".join(words_of(morning.messages))
    assert "小明" in said
    assert known["上午"] in said


def typed_by(answer: Answer, label: str) -> str:
    items = answer.messages[-1]["quickReply"]["items"]
    return next(one["action"]["text"] for one in items if one["action"]["label"] == label)
