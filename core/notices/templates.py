"""Messages from templates: the bytes of a kind of news are made once, a child's own are put in.

In a rush hundreds of notices differ by the child and its page alone. What stands between is made
by the one builder of bubbles, so a template can say nothing that the builder would not.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import orjson

from core.kinds import NoticeKind
from core.notices.bubbles import messages_for
from core.notices.wording import LOCK_SCREEN_NAME, NoticeFacts, is_han

# Stand for a child's name and page until they are known: a Han name, as spaces are put between Han
# and Latin, of signs that no name and no sentence has.
CHILD = "\U0002f9f0\U0002f9f1"
PAGE = "\U0002f9f2"
MOMENTS = ("at", "arrived_at", "departed_at", "recorded", "heartbeat", "notice_time")


@dataclass(frozen=True, slots=True)
class Template:
    """The bytes between the holes; each hole is the place of its value."""

    parts: tuple[bytes, ...]
    holes: tuple[int, ...]

    def fill(self, *values: str) -> bytes:
        """Return the message with these values in its holes."""
        written = [orjson.dumps(value)[1:-1] for value in values]
        filled = [self.parts[0]]
        for hole, part in zip(self.holes, self.parts[1:], strict=True):
            filled += (written[hole], part)
        return b"".join(filled)


def content_of(kind: NoticeKind, facts: NoticeFacts) -> bytes:
    """Return the LINE message objects of one notice as a JSON array.

    Raises KeyError when a fact it must say is missing.
    """
    way, _, page = facts.link.rpartition("/")
    if not page or not _fits(facts.child):
        return frozen(messages_for(kind, facts))
    return template_of(kind, _shared(facts, f"{way}/{PAGE}")).fill(facts.child, page)


def _shared(facts: NoticeFacts, link: str) -> NoticeFacts:
    """Return what many notices have in common: sentences name minutes and no seconds."""
    moments = {name: getattr(facts, name) for name in MOMENTS}
    minutes = {
        name: moment.replace(second=0, microsecond=0)
        for name, moment in moments.items()
        if moment is not None
    }
    return replace(facts, child=CHILD, link=link, **minutes)


@lru_cache(maxsize=1024)
def template_of(kind: NoticeKind, shared: NoticeFacts) -> Template:
    """Return the template of a kind of news, with CHILD and PAGE where they differ."""
    whole = frozen(messages_for(kind, shared)).decode()
    parts: list[bytes] = []
    holes: list[int] = []
    rest = whole
    while (found := _next_hole(rest)) is not None:
        mark, hole = found
        before, _, rest = rest.partition(mark)
        parts.append(before.encode())
        holes.append(hole)
    return Template((*parts, rest.encode()), tuple(holes))


def frozen(messages: list[dict[str, Any]]) -> bytes:
    """Return messages as the bytes that are stored and sent."""
    return orjson.dumps(messages)


def _next_hole(text: str) -> tuple[str, int] | None:
    places = {text.find(mark): (mark, hole) for hole, mark in enumerate((CHILD, PAGE))}
    places.pop(-1, None)
    return places[min(places)] if places else None


def _fits(child: str) -> bool:
    """Tell whether a name takes the room and the spacing that the mark takes."""
    return 0 < len(child) <= LOCK_SCREEN_NAME and is_han(child[0]) and is_han(child[-1])
