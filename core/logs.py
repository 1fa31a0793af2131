"""Logs: one JSON line an event, passed through one redactor."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

# Identity and residence numbers, Taiwanese mobiles, LINE ids, JWTs and bearer tokens.
SECRET_SHAPES = re.compile(
    r"[A-Z][A-D1289]\d{8}(?!\d)"
    r"|(?<!\d)09\d{8}(?!\d)"
    r"|U[0-9a-f]{32}"
    r"|eyJ[\w-]+\.[\w-]+\.[\w-]*"
    r"|(?i:bearer) +\S+"
    r"|whsec_\S+"
    # PostgreSQL quotes the values of a row that breaks a rule.
    r"|DETAIL:[^\n]*"
)
ALLOWED = frozenset(
    {
        "action", "attempt", "attempts", "boot_id", "channel", "code", "count", "event", "gate",
        "hint", "job", "kind", "level", "line_request_id", "logger", "method", "notice_id",
        "outcome", "path", "problem", "reader_id", "reason", "route", "school_code", "seconds",
        "slot", "state", "status", "timestamp", "webhook_event_id", "error_type", "exception",
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
            structlog.processors.format_exc_info,
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
    # These say addresses and job names at INFO for every call.
    for noisy in ("urllib3", "apscheduler", "authlib", "werkzeug", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
