"""Composition root: the web application and the command line (python app.py --help)."""

import functools
import logging
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import click
from flask import Flask, Response, abort, jsonify, request
from flask_wtf.csrf import CSRFProtect
from rich.console import Console
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

import bot.webhook
import core.gate.intake
import liff
from bot.dispatch import Dispatcher
from bot.inbox import purge_events
from bot.line_api import LineError
from bot.rich_menus import menu_changer, set_up
from core.calendar.school_days import is_school_day
from core.db import durability_problem, make_engine, snapshot
from core.delivery.sender import Sender
from core.duty import demo as demonstration
from core.duty.calendar_commands import calendar_commands, closure_commands
from core.duty.card_commands import card_commands
from core.duty.commands import (
    SAMPLE,
    fail,
    run_migrations,
    school_commands,
    seed,
    seed_database,
)
from core.duty.migrate import is_current, migrate
from core.duty.policy_commands import policy_commands
from core.duty.reader_commands import reader_commands
from core.duty.scheduler import PURGE_EVERY_SECONDS, Tick, start_scheduler
from core.duty.server import Background, Server, settle_memory, start_background
from core.duty.staff_commands import staff_commands
from core.errors import ConfigError
from core.house import House, build_house
from core.logs import configure_logging
from core.settings import Settings, load_settings
from core.watch.canary import run_canary
from core.watch.canary_commands import canary_commands
from core.watch.counting import count_notices
from core.watch.heartbeat import send_heartbeat
from core.watch.metrics import CONTENT_TYPE, is_allowed, metrics_page
from core.watch.notice_commands import notice_commands
from core.watch.reconcile import reconcile_yesterday

MAX_BODY = 1_000_000
CHAT_LOOPS = 4
# Ticks of rooms above duty, in seconds.
MORE_TICKS: dict[Tick, int] = {
    purge_events: PURGE_EVERY_SECONDS,
    run_canary: 5,
    count_notices: 30,
    send_heartbeat: 60,
    reconcile_yesterday: 60,
}
console = Console()


def create_app(settings: Settings) -> Flask:
    """Return the web application over its own database connections."""
    return assemble(build_house(settings))


def assemble(house: House) -> Flask:
    """Return the web application of a house: webhook, gate, pages, health."""
    settings = house.settings
    is_https = urlsplit(settings.base_url).scheme == "https"
    app = Flask("gate", static_folder=None)
    app.config.update(
        SECRET_KEY=settings.secret_key.get_secret_value(),
        SECRET_KEY_FALLBACKS=settings.old_secret_keys,
        MAX_CONTENT_LENGTH=MAX_BODY,
        # The __Host- prefix binds the cookie to this host; browsers take it over https only.
        SESSION_COOKIE_NAME="__Host-gate" if is_https else "gate",
        SESSION_COOKIE_SECURE=is_https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        # The token lives as long as the session it belongs to.
        WTF_CSRF_TIME_LIMIT=None,
    )
    csrf = CSRFProtect(app)
    for signed in (core.gate.intake.make_blueprint(house), bot.webhook.make_blueprint(house)):
        csrf.exempt(signed)
        app.register_blueprint(signed)
    app.register_blueprint(liff.make_blueprint(house, menu_changer(house)))
    _add_health(app, house)
    _add_metrics(app, house)
    if settings.clock_now is not None:
        _add_clock(app, house, csrf)
    return app


def _add_health(app: Flask, house: House) -> None:
    @app.get("/healthz")
    def is_alive() -> Response:
        return jsonify(status="ok")

    @app.get("/readyz")
    def is_ready() -> tuple[Response, int]:
        try:
            ready = is_current(house.engine)
        except SQLAlchemyError:
            ready = False
        return jsonify(status="ok" if ready else "not_ready"), 200 if ready else 503


def _add_metrics(app: Flask, house: House) -> None:
    token = house.settings.metrics_token.get_secret_value()

    @app.get("/metrics")
    def show_metrics() -> Response:
        if not is_allowed(token, request.remote_addr or "", request.headers):
            # Who may not read it need not know that there is something.
            abort(404)
        return Response(metrics_page(house), content_type=CONTENT_TYPE)


def _add_clock(app: Flask, house: House, csrf: CSRFProtect) -> None:
    # Exists only where CLOCK_NOW is set, which production refuses.
    @app.post("/dev/clock")
    def move_clock() -> tuple[Response, int]:
        try:
            house.clock.move_to(datetime.fromisoformat(request.get_json()["now"]))
        except (KeyError, TypeError, ValueError):
            return jsonify(error="invalid", field="now"), 400
        return jsonify(now=house.clock.now().isoformat()), 200

    csrf.exempt(move_clock)


