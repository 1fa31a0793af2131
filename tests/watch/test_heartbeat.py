"""The heartbeat: heard while all is well, missed as soon as something is not."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from core.db import snapshot
from core.duty.scheduler import TICKS
from core.duty.tick_log import TickLog
from core.errors import ConfigError
from core.house import House
from core.settings import load_settings
from core.watch.heartbeat import find_problems, send_heartbeat
from tests.factories import HUA
from tests.watch.conftest import Ming, Site

Go = Callable[..., Any]


@pytest.fixture
def watched(house: House, outside: Site, tmp_path: Path) -> House:
    """A house whose own web answers at the site, as does the watcher."""
    settings = load_settings(
        _env_file=None,
        base_url=outside.origin,
        heartbeat_file=str(tmp_path / "beat"),
        heartbeat_url=f"{outside.origin}/ping",
    )
    return replace(house, settings=settings)


def tick(house: House, *left_out: str) -> None:
    """Let every tick have run just now."""
    log = TickLog()
    for one in TICKS:
        if one.__name__ not in left_out:
            log.note(one.__name__, house.clock.now())
    log.store_ticks(house)


def beats(house: House, outside: Site) -> bool:
    outside.asked.clear()
    path = Path(house.settings.heartbeat_file)
    path.unlink(missing_ok=True)
    send_heartbeat(house)
    assert path.exists() is ("/ping" in outside.asked)
    return path.exists()


def problems(house: House) -> list[str]:
    with snapshot(house.engine) as session:
        return [*find_problems(session, house.settings, house.clock.now())]


def test_file_and_address_hear_of_us_while_all_is_well(watched: House, outside: Site) -> None:
    tick(watched)
    assert beats(watched, outside)


def test_notice_nobody_takes_stops_it_after_two_minutes(
    watched: House, outside: Site, ming: Ming, go: Go
) -> None:
    ming.tap()
    go(seconds=119)
    tick(watched)
    assert beats(watched, outside)
    go(seconds=1)
    assert problems(watched) == ["worker"]
    assert not beats(watched, outside)


def test_tick_that_does_not_run_stops_it(watched: House, outside: Site, go: Go) -> None:
    tick(watched)
    go(minutes=3)
    tick(watched, "run_no_show_tick")
    assert problems(watched) == ["tick:run_no_show_tick"]
    assert not beats(watched, outside)


def test_web_that_does_not_answer_stops_it(watched: House, outside: Site) -> None:
    tick(watched)
    outside.answers["/readyz"] = (503, {})
    assert not beats(watched, outside)


def test_canary_in_trouble_stops_it_where_one_is_wanted(watched: House) -> None:
    tick(watched)
    settings = watched.settings.model_copy(update={"canary_line_user_id": HUA})
    assert problems(watched) == []
    assert problems(replace(watched, settings=settings)) == ["canary:not_started"]


def test_watcher_that_does_not_answer_is_said_without_its_address(
    watched: House, outside: Site, caplog: pytest.LogCaptureFixture
) -> None:
    tick(watched)
    outside.answers["/ping"] = (500, {})
    send_heartbeat(watched)
    assert [one.message for one in caplog.records] == ["heartbeat not heard"]
    assert "ping" not in caplog.text


def test_without_settings_nothing_is_asked(house: House, outside: Site) -> None:
    send_heartbeat(house)
    assert outside.asked == []


@pytest.mark.parametrize(
    ("url", "fits"),
    [
        ("https://hc.example.tw/x", True),
        ("http://127.0.0.1:9000/x", True),
        ("http://hc.example.tw/x", False),
        ("hc.example.tw", False),
        ("https://", False),
    ],
)
def test_address_is_https_or_this_machine(url: str, fits: bool) -> None:
    if fits:
        assert load_settings(_env_file=None, heartbeat_url=url).heartbeat_url == url
        return
    with pytest.raises(ConfigError) as refused:
        load_settings(_env_file=None, heartbeat_url=url)
    assert [one.name for one in refused.value.faults] == ["HEARTBEAT_URL"]


def test_lease_nobody_settles_counts_from_its_end(watched: House, ming: Ming, go: Go) -> None:
    ming.tap()
    ming.end(
        state="leased", settled_at=None, lease_until=watched.clock.now() + timedelta(seconds=30)
    )
    tick(watched)
    go(seconds=149)
    tick(watched)
    assert problems(watched) == []
    go(seconds=1)
    assert problems(watched) == ["worker"]
