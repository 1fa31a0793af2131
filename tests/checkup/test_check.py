"""`check` names what is wrong, each with a hint, and nothing that is right."""

import base64
import json
import socket
from collections.abc import Callable, Iterator
from datetime import timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import click
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink
from aiosmtpd.smtp import AuthResult
from click.testing import CliRunner
from pydantic import SecretStr
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError

from bench.programs import free_pair
from core.checkup.commands import Commands
from core.checkup.database import database_faults
from core.checkup.machine import machine_faults
from core.checkup.names import dotenv_faults, environment_faults, name_faults
from core.checkup.outside import outside_faults
from core.checkup.secrets import liff_faults, secret_faults
from core.clock import Clock
from core.duty.commands import opened, run_migrations
from core.duty.migrate import applied_revision
from core.house import House
from core.settings import Settings, load_settings
from tests.commands import run_warm
from tests.databases import run_on
from tests.serving import serving

GOOD = "k:" + base64.b64encode(bytes(range(32))).decode()
OTHER = "k:" + base64.b64encode(bytes(range(32, 64))).decode()
SECRET = "0123456789abcdefghijklmnopqrstuv-XY"


def settings(**given: Any) -> Settings:
    strong = {
        "secret_key": SECRET,
        "data_keys": GOOD,
        "index_keys": OTHER,
        "line_channel_secret": "0123456789abcdef" * 2,
    }
    return load_settings(_env_file=None, **{**strong, **given})


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("DATABASE_ULR", "DATABASE_URL"),
        ("APP_EVN", "APP_ENV"),
        ("LINE_CHANEL_SECRET", "LINE_CHANNEL_SECRET"),
        ("TAIPEI_PASS_CLIENT_ID_FILE", "TAIPEI_PASS_CLIENT_ID"),
        ("DATABASE_URL", None),
        ("DATA_KEYS_FILE", None),
        ("HOSTNAME", None),
        ("PGHOST", None),
        ("REDIS_HOST", None),
        ("TEST_DATABASE_URL", None),
    ],
)
def test_misspelt_setting_of_the_environment_is_named(name: str, meant: str | None) -> None:
    hints = [fault.hint for fault in environment_faults([name])]
    assert hints == ([f"{meant} may be meant"] if meant else [])


def test_name_in_the_env_file_that_sets_nothing_is_named() -> None:
    names = ["DATABASE_URL", "APP_EVN", "DATA_KEYS_FILE", "COLOUR"]
    assert [fault.name for fault in dotenv_faults(names)] == names[1:]


def test_check_reads_the_env_file_for_misspelt_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("APP_EVN=production\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert "APP_EVN" in [fault.name for fault in name_faults()]


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({}, None),
        ({"secret_key": "a" * 64}, "SECRET_KEY"),
        ({"secret_key": "short"}, "SECRET_KEY"),
        ({"metrics_token": "letmein"}, "METRICS_TOKEN"),
        ({"index_keys": GOOD}, "INDEX_KEYS"),
        ({"data_keys": "k:" + base64.b64encode(b"\0" * 32).decode()}, "DATA_KEYS"),
        ({"line_channel_secret": "sandbox-channel-secret"}, "LINE_CHANNEL_SECRET"),
    ],
)
def test_weak_secret_is_named_and_never_quoted(given: dict[str, str], name: str | None) -> None:
    faults = list(secret_faults(settings(**given)))
    assert [one.name for one in faults] == ([name] if name else [])
    assert not any(value in str(one) for one in faults for value in given.values())


@pytest.mark.parametrize(
    ("liff_id", "fits"),
    [("1660000001-abc", True), ("1660000002-abc", False), ("1660000001", False)],
)
def test_liff_app_belongs_to_the_login_channel(liff_id: str, fits: bool) -> None:
    assert (list(liff_faults(settings(liff_id=liff_id))) == []) is fits


