"""How large pages are written for a guardian."""

from enum import StrEnum
from uuid import UUID

from sqlalchemy import update
from sqlmodel import Session, col

from core.people.tables import Guardian


class TextSize(StrEnum):
    """標準 100 %, 大 115 %, 特大 130 % of the size the browser was told."""

    STANDARD = "standard"
    LARGE = "large"
    LARGEST = "largest"


def save_text_size(session: Session, guardian_id: UUID, size: TextSize) -> None:
    """Keep what a guardian chose; joins the caller's transaction."""
    session.execute(
        update(Guardian).where(col(Guardian.id) == guardian_id).values(text_size=size.value)
    )
