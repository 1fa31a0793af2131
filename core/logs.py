"""Logs: one JSON line an event, passed through one redactor."""

import logging
import re
import sys
import threading
from collections.abc import MutableMapping
from traceback import TracebackException
from types import TracebackType
from typing import Any

import structlog

from core.errors import AppError

logger = logging.getLogger(__name__)

# Identity and residence numbers, Taiwanese mobiles, LINE ids, JWTs and bearer tokens, e-mail
# addresses, birth dates behind their name, and whatever stands in a query string.
SECRET_SHAPES = re.compile(
    r"[A-Z][A-D1289]\d{8}(?!\d)"
    r"|(?<!\d)09\d{2}-?\d{3}-?\d{3}(?!\d)"
    r"|\+?886[- ]?9\d{2}-?\d{3}-?\d{3}(?!\d)"
    r"|[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
    r"|(?i:birth)\w*\W{1,4}\d{2,4}\D\d{1,2}\D\d{1,2}"
    r"|(?<=\?)[^\s\"'<>]*=[^\s\"'<>]*"
    r"|(?i:(?:access_token|id_token|client_secret|code|password|nonce))=[^\s&\"']+"
    r"|U[0-9a-f]{32}"
    r"|eyJ[\w-]+\.[\w-]+\.[\w-]*"
    r"|(?i:bearer) +\S+"
    r"|whsec_\S+"
    # PostgreSQL quotes the values of a row that breaks a rule.
    r"|DETAIL:[^\n]*"
)
# These say addresses, statements and job names at INFO or below for every call.
QUIET = (
    "urllib3", "requests", "apscheduler", "authlib", "werkzeug", "alembic", "sqlalchemy", "psycopg",
    "linebot", "gunicorn.access",
)  # fmt: skip
ALLOWED = frozenset(
    {
        "accepted_request_id", "action", "attempt", "channel", "code", "count", "error_type",
        "event", "exception", "found", "hint", "kind", "level", "line_request_id", "logger", "ms",
        "notice_id", "outcome", "problem", "reader_id", "reason", "route", "school_code", "state",
        "status", "timestamp", "webhook_event_id",
    }
)  # fmt: skip


def redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Drop fields nobody allowed and blank what looks like a number, an id or a token."""
    for key in [key for key in event if key not in ALLOWED and not key.startswith("_")]:
        del event[key]
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = SECRET_SHAPES.sub("…", value)
    return event


def configure_logging(level: int = logging.INFO) -> None:
    """Send every logger's events to standard error as JSON lines, times in UTC."""
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.processors.ExceptionRenderer(_exception_text),
            redact,
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in QUIET:
        logging.getLogger(noisy).setLevel(logging.WARNING)


def catch_crashes() -> None:
    """Let what ends the program, or one of its threads, be logged like everything else."""
    sys.excepthook = _log_crash
    threading.excepthook = lambda crash: _log_crash(
        crash.exc_type, crash.exc_value, crash.exc_traceback
    )


def _log_crash(
    kind: type[BaseException], error: BaseException | None, trace: TracebackType | None
) -> None:
    if error is not None and not issubclass(kind, KeyboardInterrupt):
        logger.critical("crashed", exc_info=(kind, error, trace))


def _exception_text(exc_info: Any) -> str:
    """Return where an exception came from and of which kinds it and its causes are.

    What others' exceptions say may quote what somebody typed; only our own words are kept.
    """
    kind, error, trace = exc_info
    lines: list[str] = []
    while error is not None:
        frames = TracebackException(kind, error, trace, lookup_lines=True, capture_locals=False)
        said = f": {error}" if isinstance(error, AppError) else ""
        lines[:0] = [*frames.stack.format(), f"{kind.__module__}.{kind.__qualname__}{said}\n"]
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        kind, trace = type(error), error.__traceback__ if error else None
    return "".join(lines).rstrip()