def test_folder_that_is_no_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    wrong = settings(backup_folder=f"{tmp_path}/file", tombstones_file=f"{tmp_path}/new/stones")
    faults = list(machine_faults(wrong, Clock().now()))
    assert [one.name for one in faults] == ["BACKUP_FOLDER"]


def test_file_of_the_deleted_that_nobody_can_read_is_named(tmp_path: Path) -> None:
    wrong = settings(backup_folder=str(tmp_path), tombstones_file=str(tmp_path))
    assert [one.name for one in machine_faults(wrong, Clock().now())] == ["TOMBSTONES_FILE"]


def test_migrated_database_is_well(house: House) -> None:
    assert list(database_faults(house.engine)) == []


def test_keys_of_another_database_are_named(house: House) -> None:
    other = load_settings(_env_file=None, database_url=house.settings.database_url, data_keys=GOOD)
    with opened(other) as wrong:
        (fault,) = database_faults(wrong.engine)
    assert (fault.name, fault.problem) == ("DATA_KEYS", "none of them opens this database")


def test_database_of_a_newer_release_is_named(house: House) -> None:
    newest = applied_revision(house.engine)
    with house.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    try:
        (fault,) = database_faults(house.engine)
        assert "ahead (9999)" in fault.problem
    finally:
        with house.engine.begin() as connection:
            back = text("UPDATE alembic_version SET version_num = :newest")
            connection.execute(back, {"newest": newest})


@pytest.mark.parametrize("error", [OperationalError, ProgrammingError])
def test_fault_of_a_command_is_not_blamed_on_a_database_that_fits(
    house: House, error: type[DBAPIError]
) -> None:
    @click.group(cls=Commands)
    @click.pass_context
    def main(context: click.Context) -> None:
        context.obj = house.settings

    @main.command()
    def stumble() -> None:
        raise error("SELECT 1", None, Exception("of its own"))

    with pytest.raises(error):
        main(["stumble"], standalone_mode=False)


def test_migration_that_is_not_allowed_is_said_to_be_so(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_engine: Engine) -> None:
        raise ProgrammingError("CREATE TABLE", None, PermissionError("schema public"))

    monkeypatch.setattr("core.duty.commands.migrate_in_traffic", refuse)
    done = CliRunner().invoke(run_migrations, obj=house.settings)
    assert done.exit_code == 1
    assert "Not migrated (PermissionError). Does the role" in done.output


def test_database_that_answers_before_data_is_on_disk_is_named(
    house: House, database_url: str
) -> None:
    if house.engine.dialect.name == "sqlite":
        pytest.skip("SQLite is told by us, on each connection")
    name = house.engine.url.database
    run_on(database_url, f'ALTER DATABASE "{name}" SET synchronous_commit = off')
    house.engine.dispose()
    try:
        (fault,) = database_faults(house.engine)
        assert "synchronous_commit off" in fault.problem
    finally:
        run_on(database_url, f'ALTER DATABASE "{name}" RESET synchronous_commit')
        house.engine.dispose()


class Line(BaseHTTPRequestHandler):
    """A LINE whose answers are set by the test."""

    status = 200
    webhook: dict[str, Any] = {}
    skew = timedelta()
    grants = 200

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        body = b'{"access_token":"t","expires_in":900}'
        self.send_response(self.grants)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        body = json.dumps(self.webhook if "webhook" in self.path else {"userId": "U1"}).encode()
        self.send_response_only(self.status)
        self.send_header("Date", format_datetime(Clock().now() + self.skew))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., list[str]]]:
    with serving(Line) as origin:

        def look(**facts: Any) -> list[str]:
            for name, value in facts.items():
                monkeypatch.setattr(Line, name, value)
            mail = socket.create_server(("127.0.0.1", 0))
            port = mail.getsockname()[1]
            mail.close()
            found = outside_faults(
                settings(
                    line_api_base=origin,
                    line_channel_id="1650000000",
                    base_url="https://gate.example.tw",
                    smtp_url=facts.get("smtp", f"smtp://127.0.0.1:{port}"),
                    sms_provider="mitake",
                    sms_api_base=origin,
                )
            )
            return [one.name for one in found if one.name != "SMTP_URL"]

        yield look


