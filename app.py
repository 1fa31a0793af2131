"""Composition root: the web application and the command line (python app.py --help)."""

import functools
import logging
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import click
from flask import Flask, Response, jsonify, request
from flask_wtf.csrf import CSRFProtect
from rich.console import Console
from sqlalchemy import Engine
from werkzeug.middleware.proxy_fix import ProxyFix

import bot.tables  # noqa: F401  # what the chat keeps is migrated and purged like all else
import core.gate.intake
import core.receipts.door
import core.watch.door
from bot.event_commands import event_commands
from bot.revoke_command import revoke
from core.app_push.sender import AppMessenger
from core.backup.commands import backup_command, restore_command
from core.calendar.school_days import is_school_day
from core.checkup.commands import Commands, check
from core.contact.postman import Postman
from core.db import durability_problem, make_engine, snapshot
from core.delivery.sender import Sender
from core.duty import demo as demonstration
from core.duty.calendar_commands import calendar_commands, closure_commands
from core.duty.card_commands import card_commands
from core.duty.channel_commands import channel_commands
from core.duty.commands import (
    SAMPLE,
    fail,
    run_migrations,
    seed,
    seed_database,
)
from core.duty.export_commands import export_command
from core.duty.incident_commands import incident_commands
from core.duty.key_commands import key_commands
from core.duty.migrate import is_fit, migrate
from core.duty.order_commands import order_commands
from core.duty.policy_commands import policy_commands
from core.duty.reader_commands import reader_commands
from core.duty.roster_commands import roster_commands
from core.duty.scheduler import Tick, run_ticks
from core.duty.school_commands import school_commands
from core.duty.server import (
    Background,
    Server,
    after_migrations,
    forbid_core_dumps,
    leave_at_once,
    patiently,
    settle_memory,
    start_background,
)
from core.duty.staff_commands import staff_commands
from core.duty.stop_signals import heed_stop_signals
from core.duty.timekeeper import heed_database, keep_time
from core.errors import ConfigError
from core.guards import Guard, declare
from core.house import House, build_house, for_callers
from core.logs import catch_crashes, configure_logging
from core.mailing.sender import LetterSender
from core.people.sessions import ABSOLUTE_LIMIT
from core.privacy.commands import purge_command
from core.privacy.erasure import heed_tombstones
from core.privacy.purge import run_purge_tick
from core.privacy.tombstones import unreadable
from core.receipts.polling import run_receipt_tick
from core.settings import Settings, load_settings
from core.texting.sender import TextMessenger
from core.watch.canary import run_canary
from core.watch.canary_commands import canary_commands
from core.watch.counting import count_notices
from core.watch.heartbeat import send_heartbeat
from core.watch.made import count_made
from core.watch.notice_commands import notice_commands
from core.watch.reconcile import reconcile_yesterday

# For forms; LINE's webhook and the readers' intake, which are signed, set their own.
MAX_BODY = 64_000
# Who probes from this machine names it by these.
LOOPBACK = ["localhost", "127.0.0.1", "[::1]"]
CHAT_LOOPS = 4
# These tell each step in the log. All other commands answer a person, who reads what went wrong.
PROGRAMS = ("serve", "web", "worker", "clock")
# Ticks of rooms above duty, in seconds.
MORE_TICKS: dict[Tick, int] = {
    run_purge_tick: 60,
    run_receipt_tick: 60,
    run_canary: 5,
    count_notices: 30,
    count_made: 30,
    send_heartbeat: 60,
    reconcile_yesterday: 60,
}
# Of these, who only looks and so goes on in the maintenance window.
WATCHING = frozenset({run_canary, count_notices, count_made, send_heartbeat})
console = Console()


def create_app(settings: Settings) -> Flask:
    """Return the web application over its own database connections."""
    return assemble(for_callers(build_house(settings)))


