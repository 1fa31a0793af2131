"""What a text says: one part of 70 UCS-2 units, whatever school, name, language and kind."""

import unicodedata
from dataclasses import replace
from datetime import date, datetime, time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.clock import TAIPEI
from core.kinds import NoticeKind
from core.languages.language import Language
from core.languages.slots import SLOT
from core.languages.speech import speaking, translate
from core.notices.letters import letter_content
from core.notices.templates import content_of
from core.notices.text_names import (
    child_for_text,
    fitted,
    phone_for_text,
    school_for_text,
    units_of,
)
from core.notices.texts import (
    LIMITS,
    TEXTED,
    TEXTS,
    Place,
    announcement_text,
    read_text,
    text_content,
)
from core.notices.wording import PART_WORDS, NoticeFacts
from core.people.names import given_name
from core.post.texts import ONE_PART

AT = datetime(2026, 11, 23, 7, 41, tzinfo=TAIPEI)
MONDAY = date(2026, 11, 23)
PLACE = Place("榕光國小", "02-2300-0001")
NOTHING = Place("", "")
KINDS = sorted(TEXTED - {NoticeKind.ANNOUNCEMENT})


def facts_of(**more: object) -> NoticeFacts:
    """All that a text may have to say of Ming, or what is changed."""
    facts: dict[str, object] = {
        "child": "小明",
        "school": "榕光國小",
        "school_phone": "02-2300-0001",
        "school_day": MONDAY,
        "link": "",
        "at": AT,
        "arrived_at": AT,
        "cutoff": time(8, 30),
        "notice_time": AT,
        "part": "全天",
        "source": "臺北市政府",
        "language": Language.CHINESE,
    }
    return NoticeFacts(**(facts | more))  # type: ignore[arg-type]


def said(kind: NoticeKind, facts: NoticeFacts) -> str:
    """The text of these facts."""
    return read_text(kind, text_content(kind, facts), NOTHING)


@pytest.mark.parametrize(
    ("kind", "more", "text"),
    [
        ("arrival", {}, "【榕光國小】小明07:41到校。"),
        ("arrival", {"occurrence": 2}, "【榕光國小】小明07:41再次到校。"),
        ("departure", {}, "【榕光國小】小明07:41離校。"),
        (
            "arrival",
            {"is_make_up": True, "recorded": AT},
            "【榕光國小】小明07:41到校（學校補登）。",
        ),
        (
            "departure",
            {"is_make_up": True, "recorded": AT},
            "【榕光國小】小明07:41離校（學校補登）。",
        ),
        (
            "no_show",
            {},
            "【榕光國小】截至08:30尚無小明刷卡紀錄，也可能忘了刷卡。請聯絡學校02-23000001。",
        ),
        (
            "no_show",
            {"school_phone": ""},
            "【榕光國小】截至08:30尚無小明刷卡紀錄，也可能忘了刷卡。請聯絡學校。",
        ),
        (
            "no_show",
            {"is_teacher": True},
            "【榕光國小】老師07:41回報小明還沒到校，請聯絡學校02-23000001。",
        ),
        (
            "correction",
            {},
            "【榕光國小】小明已於07:41到校，先前的「尚無刷卡紀錄」請不用理會。",
        ),
        (
            "correction",
            {"arrived_at": None, "departed_at": AT},
            "【榕光國小】小明已於07:41離校，先前的「尚無刷卡紀錄」請不用理會。",
        ),
        (
            "correction",
            {"is_excused": True, "at": None},
            "【榕光國小】小明今天已請假，先前的「尚無刷卡紀錄」請不用理會。",
        ),
        (
            "closure_on",
            {"school": "榕光國小 6 年級", "child": ""},
            "【榕光國小6年級】11/23全天停課，不發到離校通知。依據：臺北市政府。",
        ),
        (
            "closure_off",
            {"school": "全市", "child": ""},
            "【全市】11/23照常上課，先前停課通知已撤回。",
        ),
    ],
)
def test_text_is_that_of_the_wording_book(kind: str, more: dict[str, object], text: str) -> None:
    assert said(NoticeKind(kind), facts_of(**more)) == text


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("variant", TEXTS)
def test_every_sentence_fits_with_every_slot_at_its_limit(language: Language, variant: str) -> None:
    with speaking(language):
        for wording in TEXTS[variant]:
            sentence = translate(wording)
            slots = [name[1:-1] for name in SLOT.findall(sentence)]
            longest = units_of(SLOT.sub("", sentence)) + sum(LIMITS[slot] for slot in slots)
            assert longest <= ONE_PART, sentence


NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=60)
LIKELY = st.sampled_from(
    [
        "王小明", "歐陽小明", "Maria Clara Nguyễn-Phạm", "𠮷田𠮷𠮷𠮷𠮷𠮷𠮷𠮷",
        "Siti Nurhaliza-Abdullah", "Lâḻĩ・Paĉidal", "g̃" * 30, "王\r\nBcc: a@b", "https://x.tw/a b",
    ]
)  # fmt: skip
SCHOOLS = st.sampled_from(
    [
        "榕光國小",
        "臺北市中正區榕光實驗國民小學",
        "國立臺北教育大學附設實驗國民小學",
        "國立臺灣師範大學附屬高級中學",
        "臺北市私立很長很長很長很長很長的名字高級家事商業職業學校",
        "Taipei American School (Tianmu Campus)",
        "𠮷𠮷𠮷𠮷𠮷𠮷𠮷𠮷國小 6 年級",
    ]
)


