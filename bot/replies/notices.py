"""公告: the newest announcements, a line to press each."""

from collections.abc import Sequence

from bot.answer import Json
from bot.replies.pages import Pages
from bot.replies.speech import show
from core.announcements.reading import Shown
from core.clock import school_day_of
from core.languages.dates import day_of_month, parted
from core.languages.speech import _
from core.notices.flex import (
    BRAND,
    INK3,
    SUNKEN,
    box,
    bubble,
    buttons,
    open_page,
    quiet,
    row,
    text,
)

MOST = 4
LONGEST = 60


def newest(found: Sequence[Shown], pages: Pages) -> list[Json]:
    """Return the newest announcements and the way to all of them."""
    lines = [_line(one, pages) for one in found]
    empty = [] if found else [text(_("目前沒有公告。"), margin="md")]
    contents = [
        text(_("公告"), size="xl", weight="bold"),
        *empty,
        *([box(lines, spacing="sm", margin="lg")] if lines else []),
        buttons(quiet(_("看全部公告"), pages.notices)),
    ]
    return [show(_("公告"), bubble(contents), "今天", "說明")]


def _line(one: Shown, pages: Pages) -> Json:
    day = day_of_month(school_day_of(one.shown_from))
    told = box(
        [
            text(one.title[:LONGEST], weight="bold" if one.is_unread else "regular"),
            text(parted(day, one.school or _("教育局")), size="xs", color=INK3),
        ],
        flex=1,
    )
    arrow = text("›", size="xl", color=BRAND, flex=0)
    action = open_page(_("看全文"), pages.notice(one.id))
    look = {"backgroundColor": SUNKEN, "cornerRadius": "10px", "paddingAll": "12px"}
    return row([told, arrow], action=action, **look)
