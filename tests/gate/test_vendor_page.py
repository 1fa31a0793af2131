"""The vendors' page: its examples run as they stand, its links and numbers are true."""

import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlmodel import select
from werkzeug.serving import make_server

from core.db import snapshot
from core.duty.reader_commands import reader_commands
from core.duty.reader_tick import GAP_AFTER, SILENT_AFTER
from core.gate.batch import MAX_SEQ, MAX_TAPS
from core.gate.health import CONTACT_LIMIT
from core.gate.intake import BACKLOG_AGE, MAX_BODY, RETRY_AFTER_SECONDS, make_blueprint
from core.gate.signatures import TIMESTAMP_TOLERANCE
from core.gate.tables import Reader, Tap
from core.gate.tap_time import BUFFER_LIMIT, DAY_BEGINS, LIVE_WITHIN, SMALL_OFFSET
from core.gate.taps import TapStatus
from core.house import House
from tests.gate.conftest import SECRET, SigningReader

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "readers.md").read_text(encoding="utf-8")
EXAMPLE = re.compile(r"^```(sh|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PROGRAMS = {"sh": ["bash", "-euo", "pipefail", "-c"], "python": [sys.executable, "-c"]}
# The page runs on nothing but these.
TOOLS = {"sh": ("bash", "curl", "openssl", "od", "date"), "python": ()}


def _example(language: str) -> str:
    (found,) = [text for name, text in EXAMPLE.findall(PAGE) if name == language]
    return str(found)


@pytest.fixture
def gate(house: House, reader: SigningReader) -> Iterator[str]:
    """The address of a server on loopback, with the true time."""
    house.clock.move_to(datetime.now(UTC))
    app = Flask("gate-served")
    app.register_blueprint(make_blueprint(house))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("language", ["sh", "python"])
def test_example_stores_its_tap(
    house: House, reader: SigningReader, gate: str, language: str
) -> None:
    missing = [tool for tool in TOOLS[language] if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"not installed here: {', '.join(missing)}")
    given = {"GATE": gate, "READER": str(reader.reader_id), "SECRET": SECRET}
    run = subprocess.run(
        [*PROGRAMS[language], _example(language)],
        env={**os.environ, **given, "no_proxy": "127.0.0.1"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert run.returncode == 0, run.stderr
    assert "unknown_card" in run.stdout
    with snapshot(house.engine) as session:
        tap = session.exec(select(Tap)).one()
        heard_at = session.exec(select(Reader.last_contact_at)).one()
    assert (tap.card_uid, tap.seq) == ("04A224B1C25E80", 1)
    assert tap.effective_at is not None
    assert abs(tap.effective_at - house.clock.now()) < timedelta(minutes=1)
    assert heard_at == house.clock.now()


@pytest.mark.parametrize(
    "words",
    [
        f"1 to {MAX_TAPS} taps",
        f"{MAX_BODY:,} bytes",
        f"{MAX_SEQ} at most",
        f"at most {TIMESTAMP_TOLERANCE.seconds // 60} minutes off",
        f"older than {BACKLOG_AGE.seconds // 60} minutes is backlog",
        f"`Retry-After` says ({RETRY_AFTER_SECONDS[0]} to {RETRY_AFTER_SECONDS[1]})",
        f"After {SILENT_AFTER.seconds} seconds without a request the school is told",
        f"after {CONTACT_LIMIT.seconds // 60} minutes its no-show notices are held",
        f"Up to {SMALL_OFFSET.seconds // 60} minutes off, times are corrected",
        f"within {LIVE_WITHIN.seconds} seconds counts when it arrived",
        f"only taps of the same day, from {DAY_BEGINS.seconds // 3600:02}:00, are believed",
        f"**Room** for {BUFFER_LIMIT.days} days of taps",
    ],
)
def test_limit_on_the_page_is_the_programs(words: str) -> None:
    assert words in re.sub(r"\s+", " ", PAGE)


def test_gap_is_told_after_the_minute_the_page_names() -> None:
    assert timedelta(minutes=1) == GAP_AFTER
    assert "the school is told after a minute" in PAGE


def test_every_result_has_a_row() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (?:not )?stored", PAGE, re.MULTILINE)
    assert set(rows) == {*TapStatus, "invalid"}


def test_commands_on_the_page_exist() -> None:
    named = set(re.findall(r"`(?:python app\.py )?reader (\w+)", PAGE))
    assert named == {"rotate", "list", "revoke"}
    assert named <= set(reader_commands.commands)
