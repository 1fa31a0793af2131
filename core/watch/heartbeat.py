"""The heartbeat to the outside: as long as all is well somebody else hears of us each minute.

Nothing that runs here can tell that this machine is dead. A watcher elsewhere can: it misses us.
"""

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import requests
from sqlmodel import Session

from core.db import snapshot
from core.duty.scheduler import TICKS
from core.duty.tick_log import last_ticks
from core.house import House
from core.post.reaching import direct_session
from core.settings import Settings
from core.watch.canary import canary_state
from core.watch.waiting import oldest_due

logger = logging.getLogger(__name__)

OLDEST_DUE = timedelta(minutes=2)
# Ticks that come less often are cleanings; a heartbeat must not wait for one after a restart.
OFTEN_SECONDS = 60
TICK_SLACK = timedelta(minutes=2)
TIMEOUT_SECONDS = 5


def send_heartbeat(house: House) -> None:
    """Touch the file and ask for the address that the settings name, unless something is wrong."""
    settings = house.settings
    if not settings.heartbeat_file and not settings.heartbeat_url:
        return
    now = house.clock.now()
    with snapshot(house.engine) as session:
        problems = [*find_problems(session, settings, now)]
    if not _web_answers(settings):
        problems.append("web")
    if problems:
        reason = " ".join(problems)
        logger.error("heartbeat withheld", extra={"action": "heartbeat", "reason": reason})
        return
    if settings.heartbeat_file:
        Path(settings.heartbeat_file).touch()
    if settings.heartbeat_url:
        _ask(settings.heartbeat_url)


def find_problems(session: Session, settings: Settings, now: datetime) -> Iterator[str]:
    """Return what is wrong with delivery, clock and canary, a word each."""
    due = oldest_due(session, now)
    if due is not None and now - due >= OLDEST_DUE:
        yield "worker"
    ran = last_ticks(session)
    for tick, seconds in TICKS.items():
        if seconds > OFTEN_SECONDS:
            continue
        at = ran.get(tick.__name__)
        if at is None or now - at > 3 * timedelta(seconds=seconds) + TICK_SLACK:
            yield f"tick:{tick.__name__}"
    if settings.canary_line_user_id:
        problem = canary_state(session, now).problem
        if problem:
            yield f"canary:{problem}"


def _web_answers(settings: Settings) -> bool:
    url = f"{settings.base_url.rstrip('/')}/readyz"
    try:
        with direct_session() as session:
            return session.get(url, timeout=TIMEOUT_SECONDS).status_code == 200
    except requests.RequestException:
        return False


def _ask(url: str) -> None:
    try:
        with direct_session() as session:
            session.get(url, timeout=TIMEOUT_SECONDS).raise_for_status()
    except requests.RequestException as error:
        # The watcher will say the same; the address may hold a secret and is not told.
        extra = {"action": "heartbeat", "error_type": type(error).__name__}
        logger.warning("heartbeat not heard", extra=extra)
