"""Letters: what a notice says by e-mail, frozen when it is written and read when it leaves.

The sentences are LINE's own. What LINE could not carry holds its message still, and is read from it
word for word.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from core.kinds import NoticeKind
from core.languages.language import SOURCE, Language, language_of
from core.languages.speech import speaking
from core.notices.wording import NoticeFacts, alt_text, lines


@dataclass(frozen=True, slots=True)
class Written:
    """What a letter says. `child` is how its reader calls the child, "" for no child.

    `is_fallback`: it was meant for LINE, and `language` is unknown there. `had_ask`: on LINE a
    button asks the school.
    """

    subject: str
    paragraphs: tuple[str, ...]
    child: str
    language: Language | None
    is_fallback: bool = False
    had_ask: bool = False


def letter_content(kind: NoticeKind, facts: NoticeFacts) -> bytes:
    """Return what a notice says by e-mail as bytes to be stored.

    Raises KeyError when a fact it must say is missing.
    """
    with speaking(facts.language):
        said = lines(kind, facts)
        if facts.school and facts.school not in said:
            said.append(facts.school)
        return letter_bytes(alt_text(kind, facts), said, facts.language, child=facts.child)


def letter_bytes(
    subject: str, paragraphs: Sequence[str], language: Language, *, child: str = ""
) -> bytes:
    """Return a letter as the bytes that `read_letter` reads."""
    return orjson.dumps(
        {
            "subject": subject,
            "paragraphs": list(paragraphs),
            "child": child,
            "language": language.value,
        }
    )


def read_letter(content: bytes) -> Written:
    """Return what a stored notice says by e-mail, in whichever form it was stored."""
    held: Any = orjson.loads(content)
    if isinstance(held, list):
        return _meant_for_line(held[0])
    return Written(
        held["subject"],
        tuple(held["paragraphs"]),
        held["child"],
        language_of(held["language"]) or SOURCE,
    )


def _meant_for_line(message: Any) -> Written:
    """Read a bubble about a child: its first text is the child's name."""
    parts = message["contents"]["body"]["contents"]
    # Of a no-show's three answers the first asks the school. What says to press it is no use here.
    answers = [label for part in parts for label in _answers_of(part)]
    ask = answers[0] if len(answers) == 3 else None
    texts = [text for part in parts if (text := _text_of(part))]
    said = tuple(text for text in texts if ask is None or ask not in text)
    had_ask = len(said) < len(texts)
    return Written(message["altText"], said, said[0], None, is_fallback=True, had_ask=had_ask)


def _answers_of(part: Any) -> Iterator[str]:
    """Return the words on the buttons of a part that come back to us."""
    action = part.get("action", {})
    if action.get("type") == "postback":
        yield action["label"]
    for one in part.get("contents", ()):
        yield from _answers_of(one)


def _text_of(part: Any) -> str:
    """Return a sentence, or the name beside a pill; buttons are for LINE alone."""
    if part["type"] == "text":
        return str(part["text"])
    if part.get("layout") == "horizontal":
        return _text_of(part["contents"][0])
    return ""
