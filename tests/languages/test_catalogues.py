"""Every sentence in every language, none too many, and the same slots in all."""

import configparser
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

from core.languages.catalogues import catalogue, path_of
from core.languages.language import SOURCE, Language
from core.languages.slots import SLOT

ROOT = Path(__file__).parents[2]
OTHERS = [language for language in Language if language is not SOURCE]
HAN = re.compile("[\u3400-\u9fff]")
CHINESE_MARKS = re.compile("[，。、：；？（）「」]")


@cache
def sentences() -> frozenset[str]:
    """What the code says to guardians, as Babel finds it."""
    with (ROOT / "core/languages/babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)
    found = extract_from_dir(ROOT, methods, options, keywords={"_": None, "N_": None})
    return frozenset(message for _, _, message, _, _ in found if isinstance(message, str))


def test_the_code_holds_sentences_of_pages_chat_and_notices() -> None:
    assert {"我的孩子", "請選擇語言。通知也會改用這個語言。", "{child} {time} 到校"} <= sentences()


@pytest.mark.parametrize("language", OTHERS)
def test_every_sentence_is_translated(language: Language) -> None:
    assert sorted(sentences() - set(catalogue(language))) == []


@pytest.mark.parametrize("language", OTHERS)
def test_no_translation_is_left_over(language: Language) -> None:
    assert sorted(set(catalogue(language)) - sentences()) == []


@pytest.mark.parametrize("language", OTHERS)
def test_nothing_is_marked_unsure(language: Language) -> None:
    with path_of(language).open("rb") as file:
        assert [entry.id for entry in read_po(file) if entry.fuzzy] == []


@pytest.mark.parametrize("language", OTHERS)
def test_translations_have_the_slots_of_their_sentence(language: Language) -> None:
    wrong = {
        sentence: translated
        for sentence, translated in catalogue(language).items()
        # A child named once more, or not again, is the translator's to decide; a fact is not.
        if _facts(sentence) != _facts(translated)
    }
    assert wrong == {}


@pytest.mark.parametrize("language", [one for one in OTHERS if one is not Language.JAPANESE])
def test_no_chinese_is_left_in_translations(language: Language) -> None:
    texts = {
        sentence: translated
        for sentence, translated in catalogue(language).items()
        if HAN.search(translated) or CHINESE_MARKS.search(translated)
    }
    assert texts == {}


def test_the_mapping_names_no_folder_that_is_not_there() -> None:
    parser = configparser.ConfigParser()
    parser.read(ROOT / "core/languages/babel.cfg")
    folders = {section.split(": ")[1].split("/")[0] for section in parser.sections()}
    assert all((ROOT / folder).is_dir() for folder in folders)


def _facts(text: str) -> set[str]:
    slots = Counter(SLOT.findall(text))
    return set(slots) - {"{child}"}
