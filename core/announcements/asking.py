"""Asking a second person to look at an announcement and to publish it."""

from datetime import datetime

from sqlmodel import Session

from core.announcements.audiences import Audience, audience_label, publishers_of
from core.announcements.tables import AnnouncementVersion
from core.announcements.writing import GOOD_FOR, get_announcement, is_waiting
from core.notices.staff_alarms import tell_announcement_asked
from core.notices.staff_desk import StaffDesk
from core.people.staff import are_one_person

PAGE = "staff/announcements"


def ask_second(
    session: Session, desk: StaffDesk, version: AnnouncementVersion, who: str, now: datetime
) -> int:
    """Tell whoever may publish a version that it waits; its writer, in whatever role, is left out.

    `who` is the writer's name as it is to be read. Returns how many notices were new: of what was
    asked before, or waits for nobody, none. Joins the caller's transaction.
    """
    # Publishing is one statement, of which a version in hand knows nothing.
    session.refresh(version)
    if not is_waiting(version, now):
        return 0
    audience = Audience.of(get_announcement(session, version.announcement_id))
    others = [
        one
        for one in publishers_of(session, audience)
        if not are_one_person(session, version.written_by, f"staff:{one.id}")
    ]
    # Who works at several schools opens it at the right desk.
    at = f"?school={audience.school_code}" if audience.school_code else ""
    return tell_announcement_asked(
        session,
        others,
        about=f"{version.announcement_id}/{version.number}",
        title=version.title,
        audience=audience_label(session, audience),
        asked_by_name=who,
        page=desk.page(f"{PAGE}/{version.announcement_id}{at}"),
        deadline=version.written_at + GOOD_FOR,
        now=version.written_at,
    )
