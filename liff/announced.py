"""An announcement as it is read: what stands above it, its words, whom to ask."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.announcements.reading import Shown
from core.announcements.tables import AnnouncementType, Importance
from core.clock import school_day_of
from core.languages.dates import day_and_clock, day_of_month, long_date, parted, plain_date
from core.languages.speech import N_, _
from liff.present import Phone, phone_link

TYPE_WORDS = {
    AnnouncementType.SYSTEM: N_("系統"),
    AnnouncementType.SCHOOL: N_("行政"),
    AnnouncementType.EVENT: N_("活動"),
    AnnouncementType.OTHER: N_("其他"),
}
IMPORTANCE_WORDS = {
    Importance.NORMAL: N_("一般"),
    Importance.IMPORTANT: N_("重要"),
    Importance.URGENT: N_("緊急"),
}
PARAGRAPHS = re.compile(r"\n{2,}")
# Addresses are written in these signs; what stands around them mostly is not.
PLAIN_SIGNS = re.compile(r"([\x21-\x7e]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """Ready to be shown. `line` stands above it in the list, `head` on its own page.

    `tag` is empty for what is ordinary. A paragraph is its runs, each with plain signs only or with
    none, so that an address ends where Chinese begins. `phone` None: the bureau's hotline.
    """

    id: UUID
    line: str
    head: str
    tag: str
    title: str
    paragraphs: Sequence[Sequence[str]]
    changed: str
    phone: Phone | None
    is_school: bool
    is_unread: bool
    is_archived: bool


def announced(shown: Shown, now: datetime) -> Announced:
    """Return an announcement in the language spoken; its own words stay as they were written."""
    day, today = school_day_of(shown.shown_from), school_day_of(now)
    about = (_(TYPE_WORDS[shown.type]), shown.school or _("教育局"))
    brief = day_of_month(day) if day.year == today.year else plain_date(day)
    is_ordinary = shown.importance is Importance.NORMAL
    return Announced(
        id=shown.id,
        line=parted(brief, *about),
        head=parted(long_date(day), *about),
        tag="" if is_ordinary else _(IMPORTANCE_WORDS[shown.importance]),
        title=shown.title,
        paragraphs=[PLAIN_SIGNS.split(one) for one in PARAGRAPHS.split(shown.body)],
        changed=day_and_clock(shown.changed_at) if shown.changed_at else "",
        phone=phone_link(shown.school_phone) if shown.school_phone else None,
        is_school=shown.school_code is not None,
        is_unread=shown.is_unread,
        is_archived=shown.archived_at is not None,
    )
