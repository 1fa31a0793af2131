"""Logs: only allowed fields, and nothing that looks like a person's number."""

import io
import json
import logging

import pytest

from core.logs import configure_logging


def _logged(monkeypatch: pytest.MonkeyPatch, message: str, **extra: object) -> dict[str, object]:
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        configure_logging()
        logging.getLogger("test").info(message, extra=extra)
    finally:
        root.handlers[:], root.level = handlers, level
    line: dict[str, object] = json.loads(stream.getvalue())
    return line


@pytest.mark.parametrize(
    "secret",
    [
        "A123456789",
        "AB23456789",
        "0912345678",
        "U" + "0f" * 16,
        "eyJhbGciOi.eyJzdWIiOi.c2ln",
        "Bearer abcdef",
        "whsec_QUJDREVG",
    ],
)
def test_numbers_ids_and_tokens_are_blanked(monkeypatch: pytest.MonkeyPatch, secret: str) -> None:
    line = _logged(monkeypatch, f"about {secret} here", reason=f"x {secret}")
    assert secret not in json.dumps(line)
    assert line["event"] == "about … here"


def test_values_a_database_error_quotes_are_blanked(monkeypatch: pytest.MonkeyPatch) -> None:
    error = "UniqueViolation\nDETAIL:  Key (taipei_pass_id)=(0f3c) already exists.\n[SQL: …]"
    line = _logged(monkeypatch, "failed", exception=error)
    assert line["exception"] == "UniqueViolation\n…\n[SQL: …]"


def test_field_nobody_allowed_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    line = _logged(monkeypatch, "event", child_name="王小明", notice_id="n-1")
    assert "王小明" not in json.dumps(line, ensure_ascii=False)
    assert line["notice_id"] == "n-1"
