"""Plain sentences and the quick replies below them."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

from bot.answer import Json
from core.clock import school_day_of, taipei_clock
from core.languages.dates import day_and_clock, listed
from core.languages.speech import _
from core.notices.flex import MAX_BUBBLES, carousel, flex_message
from core.notices.flex import type_in as type_in
from core.notices.wording import LOCK_SCREEN_NAME
from core.people.bindings import BoundChild

T = TypeVar("T")
# Source: LINE docs, "Quick reply": up to 13 items.
MAX_ITEMS = 13


def say(sentence: str, *words: str) -> Json:
    """Return a text message with quick replies that send `words`."""
    return offer({"type": "text", "text": sentence}, *words)


def show(alt: str, contents: Json, *words: str) -> Json:
    """Return a Flex message with quick replies that send `words`."""
    return offer(flex_message(alt, contents), *words)


def offer(message: Json, *words: str) -> Json:
    """Return the message with quick replies; each repeats what can be typed."""
    return offer_acts(message, [type_in(_(word), _(word)) for word in words])


def offer_acts(message: Json, acts: Sequence[Json]) -> Json:
    """Return the message with quick replies that do these acts."""
    if not acts:
        return message
    items = [{"type": "action", "action": act} for act in acts[:MAX_ITEMS]]
    return message | {"quickReply": {"items": items}}


def acts_below(message: Json) -> list[Json]:
    """Return what the quick replies of a message do."""
    return [item["action"] for item in message.get("quickReply", {}).get("items", ())]


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
    return taipei_clock(at) if school_day_of(at) == school_day_of(now) else day_and_clock(at)


def about(children: list[BoundChild], one_or_two: str, many: str) -> str:
    """Return a lock-screen line on several children, which names two at most.

    The sentences have the slots `names`, and `first` and `count`.
    """
    names = [child.given_name[:LOCK_SCREEN_NAME] for child in children]
    if len(names) > 2:
        return _(many, first=names[0], count=len(names))
    return _(one_or_two, names=listed(names))
