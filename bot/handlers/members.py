"""What only a real-name member may do, as on the pages."""

from bot.handlers.turn import Refused, Turn
from bot.replies import refusals
from core.identity.standing import Standing, standing_of


def require_real_name(turn: Turn) -> None:
    """Refuse a guardian who is a real-name member no more."""
    guardian = turn.person.guardian
    if guardian is None or standing_of(guardian, is_linked=True) is not Standing.REAL_NAME:
        raise Refused(refusals.only_views(turn.pages))
