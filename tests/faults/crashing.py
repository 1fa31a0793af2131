"""One of our programs in a process of its own, with a fuse if wanted.

A point is crossed before and after each COMMIT, each push, each question to LINE (for a token or a
number), each letter, text and app push handed over, and each answer of the web server. The product
knows nothing of this.
"""

import os
import signal
import smtplib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from apscheduler.schedulers.background import BackgroundScheduler
from gunicorn.http.wsgi import Response
from sqlalchemy.engine.default import DefaultDialect

import app
from bot import dispatch
from core import clock
from core.app_push import claims as app_claims
from core.clock import Clock
from core.contact import outbox as codes
from core.contact import postman
from core.delivery import (
    breaker,
    cause_of_429,
    claims,
    granting,
    hearing,
    line,
    line_numbers,
    outcomes,
    retry,
    sender,
    slots,
    tokens,
)
from core.delivery.asking import ask
from core.delivery.line import LinePush, PushAnswer, PushResult
from core.delivery.posting import Limits, Reply
from core.delivery.pushes import Leased
from core.duty import scheduler
from core.duty.no_show_tick import run_no_show_tick
from core.duty.quota_tick import run_quota_tick
from core.mailing import claims as letter_claims
from core.notices import fan_out
from core.post import rounds
from core.post.app_push import HttpGateway
from core.post.mitake import MitakeSender
from core.texting import claims as text_claims
from core.watch import canary, heartbeat, readiness, reconcile
from tests.faults.namespaces import enter
from tests.faults.pace import Pace

# Leases and pauses, made short enough to wait for in a test.
HASTE: tuple[tuple[Any, Any, Any], ...] = (
    (claims, "LEASE", timedelta(seconds=0.4)),
    (slots, "HOLD", timedelta(seconds=0.4)),
    (slots, "SKEW", timedelta(seconds=0.05)),
    (slots, "RENEW_SECONDS", 0.25),
    (slots, "TRUSTED_SECONDS", 0.35),
    (retry, "DELAYS_SECONDS", (0.1, 0.2, 0.5, 1)),
    (sender, "POLL_SECONDS", 0.1),
    (sender, "TOKEN_PAUSE", timedelta(seconds=0.3)),
    (line, "TOTAL_SECONDS", 1),
    (outcomes, "RATE_PAUSE", timedelta(seconds=0.2)),
    (outcomes.PAUSES, PushResult.RATE_LIMITED, timedelta(seconds=0.2)),
    (outcomes.PAUSES, PushResult.TOKEN_REFUSED, timedelta(seconds=0.2)),
    (outcomes.PAUSES, PushResult.CHANNEL_STOPPED, timedelta(seconds=0.3)),
    (breaker, "REST_SECONDS", (0.2,)),
    (cause_of_429, "ASK_AGAIN", timedelta(seconds=0.2)),
    # One asks for all, so it stays longer than LINE takes on a busy machine.
    (tokens, "RENEWING", timedelta(seconds=2)),
    (hearing, "AGAIN_SECONDS", 0.2),
    (fan_out, "COMPANY", timedelta(seconds=0.2)),
    *((one, "LEASE", timedelta(seconds=1)) for one in (letter_claims, text_claims, app_claims)),
    # Several leave at once, so it stays longer than the last takes on a busy machine.
    (codes, "LEASE", timedelta(seconds=3)),
    (rounds, "POLL_SECONDS", 0.1),
    (postman, "POLL_SECONDS", 0.1),
    # A clock's turns, and what it writes of them.
    (scheduler.TICKS, run_no_show_tick, 1),
    (scheduler, "WRITE_LOG_EVERY_SECONDS", 1),
    # Nobody chats here; it only has to notice when the program is to end.
    (dispatch, "POLL_SECONDS", 2),
    # Where time runs fast a silence counts for more.
    (canary, "TIMEOUT", (1, 1)),
    (heartbeat, "TIMEOUT_SECONDS", 1),
)
# For programs with LOOKING in their environment: what LINE is to tell is asked for within a second.
LOOKING = "LINE_IS_ASKED_AT_ONCE"
EAGERNESS: tuple[tuple[Any, Any, Any], ...] = (
    (scheduler.TICKS, run_quota_tick, 1),
    (app.MORE_TICKS, reconcile.reconcile_yesterday, 1),
    (reconcile, "FROM", datetime.min.time()),
    (reconcile, "AGAIN_AFTER", timedelta(seconds=0.5)),
)
# However fast time runs, a tick comes no more often: it would do nothing else.
TICK_SECONDS = 0.1

# A file with the seconds by which the machine's clock jumped, empty while it did not.
JUMP = "MACHINE_CLOCK_JUMP"
COMMITS = ("before commit", "after commit")
PUSHES = ("before push", "after push")
ANSWERS = ("before answer", "after answer")
ASKS = ("before ask", "after ask")
# A letter, a text, an app push, or a question to the firm or the app's gateway.
CARRIES = ("before carry", "after carry")
POINTS = (*COMMITS, *PUSHES, *ANSWERS, *ASKS, *CARRIES)
# What hands over a letter's words and hears the answer to them, a text's, an app push's.
CARRIERS = ((smtplib.SMTP, "data"), (MitakeSender, "_post"), (HttpGateway, "_call"))


