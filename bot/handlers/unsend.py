"""收回: what somebody took back is forgotten here too, as LINE asks."""

from bot import conversations
from bot.answer import Answer
from bot.events import Incoming
from bot.inbox import forget_message
from core.db import transaction
from core.house import House


def forget_unsent(house: House, incoming: Incoming, line_user_id: str) -> Answer:
    """Drop the message's words and what was begun by them, and say nothing.

    What they led to is undone by hand.
    """
    with transaction(house.engine) as session:
        if forget_message(session, line_user_id, incoming.content):
            conversations.end(session, line_user_id)
    return Answer()
