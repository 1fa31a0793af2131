"""Messages from templates: the bytes of a kind of news are made once, a child's own are put in.

In a rush hundreds of notices differ by the child and its page alone. What stands between is made
by the one builder of bubbles, so a template can say nothing that the builder would not.
"""

import re
from dataclasses import dataclass, fields
from datetime import datetime
from functools import lru_cache
from operator import attrgetter
from typing import Any

import orjson

from core.kinds import NoticeKind
from core.languages.slots import is_han
from core.notices.bubbles import messages_for
from core.notices.wording import LOCK_SCREEN_NAME, NoticeFacts

# Stand for a child's name and page until they are known: a Han name, as spaces are put between Han
# and Latin, of signs that no name and no sentence has.
CHILD = "\U0002f9f0\U0002f9f1"
PAGE = "\U0002f9f2"
# What a guardian can answer is sealed for each anew.
ANSWERS = ("\U0002f9f3", "\U0002f9f4", "\U0002f9f5")
MARKS = (CHILD, PAGE, *ANSWERS)
HOLE = re.compile("|".join(MARKS))
SEEN = ("at", "arrived_at", "departed_at", "recorded")
MOMENTS = (*SEEN, "heartbeat", "silent_since", "notice_time")
OTHERS = tuple(
    one.name
    for one in fields(NoticeFacts)
    if one.name not in ("child", "link", "answers", *MOMENTS)
)
_moments_of = attrgetter(*MOMENTS)
_others_of = attrgetter(*OTHERS)


@dataclass(frozen=True, slots=True)
class Template:
    """The bytes, with %b for each hole, and the places of the holes' values."""

    pattern: bytes
    holes: tuple[int, ...]

    def fill(self, *values: str) -> bytes:
        """Return the message with these values in its holes."""
        written = [orjson.dumps(value)[1:-1] for value in values]
        return self.pattern % tuple(written[hole] for hole in self.holes)


def content_of(kind: NoticeKind, facts: NoticeFacts) -> bytes:
    """Return the LINE message objects of one notice as a JSON array.

    Raises KeyError when a fact it must say is missing.
    """
    way, _, page = facts.link.rpartition("/")
    if not page or not _fits(facts.child):
        return frozen(messages_for(kind, facts))
    # Sentences name minutes and no seconds.
    minutes = tuple(one and one.replace(second=0, microsecond=0) for one in _moments_of(facts))
    has_answers = facts.answers is not None
    template = template_of(kind, way, minutes, _others_of(facts), has_answers=has_answers)
    return template.fill(facts.child, page, *(facts.answers or ()))


@lru_cache(maxsize=1024)
def template_of(
    kind: NoticeKind,
    way: str,
    minutes: tuple[datetime | None, ...],
    others: tuple[Any, ...],
    *,
    has_answers: bool,
) -> Template:
    """Return the template of a kind of news, with MARKS where they differ.

    `way` is the link without its page; `minutes` and `others` are what many notices have in common,
    in the order of MOMENTS and OTHERS.
    """
    shared = dict(zip((*MOMENTS, *OTHERS), (*minutes, *others), strict=True))
    shared["answers"] = ANSWERS if has_answers else None
    facts = NoticeFacts(child=CHILD, link=f"{way}/{PAGE}", **shared)
    whole = frozen(messages_for(kind, facts)).decode()
    holes = tuple(MARKS.index(mark) for mark in HOLE.findall(whole))
    return Template(HOLE.sub("%b", whole.replace("%", "%%")).encode(), holes)


def frozen(messages: list[dict[str, Any]]) -> bytes:
    """Return messages as the bytes that are stored and sent."""
    return orjson.dumps(messages)


def _fits(child: str) -> bool:
    """Tell whether a name takes the room and the spacing that the mark takes."""
    return 0 < len(child) <= LOCK_SCREEN_NAME and is_han(child[0]) and is_han(child[-1])
