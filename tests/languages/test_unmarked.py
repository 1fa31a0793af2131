"""A sentence nobody marked would be read by nobody but those who read Chinese."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.languages.catalogues import catalogue
from core.languages.language import Language

ROOT = Path(__file__).parents[2]
HAN = re.compile("[\u3400-\u9fff]")
MARKED = re.compile(r'\bN?_\(\s*(?:"(?:[^"\\]|\\.)*"\s*)+', re.S)
COMMENT = re.compile(r"\{#.*?#\}", re.S)
TEMPLATES = sorted((ROOT / "liff/templates").glob("*.html"))
CODE = sorted([*(ROOT / "liff").glob("*.py"), *(ROOT / "bot/replies").glob("*.py")])
# What people write to us, and how it is printed on the card.
SPOKEN_TO_US = {"民國", "年", "月", "日", "班", "轉"}
ON_THE_CARD = ">學號</text>"


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_templates_say_nothing_unmarked(path: Path) -> None:
    rest = MARKED.sub("", COMMENT.sub("", path.read_text())).replace(ON_THE_CARD, "")
    assert [line.strip() for line in rest.splitlines() if HAN.search(line)] == []


@pytest.mark.parametrize("path", CODE, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_code_says_nothing_unmarked(path: Path) -> None:
    known = catalogue(Language.ENGLISH)
    unmarked = [
        text for text in _texts(path) if HAN.search(text) and text not in known | _plain(path)
    ]
    assert unmarked == []


def _plain(path: Path) -> dict[str, str]:
    """Return texts of this file that are no sentences of ours."""
    allowed = SPOKEN_TO_US | ({"(?:民國)?(\\d{2,4})[-/.年](\\d{1,2})[-/.月](\\d{1,2})日?"})
    return dict.fromkeys(allowed, "")


def _texts(path: Path) -> Iterator[str]:
    tree = ast.parse(path.read_text())
    sentences = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
        if is_text and id(node) not in sentences:
            yield str(node.value)
