"""服務狀態: whether notices go out and the gates are heard, for who waits for a word."""

from flask import render_template
from flask.typing import ResponseReturnValue

from core.clock import school_day_of, taipei_clock
from core.db import snapshot
from core.languages.speech import _
from core.maintenance import Window
from core.notices.trail import accepted_by
from core.notices.wording import CHANNEL_WORDS
from core.people.doors import for_guardian
from core.privacy.purged import last_purge
from core.watch.service import (
    ChannelState,
    Health,
    channels_of,
    schools_service,
    waiting_of,
)
from core.watch.service_words import channel_meaning, channel_word, check_line, night_line
from liff.guard import linked
from liff.present import day_and_time, reader_line
from liff.visit import current_visit

# How a state is marked; a word always stands beside it.
MARKS = {
    Health.WELL: "arrived",
    Health.BEST_EFFORT: "half",
    Health.SLOW: "late",
    Health.ON_DEMAND: "late",
    Health.PAUSED: "no-tap",
    Health.OFF: "off",
}


@linked
def show_status() -> ResponseReturnValue:
    """Show the channels, the gates of the children's schools, and what waits."""
    visit, guardian = current_visit(), current_visit().get_guardian()
    with snapshot(visit.house.engine) as database:
        children = for_guardian(database, guardian.id).children()
        names = {child.school_code: child.school_short_name for child in children}
        channels = channels_of(database, visit.house.settings, names, visit.now)
        schools = schools_service(database, names, visit.now)
        waiting = waiting_of(database, guardian.id)
        last = accepted_by(database, guardian.id)
        tidied = last_purge(database)
    today = school_day_of(visit.now)
    at = day_and_time(tidied, today) if tidied else ""
    return render_template(
        "status.html",
        clock=taipei_clock(visit.now),
        channels=[
            _channel(one, day_and_time(last[one.channel], today) if one.channel in last else "")
            for one in channels
        ],
        schools=[
            (*reader_line(names[one.code], one.heard_at, visit.now), check_line(one, visit.now))
            for one in schools
        ],
        waiting=waiting,
        tidied=night_line(Window.of(visit.house.settings), at, visit.now),
    )


def _channel(one: ChannelState, last: str) -> tuple[str, str, str, list[str], str]:
    """Return name, mark, word, what else there is to say, and the city's own words."""
    said = [channel_meaning(one), _("最近一次送出：{time}", time=last) if last else ""]
    name = _(CHANNEL_WORDS[one.channel])
    return name, MARKS[one.health], channel_word(one), [line for line in said if line], one.note
