"""Plain sentences and the quick replies below them."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

from bot.answer import Json
from core.clock import school_day_of, taipei_clock
from core.notices.flex import MAX_BUBBLES, carousel, flex_message
from core.notices.wording import LOCK_SCREEN_NAME, fill, short_date
from core.people.bindings import BoundChild

T = TypeVar("T")
# Source: LINE docs, "Quick reply": up to 13 items, labels up to 20 characters.
MAX_ITEMS = 13
MAX_LABEL = 20


def say(sentence: str, *words: str) -> Json:
    """Return a text message with quick replies that send `words`."""
    return offer({"type": "text", "text": sentence}, *words)


def show(alt: str, contents: Json, *words: str) -> Json:
    """Return a Flex message with quick replies that send `words`."""
    return offer(flex_message(alt, contents), *words)


def offer(message: Json, *words: str) -> Json:
    """Return the message with quick replies; each repeats what can be typed."""
    return offer_acts(message, [type_in(word, word) for word in words])


def offer_acts(message: Json, acts: Sequence[Json]) -> Json:
    """Return the message with quick replies that do these acts."""
    if not acts:
        return message
    items = [{"type": "action", "action": act} for act in acts[:MAX_ITEMS]]
    return message | {"quickReply": {"items": items}}


def type_in(label: str, words: str) -> Json:
    """Return an act that types words into the chat."""
    return {"type": "message", "label": label[:MAX_LABEL], "text": words}


def side_by_side(
    found: Sequence[T], draw: Callable[[T], Json], name: Callable[[list[T]], str], *words: str
) -> list[Json]:
    """Return a bubble for each one found, twelve a message; `name` gives a message's altText."""
    messages = []
    for first in range(0, len(found), MAX_BUBBLES):
        part = list(found[first : first + MAX_BUBBLES])
        messages.append(flex_message(name(part), carousel([draw(one) for one in part])))
    return [*messages[:-1], offer(messages[-1], *words)]


def moment(at: datetime, now: datetime) -> str:
    """Return 07:41, or 11/20（五）07:41 for another day."""
    if school_day_of(at) == school_day_of(now):
        return taipei_clock(at)
    return f"{short_date(school_day_of(at))}{taipei_clock(at)}"


def about(children: list[BoundChild], what: str) -> str:
    """Return a lock-screen line on several children, which names two at most."""
    names = [child.given_name[:LOCK_SCREEN_NAME] for child in children]
    if len(names) > 2:
        return fill("{first}等 {count} 位" + what, {"first": names[0], "count": str(len(names))})
    return fill("{names}" + what, {"names": "、".join(names)})
