"""What the sandbox still knows after a restart."""

import json
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sandbox.settings import read_settings
from sandbox.state import make_state
from sandbox.state_file import StateFile
from tests.sandbox.client import SandboxClient
from tests.sandbox.conftest import running_sandbox
from tests.sandbox.fake_app import FakeApp


@contextmanager
def _running(app: FakeApp, file: Path) -> Iterator[SandboxClient]:
    options = ["--app-url", app.url, "--sample", "/nowhere", "--state-file", str(file)]
    with running_sandbox(*options) as (client, _):
        yield client


def test_restart_forgets_nothing_that_matters(app: FakeApp, tmp_path: Path) -> None:
    file, key = tmp_path / "state.json", str(uuid.uuid4())
    with _running(app, file) as before:
        mother = before.friend()
        before.post("/inspect/quota", {"limit": 5, "used": 3})
        before.set_clock("2026-11-24T09:00:00+08:00")
        first = before.push(mother, key=key)
        token = before.id_token(mother)
        reply_token = app.wait_for_events()[0]["replyToken"]
        seen = before.seen(mother)
    with _running(app, file) as after:
        second = after.push(mother, key=key)
        used = after.line("GET", "/v2/bot/message/quota/consumption").json()
        form = {"id_token": token, "client_id": "1660000001"}
        claims = after.call("POST", "/oauth2/v2.1/verify", data=form).json()
        late = {"replyToken": reply_token, "messages": [{"type": "text", "text": "a"}]}
        assert (second.status_code, used) == (409, {"totalUsage": 4})
        assert second.json()["sentMessages"] == first.json()["sentMessages"]
        assert after.seen(mother) == seen
        assert claims["sub"] == mother
        assert after.line("POST", "/v2/bot/message/reply", late).status_code == 400
        assert after.get("/phone/state").json()["now"].startswith("2026-11-24T09:0")


def test_everything_kept_comes_back_as_it_was(tmp_path: Path) -> None:
    options = ["--state-file", str(tmp_path / "state.json")]
    state = make_state(read_settings(options, {}))
    person = next(iter(state.world.people.values()))
    menu = state.menus.create({"size": {"width": 800, "height": 270}})
    menu.image, menu.image_type = b"\x89PNG", "image/png"
    state.menus.links[person.user_id] = menu.menu_id
    token = state.channel_tokens.issue_short_lived("1650000000").token
    state.world.say(person, {"type": "text", "text": "您好"})
    assert state.file
    state.file.save()
    again = make_state(read_settings(options, {}))
    assert again.menus.menus[menu.menu_id] == menu
    assert again.menus.links == state.menus.links
    assert again.channel_tokens.is_good(token)
    assert again.world.dump() == state.world.dump()


def test_without_a_file_nothing_is_remembered() -> None:
    assert make_state(read_settings([], {})).file is None


def test_file_of_somebody_else_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    file.write_text(json.dumps({"version": 99}), encoding="utf-8")
    with pytest.raises(ValueError, match="no state file"):
        make_state(read_settings(["--state-file", str(file)], {}))


def test_file_is_written_only_when_something_changed(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "state.json"
    state = make_state(read_settings([], {}))
    file = StateFile(path, {"menus": state.menus}, state.world.lock)
    file.save()
    path.unlink()
    file.save()
    assert not path.exists()
    state.menus.aliases["staff"] = "richmenu-1"
    file.save()
    assert json.loads(path.read_text())["menus"]["aliases"] == {"staff": "richmenu-1"}


def test_what_changes_while_it_is_read_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    StateFile(path, {"restless": _Restless()}, threading.Lock()).save()
    assert json.loads(path.read_text())["restless"] == "calm"


class _Restless:
    """Something another thread is changing the first time it is read."""

    def __init__(self) -> None:
        self._reads = 0

    def dump(self) -> str:
        self._reads += 1
        if self._reads == 1:
            raise RuntimeError("dictionary changed size during iteration")
        return "calm"

    def load(self, data: object) -> None:
        raise NotImplementedError
