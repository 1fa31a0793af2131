"""Which language a person reads: a guardian's own choice, or what LINE speaks on their phone."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select, update

from core.db import insert_for
from core.languages.language import SOURCE, Language, language_of
from core.people.guardians import find_guardian
from core.people.tables import Guardian, LineFriend


def language_of_line_user(session: Session, line_user_id: str) -> Language | None:
    """Return the language of a LINE user's guardian, or its own; None where unknown."""
    guardian = find_guardian(session, line_user_id)
    if guardian is not None:
        return language_of(guardian.locale)
    return kept_language(session, line_user_id)


def language_of_guardian(session: Session, guardian_id: UUID) -> Language:
    """Return what a guardian reads, wherever they are linked."""
    return language_of(session.get_one(Guardian, guardian_id).locale) or SOURCE


def kept_language(session: Session, line_user_id: str) -> Language | None:
    """Return the language kept of a LINE user, whoever is linked to it."""
    kept = session.exec(
        select(LineFriend.language).where(LineFriend.line_user_id == line_user_id)
    ).first()
    return language_of(kept) if kept else None


def choose_language(session: Session, line_user_id: str, language: Language, now: datetime) -> None:
    """Keep what a person chose, for pages, chat and notices; joins the caller's transaction."""
    guardian = find_guardian(session, line_user_id)
    if guardian is not None:
        session.execute(
            update(Guardian).where(col(Guardian.id) == guardian.id).values(locale=language.value)
        )
    # Whoever writes to us or opens our pages inside LINE has us as a friend until LINE says else.
    new = insert_for(session, LineFriend).values(
        line_user_id=line_user_id, is_following=True, changed_at=now, language=language.value
    )
    session.execute(
        new.on_conflict_do_update(
            index_elements=["line_user_id"], set_={"language": new.excluded.language}
        )
    )


def note_language(session: Session, line_user_id: str, tag: str) -> None:
    """Keep what LINE says of a known friend's language, unless they chose; joins the transaction.

    Source: LINE docs, "Get profile": `language` is a BCP 47 tag, left out without consent.
    """
    language = language_of(tag)
    if language is not None:
        session.execute(
            update(LineFriend)
            .where(col(LineFriend.line_user_id) == line_user_id, col(LineFriend.language).is_(None))
            .values(language=language.value)
        )
