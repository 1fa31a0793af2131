"""服務狀態 for the bureau and who runs the service: the whole city's sending and hearing."""

from datetime import datetime
from typing import Any

from babel.dates import format_timedelta
from flask import render_template
from flask.typing import ResponseReturnValue
from sqlmodel import Session, col, select

from core.calendar.scopes import CITY
from core.clock import school_day_of
from core.db import snapshot
from core.delivery.quota_month import last_asked, left_of
from core.duty.tick_log import last_ticks
from core.gate.health import CONTACT_LIMIT
from core.languages.language import SOURCE
from core.notices.wording import CHANNEL_WORDS
from core.people.roster import CANARY_SCHOOL
from core.people.tables import School
from core.privacy.purged import last_purge
from core.watch.canary import canary_state
from core.watch.service import ChannelState, channels_of, schools_service
from core.watch.service_words import channel_word, check_line
from core.watch.waiting import oldest_due
from liff.guard import staff
from liff.present import day_and_time
from liff.staff.desk import open_any_desk
from liff.staff.tick_words import TICK_WORDS
from liff.status import MARKS
from liff.visit import Visit, current_visit

# The silent ones stand first; the rest is a number.
MOST_SCHOOLS = 40


@staff
def show_staff_status() -> ResponseReturnValue:
    """Show what an operator looks at first; nobody is named."""
    visit = current_visit()
    with snapshot(visit.house.engine) as database:
        desk = open_any_desk(database, visit)
        desk.require_bureau()
        page = _page(database, visit)
    return render_template("staff/status.html", desk=desk, **page)


def _page(database: Session, visit: Visit) -> dict[str, Any]:
    now, settings = visit.now, visit.house.settings
    channels = channels_of(database, settings, (CITY,), now)
    due, asked = oldest_due(database, now), last_asked(database, now)
    tidied = last_purge(database)
    schools, silent = _schools(database, now)
    return {
        "clock": _at(now, now),
        "channels": [
            (
                CHANNEL_WORDS[one.channel],
                MARKS[one.health],
                channel_word(one),
                _waiting(one, now),
                one.note,
            )
            for one in channels
        ],
        "due": format_timedelta(now - due, locale=SOURCE.value) if due else "沒有",
        "left": left_of(database, now),
        "asked": _at(asked[1], now) if asked else "",
        "canary": _canary(database, visit) if settings.canary_line_user_id else "沒有設定",
        "ticks": _ticks(database, now),
        "tidied": _at(tidied, now) if tidied else "還沒有紀錄",
        "schools": schools[:MOST_SCHOOLS],
        "rest": max(0, len(schools) - MOST_SCHOOLS),
        "silent": silent,
    }


def _ticks(database: Session, now: datetime) -> list[tuple[str, str]]:
    """Return when each thing the clock does was last done; one there is no more is left out."""
    ran = last_ticks(database)
    return [(word, _at(ran[name], now)) for name, word in TICK_WORDS.items() if name in ran]


def _schools(database: Session, now: datetime) -> tuple[list[tuple[str, str, str, bool]], int]:
    """Return every school: name, last contact, today's check, silent; longest silent first."""
    statement = select(School.code, School.short_name).where(School.code != CANARY_SCHOOL)
    names = dict(database.exec(statement.order_by(col(School.code))).all())
    found = schools_service(database, names, now)
    found.sort(key=lambda one: one.heard_at.timestamp() if one.heard_at else 0.0)
    rows = [
        (
            names[one.code],
            _at(one.heard_at, now) if one.heard_at else "還沒有連線紀錄",
            check_line(one, now),
            one.heard_at is None or now - one.heard_at > CONTACT_LIMIT,
        )
        for one in found
    ]
    return rows, sum(is_silent for *_, is_silent in rows)


def _waiting(one: ChannelState, now: datetime) -> str:
    if one.oldest is None:
        return "沒有待送的通知"
    return f"待送 {one.waiting} 則，最久的從 {_at(one.oldest, now)} 等到現在"


def _canary(database: Session, visit: Visit) -> str:
    state = canary_state(database, visit.now)
    if state.accepted_at is None:
        return f"還沒有送出過（{state.problem}）"
    at = f"最近一次 LINE 收下 {_at(state.accepted_at, visit.now)}"
    return f"{at}（{state.problem}）" if state.problem else at


def _at(moment: datetime, now: datetime) -> str:
    return day_and_time(moment, school_day_of(now))