def assemble(house: House) -> Flask:
    """Return the web application of a house: webhook, gate, pages, health."""
    # The two faces take as long to load as all else; most commands need neither.
    import bot.webhook
    import liff
    from bot.rich_menus import menu_changer
    from liff.form_token import FormToken

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
        SESSION_COOKIE_PATH="/",
        PERMANENT_SESSION_LIFETIME=ABSOLUTE_LIMIT,
        # The token lives as long as the session it belongs to.
        WTF_CSRF_TIME_LIMIT=None,
    )
    _trust(app, settings)
    csrf = FormToken(app)
    rooms = (core.gate.intake, core.receipts.door, bot.webhook)
    for signed in (room.make_blueprint(house) for room in rooms):
        csrf.exempt(signed)
        app.register_blueprint(signed)
    app.register_blueprint(liff.make_blueprint(house, menu_changer(house)))
    csrf.exempt(app.view_functions["liff.end_letters"])
    app.register_blueprint(core.watch.door.make_blueprint(house))
    if settings.clock_now is not None:
        _add_clock(app, house, csrf)
    return app


def _trust(app: Flask, settings: Settings) -> None:
    """Believe exactly so many proxies, and in production no Host but our own."""
    if settings.proxy_hops:
        # A proxy passes Host on as it came; X-Forwarded-Host anybody could have written.
        hops = {"x_for": settings.proxy_hops, "x_proto": settings.proxy_hops}
        app.wsgi_app = ProxyFix(app.wsgi_app, **hops, x_host=0)  # type: ignore[method-assign]
    if settings.is_production:
        app.config["TRUSTED_HOSTS"] = [urlsplit(settings.base_url).hostname or "", *LOOPBACK]


def _add_clock(app: Flask, house: House, csrf: CSRFProtect) -> None:
    # Exists only where CLOCK_NOW is set, which production refuses.
    @app.post("/dev/clock")
    @declare(Guard.DEVELOPMENT)
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
        from bot.dispatch import Dispatcher

        # Several take turns at the inbox, so that one slow call to LINE delays one person only.
        answers = [Dispatcher(house).run] * CHAT_LOOPS
        letters = [
            LetterSender(house).run,
            TextMessenger(house).run,
            AppMessenger(house).run,
            Postman(house).run,
        ]
        loops = [Sender(house).run, *letters, *answers]
    if ticks:
        loops.append(functools.partial(run_ticks, house, MORE_TICKS, WATCHING))

    def wake_and_stop() -> None:
        house.notices_due.set()
        house.events_due.set()
        house.letters_due.set()

    loops = [after_migrations(house, loop) for loop in loops]
    return Background([functools.partial(keep_time, house), *loops], wake_and_stop)


@click.group(cls=Commands)
@click.pass_context
def main(context: click.Context) -> None:
    """到離校通知: school-gate notices in one LINE official account."""
    goes_on = context.invoked_subcommand in PROGRAMS
    configure_logging(logging.INFO if goes_on else logging.WARNING)
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
    if settings.is_production:
        fail("Sample data does not belong in production.")
    try:
        _demonstrate(settings, folder)
    except demonstration.NotReady as error:
        fail(str(error))


def _demonstrate(settings: Settings, folder: Path) -> None:
    sample = folder / SAMPLE.name
    with (
        suppress(KeyboardInterrupt),
        demonstration.stage(settings, folder) as (house, log),
        demonstration.running_sandbox(house.settings, sample, log) as sandbox,
    ):
        morning = _prepare(house, sample)
        from bot.rich_menus import set_up

        # It loads the pages while we load LINE's SDK and the sandbox comes up.
        serve_it = functools.partial(_serve_demo, house.settings, morning)
        with demonstration.running_product(serve_it, log) as product:
            origin = house.settings.sandbox_origin
            demonstration.wait_until_ready(
                f"{origin}/phone/state", lambda: sandbox.poll() is None, log
            )
            set_up(house)
            demonstration.wait_until_ready(
                f"{house.settings.base_url}/readyz", product.is_alive, log
            )
            demonstration.share_clock(house.settings)
            console.print(f"\n  打開 [bold]{origin}/[/bold]　Ctrl-C 結束\n")
            demonstration.wait_for_stop()


