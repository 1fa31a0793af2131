"""What a question of the guide is, and its answer as it is true now."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from core.kinds import Channel
from core.languages.speech import N_, _, spoken


class Line(StrEnum):
    """Whom to call when an answer does not help."""

    PASS = "taipei_pass"  # noqa: S105
    SERVICE = "service"
    PRIVACY = "privacy"
    SCHOOL = "school"


# Whom each line is called, next to an answer.
LINE_NAMES = {
    Line.PASS: N_("台北通客服"),
    Line.SERVICE: N_("到離校通知客服"),
    Line.PRIVACY: N_("台北通個人資料"),
}


@dataclass(frozen=True, slots=True)
class Part:
    """Sentences said only while a channel is offered (`needs`), or while it is not (`lacks`)."""

    text: str
    needs: Channel | None = None
    lacks: Channel | None = None

    def is_true(self, offered: Collection[Channel]) -> bool:
        """Tell whether this holds with what is offered now."""
        return (self.needs is None or self.needs in offered) and self.lacks not in offered


@dataclass(frozen=True, slots=True)
class Question:
    """One question. `key` is its anchor and never changes; `words` are further ways to ask it."""

    key: str
    title: str
    answer: tuple[Part, ...]
    lines: tuple[Line, ...]
    words: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """Questions that belong together."""

    title: str
    questions: tuple[Question, ...]


def answer_of(question: Question, offered: Collection[Channel]) -> str:
    """Return the answer as it is true with these channels, in the language spoken."""
    said = [_(part.text) for part in question.answer if part.is_true(offered)]
    return ("" if spoken().is_han else " ").join(said)
