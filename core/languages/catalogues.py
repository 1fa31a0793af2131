"""The translators' catalogues, read as they are written: no step compiles them, none is forgotten.

`catalogues/<language>/LC_MESSAGES/messages.po`, the layout Babel's tools expect.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po

from core.languages.language import Language

FOLDER = Path(__file__).parent / "catalogues"


@cache
def catalogue(language: Language) -> Mapping[str, str]:
    """Return each source sentence's translation. Unsure (fuzzy) and empty ones are left out."""
    with path_of(language).open("rb") as file:
        entries = read_po(file, locale=language.value)
    return {
        str(entry.id): str(entry.string)
        for entry in entries
        if entry.id and entry.string and not entry.fuzzy
    }


def path_of(language: Language) -> Path:
    """Return where a language's sentences stand; the source language has no file."""
    return FOLDER / language.value / "LC_MESSAGES" / "messages.po"