RIGHT = {"endpoint": "https://gate.example.tw/line/webhook", "active": True}


@pytest.mark.parametrize(
    ("facts", "named"),
    [
        ({"webhook": RIGHT}, []),
        ({"webhook": {**RIGHT, "active": False}}, ["BASE_URL"]),
        ({"webhook": {**RIGHT, "endpoint": "https://old.example.tw/line/webhook"}}, ["BASE_URL"]),
        ({"webhook": {}}, ["BASE_URL"]),
        ({"status": 401}, ["LINE_CHANNEL_ACCESS_TOKEN"]),
        ({"status": 503}, ["LINE_API_BASE"]),
        ({"status": 429}, ["LINE_API_BASE"]),
        ({"webhook": RIGHT, "skew": timedelta(minutes=2)}, ["clock"]),
        ({"webhook": RIGHT, "grants": 400}, ["LINE_CHANNEL_ID"]),
    ],
)
def test_what_line_says_of_us_is_compared_with_the_settings(
    line: Callable[..., list[str]], facts: dict[str, Any], named: list[str]
) -> None:
    assert line(**facts) == named


def test_nobody_outside_answering_is_named_without_secrets() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    nowhere = f"http://127.0.0.1:{port}"
    faults = list(
        outside_faults(
            settings(
                line_api_base=nowhere,
                smtp_url=SecretStr(f"smtp://gate:topsecret@127.0.0.1:{port}").get_secret_value(),
                sms_provider="mitake",
                sms_api_base=nowhere,
                app_push_url=nowhere,
                app_push_key="topsecret",
                bureau_login_client_id="gate",
            )
        )
    )
    assert [one.name for one in faults] == [
        "LINE_API_BASE",
        "SMTP_URL",
        "SMS_API_BASE",
        "APP_PUSH_URL",
    ]
    assert "topsecret" not in str(faults)


@pytest.mark.parametrize(
    ("password", "problem"),
    [("right", []), ("wrong", ["the mail server refuses name or password"])],
)
def test_mail_server_is_greeted_as_a_letter_would(password: str, problem: list[str]) -> None:
    def judge(*asked: Any) -> AuthResult:
        return AuthResult(success=asked[-1].password == b"right", handled=False)

    port = free_pair()
    known = {"authenticator": judge, "auth_require_tls": False}
    server = Controller(Sink(), hostname="127.0.0.1", port=port, **known)
    server.start()
    try:
        url = f"smtp://gate:{password}@127.0.0.1:{port}"
        faults = outside_faults(settings(line_api_base="http://127.0.0.1:9", smtp_url=url))
        found = [one.problem for one in faults if one.name == "SMTP_URL"]
    finally:
        server.stop()
    assert found == problem


@pytest.mark.parametrize(
    ("status", "name"),
    [(404, None), (401, "APP_PUSH_KEY"), (403, "APP_PUSH_KEY"), (200, "APP_PUSH_URL")],
)
def test_push_gateway_is_asked_whether_it_lets_us_in(status: int, name: str | None) -> None:
    class Gateway(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with serving(Gateway) as origin:
        given = {"app_push_url": origin, "app_push_key": "k", "bureau_login_client_id": "gate"}
        faults = outside_faults(settings(line_api_base="http://127.0.0.1:9", **given))
        named = [one.name for one in faults if one.name.startswith("APP_PUSH")]
    assert named == ([name] if name else [])


def test_all_faults_are_listed_together_and_the_exit_status_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    url = f"sqlite:///{tmp_path}/gate.db"
    done = run_warm(
        "check", DATABASE_URL=url, BACKUP_FOLDER=f"{tmp_path}/file", LIFF_ID="1660000009-abc"
    )
    assert done.returncode == 1
    named = [line.split(":")[0] for line in done.stderr.splitlines()]
    assert named == ["✗ LIFF_ID", "✗ BACKUP_FOLDER", "✗ migrations"]