@dataclass(frozen=True, slots=True)
class Fuse:
    """While `left` is not 0 it counts down at each such point; at the last the signal is sent.

    `left` and `point` (its place in POINTS) are numbers in memory shared with who lights the fuse.
    """

    left: Any
    point: Any
    number: signal.Signals = signal.SIGKILL


@dataclass(frozen=True, slots=True)
class Where:
    """Where a program runs: what it prints goes to `log`; with a `namespace`, in that network.

    With a `pace` it lives in that time.
    """

    log: Path
    namespace: str = ""
    pace: Pace | None = None


def run_program(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    shift: timedelta,
    where: Where,
    fuse: Fuse,
) -> None:
    """Be `python app.py ARGUMENTS`, with a clock that is off by `shift`.

    The point it was struck at goes to the log too.
    """
    # A group of its own: the web server's workers end with it.
    os.setpgid(0, 0)
    if where.namespace:
        enter(where.namespace)
    output = os.open(where.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.environ.update(environment, CLOCK_NOW=(datetime.now(UTC) + shift).isoformat())
    haste = HASTE + EAGERNESS if LOOKING in environment else HASTE
    _hasten(haste, where.pace.speed if where.pace else 1)
    if where.pace:
        _follow(where.pace)
    if JUMP in environment:
        _let_jump(Path(environment[JUMP]))
    _lay(_crossing(fuse))
    app.main(list(arguments))


def _let_jump(said: Path) -> None:
    clock.own_time = lambda: datetime.now(UTC) + timedelta(seconds=float(said.read_text() or 0))


def _hasten(haste: Sequence[tuple[Any, Any, Any]], speed: float) -> None:
    for place, name, value in haste:
        # Spans are counted by the program's clock, plain seconds by the true one.
        fitting = value * speed if isinstance(value, timedelta) else value
        if isinstance(place, dict):
            place[name] = fitting
        else:
            setattr(place, name, fitting)


def _follow(pace: Pace) -> None:
    """Let the program's clock keep the pace, and its ticks come as often by that clock."""
    speed = pace.speed

    class Hurried(BackgroundScheduler):
        def add_job(self, tick: Any, trigger: Any, *, seconds: float, **others: Any) -> Any:
            due = max(seconds / speed, TICK_SECONDS)
            return super().add_job(tick, trigger, seconds=due, **others)

    def now(self: Clock) -> datetime:
        return pace.now()

    # A sender shows itself by the steady clock.
    readiness.SEAT_AGE = timedelta(seconds=speed)
    # What is said of a tick goes by how often it is meant to come, so that stays.
    scheduler.BackgroundScheduler = Hurried  # type: ignore[misc]
    Clock.now = now  # type: ignore[method-assign]


def _crossing(fuse: Fuse) -> Callable[[str], None]:
    def cross(point: str) -> None:
        with fuse.left.get_lock():
            if not fuse.left.value or POINTS[fuse.point.value] != point:
                return
            fuse.left.value -= 1
            is_last = not fuse.left.value
        if is_last:
            os.write(1, f"struck {point}\n".encode())
            os.killpg(0, fuse.number)
            # The thread that got the signal may be another one.
            time.sleep(0.2)

    return cross


def _lay(cross: Callable[[str], None]) -> None:
    commit: Any = DefaultDialect.do_commit
    push = LinePush.push
    write = Response.write

    def do_commit(self: DefaultDialect, connection: Any) -> None:
        cross("before commit")
        commit(self, connection)
        cross("after commit")

    async def do_push(self: LinePush, notice: Leased, token: str) -> PushAnswer:
        cross("before push")
        answer = await push(self, notice, token)
        cross("after push")
        return answer

    def do_ask(url: str, limits: Limits, **more: Any) -> Reply:
        cross("before ask")
        reply = ask(url, limits, **more)
        cross("after ask")
        return reply

    def do_write(self: Any, part: bytes) -> None:
        cross("before answer")
        write(self, part)
        cross("after answer")

    for place, name in CARRIERS:
        setattr(place, name, _carrying(getattr(place, name), cross))
    Response.write = do_write
    granting.ask = line_numbers.ask = do_ask  # type: ignore[attr-defined]
    DefaultDialect.do_commit = do_commit  # type: ignore[method-assign]
    LinePush.push = do_push  # type: ignore[method-assign]


def _carrying(carry: Callable[..., Any], cross: Callable[[str], None]) -> Callable[..., Any]:
    def do_carry(*given: Any, **more: Any) -> Any:
        cross("before carry")
        answer = carry(*given, **more)
        cross("after carry")
        return answer

    return do_carry
