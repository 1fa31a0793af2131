"""公告: the newest and those of the past, and one of them on a page of its own."""

from uuid import UUID

from flask import render_template, request
from flask.typing import ResponseReturnValue

from core.announcements.reading import get_shown, list_announcements, mark_read
from core.db import snapshot, transaction
from liff.announced import announced
from liff.guard import linked
from liff.numbers import whole_number
from liff.present import phone_link
from liff.visit import current_visit

A_PAGE = 10
MOST_SKIPPED = 999_999


@linked
def show_notices() -> ResponseReturnValue:
    """List ten announcements, newest first."""
    visit = current_visit()
    is_past, skip = request.args.get("tab") == "past", skipped()
    with snapshot(visit.house.engine) as database:
        found = list_announcements(
            database,
            visit.get_guardian().id,
            visit.now,
            archived=is_past,
            skip=skip,
            most=A_PAGE + 1,
        )
    return render_template(
        "notices.html",
        lines=[announced(one, visit.now) for one in found[:A_PAGE]],
        is_past=is_past,
        skip=skip,
        next_skip=skip + A_PAGE if len(found) > A_PAGE else None,
    )


@linked
def show_notice(announcement_id: UUID) -> ResponseReturnValue:
    """Show one announcement; from then on it is read."""
    visit = current_visit()
    guardian_id = visit.get_guardian().id
    with snapshot(visit.house.engine) as database:
        shown = get_shown(database, guardian_id, announcement_id, visit.now)
    # Who looks by another account has read nothing in the guardian's stead.
    if shown.is_unread and visit.is_linked:
        with transaction(visit.house.engine) as database:
            mark_read(database, guardian_id, shown, visit.now)
    return render_template(
        "notice.html",
        one=announced(shown, visit.now),
        hotline=phone_link(visit.house.settings.hotline),
    )


def skipped() -> int:
    """Return how many the page leaves out; what is no number is none."""
    return whole_number(request.args.get("skip", ""), MOST_SKIPPED) or 0