def _prepare(house: House, sample: Path) -> datetime:
    """Fill the demonstration's database; return the moment at which its day begins."""
    migrate(house.engine)
    console.print(seed_database(house, sample))
    with snapshot(house.engine) as session:
        school_day = functools.partial(is_school_day, session, "353607")
        morning = demonstration.next_school_morning(house.clock.now(), school_day)
    # No connection may be shared with the copy that serves.
    house.engine.dispose()
    return house.settings.clock_start or morning


def _serve_demo(settings: Settings, morning: datetime) -> None:
    configure_logging()
    given = {"database_url": settings.database_url, "base_url": settings.base_url}
    its_own = load_settings(**given, clock_now=morning)
    _serve(its_own, delivers=True, ticks=True, workers=1)


@main.command()
@click.pass_obj
def serve(settings: Settings) -> None:
    """Run web, worker and clock in one process (the embedded default)."""
    _serve(settings, delivers=True, ticks=True, workers=1)


@main.command()
@click.option(
    "--workers", type=click.IntRange(1, 64), default=2, show_default=True, help="processes"
)
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


@main.command(name="line-setup")
@click.pass_obj
def line_setup(settings: Settings) -> None:
    """Publish rich menus and webhook address; running it again changes nothing."""
    from bot.line_api import LineError
    from bot.rich_menus import set_up

    try:
        lines = set_up(build_house(settings))
    except LineError as error:
        if not error.status:
            fail(f"LINE does not answer ({error.reason}). Open the way to it: DNS, firewall.")
        fail(f"LINE refused ({error.reason}). Check LINE_CHANNEL_ACCESS_TOKEN and BASE_URL.")
    for line in lines:
        click.echo(line)


def _serve(settings: Settings, *, delivers: bool, ticks: bool, workers: int) -> None:
    _require_stones(settings)
    engine = make_engine(settings.database_url)
    patiently(functools.partial(_require_durable, engine))
    engine.dispose()

    def load() -> tuple[Flask, Background]:
        # After the fork: connections must not be shared between processes.
        house = _open_house(settings)
        return assemble(for_callers(house)), background(house, delivers=delivers, ticks=ticks)

    try:
        server = Server(load, host=settings.host, port=settings.port, workers=workers)
    except OSError as error:
        where, why = f"{settings.host}, port {settings.port}", error.strerror
        fail(f"Can't listen at {where}: {why}. Stop what uses it, or set HOST or PORT.")
    server.run()


def _require_durable(engine: Engine) -> None:
    if problem := durability_problem(engine):
        fail(f"{problem}. Switch it on: a tap answered 2xx must survive a power cut.")


def _require_stones(settings: Settings) -> None:
    if problem := unreadable(Path(settings.tombstones_file)):
        fail(f"TOMBSTONES_FILE: {problem}. Let the program's user read and write it: chown.")


def _open_house(settings: Settings) -> House:
    """Return the house of a program that goes on: in time, and nobody in it who was erased."""
    house = build_house(settings)
    patiently(functools.partial(_look_round, house))
    return house


def _look_round(house: House) -> None:
    heed_database(house)
    # Whom a restored backup brought back is erased before anybody is served or told. Without
    # migrations there is no table of tombstones yet; /readyz says so.
    if is_fit(house.engine):
        heed_tombstones(house)


def _run_loops(settings: Settings, *, delivers: bool, ticks: bool) -> None:
    wait_for_stop = heed_stop_signals()
    _require_stones(settings)
    house = _open_house(settings)
    settle_memory()
    running = start_background(background(house, delivers=delivers, ticks=ticks))
    wait_for_stop()
    if not running.stop():
        leave_at_once()


COMMANDS = (
    run_migrations,
    seed,
    school_commands,
    reader_commands,
    roster_commands,
    card_commands,
    staff_commands,
    calendar_commands,
    closure_commands,
    policy_commands,
    order_commands,
    channel_commands,
    notice_commands,
    event_commands,
    canary_commands,
    purge_command,
    key_commands,
    incident_commands,
    export_command,
    check,
    backup_command,
    restore_command,
)
staff_commands.add_command(revoke)
for command in COMMANDS:
    main.add_command(command)


if __name__ == "__main__":
    catch_crashes()
    forbid_core_dumps()
    main()
