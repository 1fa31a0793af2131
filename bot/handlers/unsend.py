"""收回: what somebody took back is forgotten here too, as LINE asks."""

from bot import conversations
from bot.answer import Answer
from bot.events import Incoming
from bot.inbox import forget_message, is_taken_back
from core.db import snapshot, transaction
from core.house import House


def forget_unsent(house: House, incoming: Incoming, line_user_id: str) -> Answer:
    """Drop the message's words and what was begun by them, and say nothing.

    What they led to is undone by hand.
    """
    with transaction(house.engine) as session:
        if forget_message(session, line_user_id, incoming.content):
            conversations.end(session, line_user_id)
    return Answer()


def came_too_late(house: House, incoming: Incoming) -> bool:
    """Tell whether a message was taken back before it came; then its words are forgotten.

    LINE promises no order: what it could not deliver at first comes after what was done since.
    """
    user, message_id = incoming.line_user_id, incoming.message_id
    if user is None or not message_id:
        return False
    with snapshot(house.engine) as session:
        is_unwanted = is_taken_back(session, user, message_id, incoming.occurred_at)
    if is_unwanted:
        with transaction(house.engine) as session:
            forget_message(session, user, message_id)
    return is_unwanted
