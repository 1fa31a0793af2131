"""Logs: only allowed fields, and nothing that looks like a person's number."""

import ast
import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import AccessError
from core.logs import ALLOWED, configure_logging

ROOT = Path(__file__).parents[2]
PROGRAMS = [
    ROOT / "app.py",
    *(path for room in ("core", "bot", "liff") for path in (ROOT / room).rglob("*.py")),
]

# What the log itself puts on a line.
ADDED = {"event", "exception", "level", "logger", "timestamp"}


def _logged(monkeypatch: pytest.MonkeyPatch, message: str, **extra: object) -> dict[str, object]:
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    root = logging.getLogger()
    exc_info = extra.pop("exc_info", None)
    handlers, level = root.handlers[:], root.level
    try:
        configure_logging()
        logging.getLogger("test").info(message, extra=extra, exc_info=exc_info)
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
        "0912-345-678",
        "+886912345678",
        "mei@example.tw",
        "birth_date='2015-03-05",
        "code=SplxlOBeZQQYbYS6WxSbIA",
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


def test_query_string_is_blanked_and_its_path_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    line = _logged(monkeypatch, "GET /liff/taipei-pass/callback?state=abc&code=xyz HTTP/1.1")
    assert line["event"] == "GET /liff/taipei-pass/callback?… HTTP/1.1"


def test_what_an_exception_quotes_is_left_out_and_its_kind_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    typed, name = "王小明 2015-03-05", "陳志豪"
    try:
        try:
            int(typed)
        except ValueError as error:
            raise KeyError(name) from error
    except KeyError as error:
        line = _logged(monkeypatch, "failed", exc_info=error)
    text = str(line["exception"])
    assert "builtins.KeyError" in text and "builtins.ValueError" in text
    assert "test_logs.py" in text
    assert name not in text and typed not in text and "invalid literal" not in text


def test_our_own_refusals_say_their_code(monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        raise AccessError("no_such_child")
    except AccessError as error:
        line = _logged(monkeypatch, "failed", exc_info=error)
    assert str(line["exception"]).endswith("core.errors.AccessError: no_such_child")


def test_fields_we_log_are_those_allowed() -> None:
    logged = {field for path in PROGRAMS for field in _fields_logged(ast.parse(path.read_text()))}
    assert logged == ALLOWED - ADDED


def _fields_logged(tree: ast.Module) -> Iterator[str]:
    """Yield the keys of each `extra`, written in the call itself or under a name just before."""
    functions = ast.FunctionDef | ast.AsyncFunctionDef
    for function in (one for one in ast.walk(tree) if isinstance(one, functions)):
        named = {
            target.id: node.value
            for node in ast.walk(function)
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for call in (one for one in ast.walk(function) if isinstance(one, ast.Call)):
            for extra in (one.value for one in call.keywords if one.arg == "extra"):
                fields = named.get(extra.id) if isinstance(extra, ast.Name) else extra
                assert isinstance(fields, ast.Dict), ast.unparse(call)
                yield from (ast.literal_eval(key) for key in fields.keys)
