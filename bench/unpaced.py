"""`app.py worker` or `serve` with the push limit lifted.

LINE_PUSH_PER_SECOND ends at 1,800 as LINE takes no more; how fast the product could go, and what a
push costs it then, shows only beyond.
"""

import argparse
import os

from flask import Flask

from app import assemble, background
from core.duty.server import Background, Server, settle_memory, start_background
from core.duty.stop_signals import heed_stop_signals
from core.house import House, build_house
from core.logs import configure_logging
from core.settings import load_settings


def main() -> None:
    """Run until SIGTERM."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", choices=("worker", "serve"))
    parser.add_argument("--per-second", type=int, required=True)
    parser.add_argument("--port", type=int, default=os.environ.get("PORT"))
    options = parser.parse_args()
    configure_logging()
    if options.command == "worker":
        _work(_house(options.per_second))
        return

    def load() -> tuple[Flask, Background]:
        house = _house(options.per_second)
        return assemble(house), background(house, delivers=True, ticks=True)

    Server(load, host="127.0.0.1", port=options.port, workers=1).run()


def _house(per_second: int) -> House:
    lifted = {"line_push_per_second": per_second}
    return build_house(load_settings().model_copy(update=lifted))


def _work(house: House) -> None:
    wait_for_stop = heed_stop_signals()
    settle_memory()
    running = start_background(background(house, delivers=True, ticks=False))
    wait_for_stop()
    running.stop()


if __name__ == "__main__":
    main()
