"""The program itself: what it refuses, how it starts and stops."""

import json
from pathlib import Path

import pytest
import requests

from sandbox.objects.text_length import graphemes, utf16_units
from sandbox.settings import read_settings
from sandbox.wire.loopback import LoopbackClient, OutsideError
from tests.sandbox.client import START
from tests.sandbox.conftest import running_sandbox, sample_data
from tests.sandbox.fake_app import FakeApp

REAL_LOOKING = "Ab3/" * 42 + "abc="


@pytest.mark.parametrize(
    "arguments",
    [
        ["--host", "0.0.0.0"],  # noqa: S104
        ["--host", "192.168.1.5"],
        ["--app-url", "https://gate.example.org"],
        ["--app-url", "http://127.0.0.1.example.org"],
        ["--clock-url", "http://10.0.0.1/dev/clock"],
    ],
)
def test_only_loopback_is_accepted(arguments: list[str]) -> None:
    with pytest.raises(OutsideError):
        read_settings(arguments, {})


@pytest.mark.parametrize("token", [REAL_LOOKING, "eyJhbGciOi.eyJpc3Mi.c2lnbmF0"])
def test_real_looking_tokens_are_refused(token: str) -> None:
    with pytest.raises(ValueError, match="looks like a real one"):
        read_settings([], {"LINE_CHANNEL_ACCESS_TOKEN": token})


def test_options_win_over_the_environment() -> None:
    settings = read_settings(["--liff-id", "1-a"], {"LIFF_ID": "2-b", "CLOCK_NOW": START})
    assert settings.liff_id == "1-a"
    assert settings.clock_now is not None
    assert settings.clock_now.isoformat() == START


def test_nothing_is_sent_outside() -> None:
    with pytest.raises(OutsideError):
        LoopbackClient().post("http://example.org/", b"", {}, timeout_seconds=1)


@pytest.mark.parametrize(
    ("text", "units", "seen"),
    [
        ("字", 1, 1),
        ("😀", 2, 1),
        ("👨\u200d👩\u200d👧", 8, 1),
        ("👍🏽", 4, 1),
        ("🇹🇼🇯🇵", 8, 2),
        ("e\u0301", 2, 1),
        ("", 0, 0),
    ],
)
def test_text_is_counted_as_line_counts(text: str, units: int, seen: int) -> None:
    assert (utf16_units(text), graphemes(text)) == (units, seen)


def test_starts_without_a_sample_and_takes_it_up_later(app: FakeApp, tmp_path: Path) -> None:
    sample = tmp_path / "sample.json"
    with running_sandbox("--app-url", app.url, "--sample", str(sample)) as (client, _):
        before = client.get("/phone/state").json()["gate"]
        sample.write_text(json.dumps(sample_data()), encoding="utf-8")
        after = client.get("/phone/state").json()["gate"]
    assert (before["readers"], before["children"]) == ([], [])
    assert (len(after["readers"]), len(after["children"])) == (2, 5)


def test_stops_soon_with_an_open_stream(app: FakeApp) -> None:
    with running_sandbox("--app-url", app.url, "--sample", "/nowhere/sample.json") as running:
        client, process = running
        with requests.get(f"{client.origin}/phone/events", stream=True, timeout=60) as stream:
            next(stream.iter_lines())
            process.terminate()
            process.wait(timeout=20)


def test_stops_soon_with_a_call_left_hanging(app: FakeApp) -> None:
    options = ("--app-url", app.url, "--sample", "/nowhere/sample.json")
    with running_sandbox(*options) as (client, process):
        client.fault(endpoint="profile", hang=True)
        with pytest.raises(requests.Timeout):
            client.line("GET", f"/v2/bot/profile/{client.user_id()}", timeout=0.3)
        process.terminate()
        process.wait(timeout=20)


def test_clock_jumps_are_passed_on_to_the_app(app: FakeApp) -> None:
    options = ("--app-url", app.url, "--sample", "/nowhere")
    with running_sandbox(*options, "--clock-url", f"{app.url}/dev/clock") as (client, _):
        client.set_clock("2026-11-23T08:20:00+08:00")
    assert app.wait_for("/dev/clock")[0].json() == {"now": "2026-11-23T08:20:00+08:00"}
