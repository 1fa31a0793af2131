"""One sandbox process and one fake app for the whole run, both reset before each test."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.sandbox import client as names
from tests.sandbox.client import SandboxClient
from tests.sandbox.fake_app import FakeApp

ROOT = Path(__file__).parents[2]
READER_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture(scope="session")
def app_process() -> Iterator[FakeApp]:
    app = FakeApp()
    yield app
    app.stop()


@pytest.fixture(scope="session")
def sandbox_process(
    app_process: FakeApp, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SandboxClient]:
    sample = tmp_path_factory.mktemp("sandbox") / "sample.json"
    sample.write_text(json.dumps(sample_data()), encoding="utf-8")
    options = ("--app-url", app_process.url, "--sample", str(sample))
    with running_sandbox(*options, "--redelivery-seconds", "0.1") as (client, _):
        yield client


@contextmanager
def running_sandbox(*options: str) -> Iterator[tuple[SandboxClient, "subprocess.Popen[str]"]]:
    """Run a sandbox of one's own; asked to stop, it must end well and soon."""
    process = _start(*options)
    assert process.stdout is not None
    client = SandboxClient(process.stdout.readline().split()[-1])
    yield client, process
    client.close()
    process.terminate()
    process.communicate(timeout=20)
    assert process.returncode == 0


def _start(*options: str) -> "subprocess.Popen[str]":
    """Start a sandbox on a free port; its first line of output ends with its address."""
    environment = os.environ | {
        "LINE_CHANNEL_SECRET": names.CHANNEL_SECRET,
        "LINE_CHANNEL_ACCESS_TOKEN": names.TOKEN,
        "LINE_LOGIN_CHANNEL_ID": names.LOGIN_CHANNEL,
        "LINE_LOGIN_CHANNEL_SECRET": names.LOGIN_SECRET,
        "BUREAU_LOGIN_CLIENT_ID": names.BUREAU_ID,
        "BUREAU_LOGIN_CLIENT_SECRET": names.BUREAU_SECRET,
        "LIFF_ID": names.LIFF_ID,
        "TAIPEI_PASS_CLIENT_ID": names.PASS_ID,
        "TAIPEI_PASS_CLIENT_SECRET": names.PASS_SECRET,
        "CLOCK_NOW": names.START,
    }
    return subprocess.Popen(
        [sys.executable, "-m", "sandbox", "--port", "0", *options],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )


def sample_data() -> dict[str, object]:
    """Return a sample of two schools, one reader each, five children, a teacher's code."""
    schools = {"353607": "榕光國小", "373602": "河岸國中"}
    readers = [
        {
            "reader_id": f"reader-{code}",
            "secret": READER_SECRET,
            "school_code": code,
            "school_name": name,
            "gate": "正門",
            "direction": "both",
        }
        for code, name in schools.items()
    ]
    students = [
        {
            "name": f"學生{number}",
            "school_code": code,
            "school_name": schools[code],
            "district": "中正區",
            "level": "國小",
            "homeroom": "507",
            "seat_number": number,
            "student_number": f"1110000{number}",
            "national_id": "A123456789",
            "birth_date": "2015-03-05",
            "card_uid": f"04A224B1C25E8{number}",
        }
        for number, code in enumerate(["353607", "353607", "353607", "373602", "373602"])
    ]
    teacher = {"name": "許育文", "role": "507 班導師", "school_name": "榕光國小"}
    staff = [{"code": "K7Q4-M2XP", **teacher}]
    return {"readers": readers, "students": students, "staff": staff}


@pytest.fixture
def sandbox(app_process: FakeApp, sandbox_process: SandboxClient) -> SandboxClient:
    assert sandbox_process.post("/inspect/reset").status_code == 204
    app_process.reset()
    return sandbox_process


@pytest.fixture
def app(app_process: FakeApp, sandbox: SandboxClient) -> FakeApp:
    return app_process
