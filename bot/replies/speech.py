"""Plain sentences and the quick replies below them."""

from bot.answer import Json
from core.notices.bubbles import flex_message

# Source: LINE docs, "Quick reply": up to 13 items, labels up to 20 characters.
MAX_ITEMS = 13


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
