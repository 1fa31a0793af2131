"""Plain sentences and the quick replies below them."""

from bot.answer import Json
from core.notices.bubbles import flex_message
from core.notices.wording import LOCK_SCREEN_NAME, fill
from core.people.bindings import BoundChild

# Source: LINE docs, "Quick reply": up to 13 items, labels up to 20 characters.
MAX_ITEMS = 13
# Source: LINE docs, "Carousel": up to 12 bubbles.
MAX_BUBBLES = 12


def say(sentence: str, *words: str) -> Json:
    """Return a text message with quick replies that send `words`."""
    return offer({"type": "text", "text": sentence}, *words)


def show(alt: str, contents: Json, *words: str) -> Json:
    """Return a Flex message with quick replies that send `words`."""
    return offer(flex_message(alt, contents), *words)


def offer(message: Json, *words: str) -> Json:
    """Return the message with quick replies; each repeats what can be typed."""
    if not words:
        return message
    items = [
        {"type": "action", "action": {"type": "message", "label": word, "text": word}}
        for word in words[:MAX_ITEMS]
    ]
    return message | {"quickReply": {"items": items}}


def about(children: list[BoundChild], what: str) -> str:
    """Return a lock-screen line on several children, which names two at most."""
    names = [child.given_name[:LOCK_SCREEN_NAME] for child in children]
    if len(names) > 2:
        return fill("{first}等 {count} 位" + what, {"first": names[0], "count": str(len(names))})
    return fill("{names}" + what, {"names": "、".join(names)})
