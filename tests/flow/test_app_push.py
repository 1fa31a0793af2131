"""酷課 APP from the bureau's sign-in to the push on the phone, and to its end."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from core.kinds import Channel, EventKind
from tests.flow.test_identities import come_by_bureau
from tests.flow.town import ROOT, Person, Town, csrf_token, running_town
from tests.waiting import wait_for

pytestmark = [pytest.mark.flow, pytest.mark.timeout(400)]
SETTINGS = {
    "CLOCK_NOW": "2026-11-23T07:20:00+08:00",
    "BUREAU_LOGIN_CLIENT_ID": "sandbox-bureau",
    "APP_PUSH_URL": "{sandbox}/app-push",
    "APP_PUSH_KEY": "sandbox-app-push-key",
}
PAGE = "/liff/account/app"


@pytest.fixture
def town(database_url: str, tmp_path: Path) -> Iterator[Town]:
    with running_town(tmp_path / "town", DATABASE_URL=database_url, **SETTINGS) as town:
        yield town


def test_app_is_offered_connected_told_and_let_go(town: Town) -> None:
    mother = town.person("林雅婷")
    mother.follow()
    mother.wait_for("到離校通知")
    mother.sign_in()
    mother.link("yating.lin")
    mother.bind(town.student("林小晴"))
    assert "本學期未提供" in mother.get(PAGE)
    _offer(town)
    come_by_bureau(mother)

    assert mother.submit(PAGE).status_code == 200
    _tick(mother)
    town.jump("2026-11-23T07:41:00+08:00")
    town.tap("林小晴")
    mother.wait_for("小晴 07:41 到校")
    (push,) = wait_for(lambda: _pushes(town), "a push")
    assert "小晴 07:41 到校" in str(push)

    _let_go(mother)
    town.jump("2026-11-23T16:05:00+08:00")
    town.tap("林小晴")
    mother.wait_for("小晴 16:05 離校")
    assert len(_pushes(town)) == 1


def _offer(town: Town) -> None:
    """The operator says that the app is offered this semester."""
    settings = {name: value.format(sandbox=town.sandbox) for name, value in SETTINGS.items()}
    subprocess.run(
        [sys.executable, "app.py", "channel", "set", "app", "offered"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": town.database_url, **settings},
        check=True,
        capture_output=True,
        timeout=60,
    )


def _tick(mother: Person) -> None:
    boxes = {
        f"{channel}_{kind}": "on" for channel in (Channel.LINE, Channel.APP) for kind in EventKind
    }
    saved = mother.submit(mother.child_path("小晴"), **boxes)
    assert saved.status_code == 200, saved.text


def _let_go(mother: Person) -> None:
    form = {"csrf_token": csrf_token(mother.get(PAGE))}
    ended = mother.browser.post(f"{mother.town.app}{PAGE}/end", data=form, timeout=30)
    assert ended.status_code == 200


def _pushes(town: Town) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = requests.get(f"{town.sandbox}/app-push/inbox", timeout=30).json()
    return found