# To make up facts takes longer than to word them: they are said in every language there is.
@settings(max_examples=10_000 // len(Language))
@given(
    kind=st.sampled_from(KINDS),
    child=st.one_of(LIKELY, NAMES),
    school=st.one_of(SCHOOLS, NAMES),
    phone=st.one_of(st.just("(02) 2300-0001 轉 12345678"), st.just("+886-2-2300-0001"), NAMES),
    more=st.fixed_dictionaries(
        {
            "is_make_up": st.booleans(),
            "is_teacher": st.booleans(),
            "is_excused": st.booleans(),
            "occurrence": st.integers(1, 3),
            "source": st.one_of(st.just("行政院人事行政總處"), NAMES),
            "part": st.sampled_from([*PART_WORDS.values(), ""]),
        }
    ),
)
def test_ten_thousand_texts_are_one_part_on_one_line(
    kind: NoticeKind, child: str, school: str, phone: str, more: dict[str, object]
) -> None:
    given = given_name(child) if child.strip() else child
    facts = facts_of(
        child=given or "x",
        school=school or "x",
        school_phone=phone,
        **(more | {"source": more["source"] or "x", "part": more["part"] or "x"}),
    )
    for language in Language:
        try:
            text = said(kind, replace(facts, language=language))
        except KeyError:
            # Of a name without one visible sign nothing can be said.
            return
        assert units_of(text) <= ONE_PART
        assert not any(unicodedata.category(char)[0] == "C" for char in text)
        assert text == unicodedata.normalize("NFC", text)


@settings(max_examples=500)
@given(school=st.one_of(SCHOOLS, NAMES), title=NAMES, language=st.sampled_from(list(Language)))
def test_urgent_announcement_is_one_part(school: str, title: str, language: Language) -> None:
    try:
        content = announcement_text(school, title, language)
    except KeyError:
        return
    assert units_of(read_text(NoticeKind.ANNOUNCEMENT, content, NOTHING)) <= ONE_PART


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("榕光國小", "榕光國小"),
        ("臺北市立很長名字榕光國民小學", "很長名字榕光國小"),
        ("臺北市中正區榕光國民小學", "臺北市中正區榕光國民小學"),
        ("臺北市中正區榕光實驗國民小學", "榕光實驗國小"),
        ("國立臺北教育大學附設實驗國民小學", "臺北教育大學附小"),
        ("國立臺灣師範大學附屬高級中學", "臺灣師範大學附中"),
        ("私立一二三四五六七八九十一高級工業職業學校", "一二三四五六七八高工"),
        ("國立臺灣師範大學附屬高級中學 2 年級", "臺灣師範大學附中"),
        ("Taipei American School", "Taipei"),
    ],
)
def test_school_is_shortened_by_rule(name: str, short: str) -> None:
    assert school_for_text(name) == short


def test_child_is_cut_between_signs_never_inside_one() -> None:
    assert child_for_text("Maximilian-Alexander") == "Maximilian"
    assert units_of(child_for_text("一" + "𠮷" * 9)) == 9
    assert fitted("a" * 9 + "ñ̃x", 10) == "a" * 9


@pytest.mark.parametrize(
    ("number", "said_number"),
    [
        ("02-2300-0001", "02-23000001"),
        ("(02) 2300-0001 轉 123", "02-23000001"),
        ("02 2300 0001#12", "02-23000001"),
        ("0800-123-456", "0800-123456"),
        ("037-123456", "037-123456"),
        ("", ""),
    ],
)
def test_phone_has_one_hyphen_and_no_extension(number: str, said_number: str) -> None:
    assert phone_for_text(number) == said_number


def test_what_a_number_was_not_given_for_has_no_text() -> None:
    for kind in set(NoticeKind) - TEXTED:
        with pytest.raises(KeyError):
            text_content(kind, facts_of())


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("child", ["小明", "Anna"])
@pytest.mark.parametrize(
    ("kind", "more"),
    [
        (NoticeKind.NO_SHOW, {}),
        (NoticeKind.NO_SHOW, {"is_teacher": True}),
        (NoticeKind.CORRECTION, {}),
        (NoticeKind.CORRECTION, {"is_excused": True, "at": None}),
    ],
)
def test_what_line_did_not_carry_is_said_in_the_same_words(
    kind: NoticeKind, more: dict[str, object], language: Language, child: str
) -> None:
    facts = facts_of(child=child, language=language, **more)
    assert read_text(kind, content_of(kind, facts), PLACE) == said(kind, facts)


def test_letter_is_no_text() -> None:
    with pytest.raises(KeyError):
        read_text(NoticeKind.NO_SHOW, letter_content(NoticeKind.NO_SHOW, facts_of()), PLACE)
