"""Which language is spoken now, and a sentence in it.

The sentences in the code are the source: `_("還沒有{child}的紀錄", child=name)`. Where a sentence
stands before a language is known (a table at the head of a file), `N_` marks it and `_` says it.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

from core.languages.catalogues import catalogue
from core.languages.language import SOURCE, Language
from core.languages.slots import fill, fill_as_written

_spoken: ContextVar[Language] = ContextVar("spoken", default=SOURCE)


def spoken() -> Language:
    """Return the language of this request, this answer or this notice."""
    return _spoken.get()


def speak(language: Language) -> None:
    """Speak a language from now on: for a request, which has a context of its own."""
    _spoken.set(language)


@contextmanager
def speaking(language: Language) -> Iterator[None]:
    """Speak a language for a while."""
    token = _spoken.set(language)
    try:
        yield
    finally:
        _spoken.reset(token)


def _(sentence: str, /, **slots: object) -> str:
    """Return the sentence in the language spoken, with its `{slots}` filled."""
    translated = translate(sentence)
    return put_in(translated, {name: str(value) for name, value in slots.items()})


def translate(sentence: str) -> str:
    """Return the sentence in the language spoken, its `{slots}` still empty.

    One without a translation stays as it is: better Chinese than nothing.
    """
    return sentence if spoken() is SOURCE else catalogue(spoken()).get(sentence, sentence)


def put_in(translated: str, slots: Mapping[str, str]) -> str:
    """Fill the `{slots}` of a sentence in the language spoken. Raises KeyError for a missing one.

    Translations write their own spaces; in the source only a value knows whether one is needed.
    """
    if not slots:
        return translated
    return (fill if spoken() is SOURCE else fill_as_written)(translated, slots)


def N_(sentence: str) -> str:  # noqa: N802  # gettext's own name
    """Mark a sentence for the catalogues; it is said with `_` later."""
    return sentence