def background(house: House, *, delivers: bool, ticks: bool) -> Background:
    """Return the loops of this process: delivery and chat dispatch, clock ticks."""
    loops: list[Callable[[threading.Event], None]] = []
    if delivers:
        # Several take turns at the inbox, so that one slow call to LINE delays one person only.
        answers = [Dispatcher(house).run] * CHAT_LOOPS
        loops = [Sender(house).run, *answers]
    scheduler = start_scheduler(house, MORE_TICKS) if ticks else None

    def wake_and_stop() -> None:
        house.notices_due.set()
        house.events_due.set()
        if scheduler is not None:
            scheduler.shutdown()

    return Background(loops, wake_and_stop)


@click.group()
@click.pass_context
def main(context: click.Context) -> None:
    """到離校通知: school-gate notices in one LINE official account."""
    configure_logging()
    try:
        context.obj = load_settings()
    except ConfigError as error:
        for fault in error.faults:
            click.echo(f"✗ {fault}", err=True)
        sys.exit(2)


@main.command()
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False, resolve_path=True),
    default="var",
    help="where database, sample and log go",
)
@click.pass_obj
def demo(settings: Settings, folder: Path) -> None:
    """Try everything out: sandbox and product side by side, stopped by Ctrl-C.

    Begins anew each time, on the morning of the next school day, unless DATABASE_URL or CLOCK_NOW
    say otherwise.
    """
    # The programs' own lines go to demo.log; the terminal shows where to click.
    configure_logging(logging.WARNING)
    try:
        _demonstrate(settings, folder)
    except demonstration.NotReady as error:
        fail(str(error))


def _demonstrate(settings: Settings, folder: Path) -> None:
    with suppress(KeyboardInterrupt), demonstration.stage(settings, folder) as house:
        migrate(house.engine)
        sample = folder / SAMPLE.name
        console.print(seed_database(house, sample))
        with snapshot(house.engine) as session:
            school_day = functools.partial(is_school_day, session, "353607")
            morning = demonstration.next_school_morning(house.clock.now(), school_day)
        with demonstration.running_programs(house.settings, morning, folder, sample):
            set_up(house)
            console.print(f"\n  打開 [bold]{house.settings.sandbox_origin}/[/bold]　Ctrl-C 結束\n")
            demonstration.wait_for_stop()


@main.command()
@click.pass_obj
def serve(settings: Settings) -> None:
    """Run web, worker and clock in one process (the embedded default)."""
    _serve(settings, delivers=True, ticks=True, workers=1)


@main.command()
@click.option("--workers", default=2, show_default=True)
@click.pass_obj
def web(settings: Settings, workers: int) -> None:
    """Run only the web server; worker and clock run elsewhere."""
    _serve(settings, delivers=False, ticks=False, workers=workers)


@main.command()
@click.pass_obj
def worker(settings: Settings) -> None:
    """Run only delivery and chat answers."""
    _run_loops(settings, delivers=True, ticks=False)


@main.command(name="clock")
@click.pass_obj
def run_clock(settings: Settings) -> None:
    """Run only the ticks: cut-offs and cleaning."""
    _run_loops(settings, delivers=False, ticks=True)


@main.command()
@click.pass_obj
def check(settings: Settings) -> None:
    """Check configuration and database, with a hint for each fault."""
    house = build_house(settings)
    try:
        ready = is_current(house.engine)
    except SQLAlchemyError as error:
        fail(f"The database does not answer ({type(error).__name__}). Check DATABASE_URL.")
    if not ready:
        fail("The database lacks migrations. Run: python app.py migrate")
    _require_durable(house.engine)
    click.echo(f"Everything fits ({settings.app_env.value}).")


@main.command(name="line-setup")
@click.pass_obj
def line_setup(settings: Settings) -> None:
    """Publish rich menus and webhook address; running it again changes nothing."""
    try:
        lines = set_up(build_house(settings))
    except LineError as error:
        fail(f"LINE refused ({error.reason}). Check LINE_CHANNEL_ACCESS_TOKEN and BASE_URL.")
    for line in lines:
        click.echo(line)


def _serve(settings: Settings, *, delivers: bool, ticks: bool, workers: int) -> None:
    engine = make_engine(settings.database_url)
    _require_durable(engine)
    engine.dispose()

    def load() -> tuple[Flask, Background]:
        # After the fork: connections must not be shared between processes.
        house = build_house(settings)
        return assemble(house), background(house, delivers=delivers, ticks=ticks)

    Server(load, host=settings.host, port=settings.port, workers=workers).run()


def _require_durable(engine: Engine) -> None:
    if problem := durability_problem(engine):
        fail(f"{problem}. Switch it on: a tap answered 2xx must survive a power cut.")


def _run_loops(settings: Settings, *, delivers: bool, ticks: bool) -> None:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    house = build_house(settings)
    settle_memory()
    running = start_background(background(house, delivers=delivers, ticks=ticks))
    stop.wait()
    running.stop()


COMMANDS = (
    run_migrations,
    seed,
    school_commands,
    reader_commands,
    card_commands,
    staff_commands,
    calendar_commands,
    closure_commands,
    policy_commands,
    notice_commands,
    canary_commands,
)
for command in COMMANDS:
    main.add_command(command)


if __name__ == "__main__":
    main()
