"""沿用 and 不用了: a guardian answers for a child who moved to another school."""

from uuid import UUID

from bot.answer import Answer
from bot.handlers.turn import Refused, Turn, refusing
from bot.replies import moves as reply
from bot.replies import refusals
from core.binding.carry_over import drop
from core.notices.moves import keep_binding
from core.people.tables import Guardian
from core.postback import Press


def keep_move(turn: Turn, press: Press) -> Answer:
    """Follow the child to the new school with the old boxes."""
    guardian, house = _guardian(turn), turn.house
    with refusing(reply.REFUSALS):
        kept = keep_binding(
            turn.session,
            house.vault,
            house.settings,
            carry_over_id=UUID(press.detail),
            guardian_id=guardian.id,
            now=turn.now,
        )
    return Answer(messages=reply.kept(is_asked=kept.request_id is not None), matters=True)


def drop_move(turn: Turn, press: Press) -> Answer:
    """Leave it."""
    guardian = _guardian(turn)
    with refusing(reply.REFUSALS):
        drop(turn.session, UUID(press.detail), guardian.id, turn.now)
    return Answer(messages=reply.dropped(), matters=True)


def _guardian(turn: Turn) -> Guardian:
    if turn.person.guardian is None:
        raise Refused(refusals.not_linked(turn.pages))
    return turn.person.guardian
