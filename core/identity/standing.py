"""What a sign-in lets somebody do: look, or change as well."""

from enum import StrEnum

from core.errors import AccessError
from core.people.guardians import is_gold_level
from core.people.tables import Guardian


class Standing(StrEnum):
    """How surely we know who is here."""

    # By a LINE user linked to a real-name member of Taipei Pass.
    REAL_NAME = "real_name"
    # By another account, or by a member who is real-name no more.
    ONLY_VIEWS = "only_views"


def standing_of(guardian: Guardian, *, is_linked: bool) -> Standing:
    """Return what the guardian may do who is here by a link, or else by another identity."""
    is_proven = is_linked and is_gold_level(guardian.verify_level)
    return Standing.REAL_NAME if is_proven else Standing.ONLY_VIEWS


def require_real_name(standing: Standing) -> None:
    """Let only those go on who may change how LINE and no-show notices are told.

    Source: the city's guides let other accounts look, and ask for a real-name Taipei Pass wherever
    LINE is set. Raises AccessError("only_views", 403).
    """
    if standing is not Standing.REAL_NAME:
        raise AccessError("only_views", 403)
