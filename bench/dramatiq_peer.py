"""The usual bot with dramatiq and Redis between tap and push: a job a message.

Workers push with line-bot-sdk (`sdk`) or ready bytes with urllib3 (`lean`).
"""

import argparse
import os
import signal
import threading
from importlib import import_module
from pathlib import Path
from typing import Any

import orjson
import urllib3
from flask import Flask

from bench.line_bot import Push, make_bot, make_push
from bench.ready_push import push_url, request_to
from core.duty.server import Background, Server

WORKER_THREADS = 8


def main() -> None:
    """Serve taps or work off jobs until SIGTERM."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", choices=("web", "worker"))
    parser.add_argument("--sender", choices=("sdk", "lean"), required=True)
    parser.add_argument("--redis", required=True)
    parser.add_argument("--content", type=Path, required=True)
    parser.add_argument("--port", type=int, default=os.environ.get("PORT"))
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    content = options.content.read_bytes()
    push = make_push(True, orjson.loads(content)) if options.sender == "sdk" else _lean(content)
    if options.command == "worker":
        _work(options.redis, options.sender, push)
        return

    def load() -> tuple[Flask, Background]:
        job = _job(options.redis, options.sender, push)

        def tell(people: Any) -> None:
            for person in people:
                job.send(person)

        return make_bot(tell), Background([])

    Server(load, host="127.0.0.1", port=options.port, workers=options.workers).run()


def _job(redis: str, queue: str, push: Push) -> Any:
    dramatiq: Any = import_module("dramatiq")
    broker = import_module("dramatiq.brokers.redis").RedisBroker(url=redis)
    dramatiq.set_broker(broker)
    return dramatiq.actor(push, actor_name=f"push_{queue}", queue_name=queue)


def _work(redis: str, queue: str, push: Push) -> None:
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    broker = _job(redis, queue, push).broker
    worker = import_module("dramatiq").Worker(broker, worker_threads=WORKER_THREADS)
    worker.start()
    stop.wait()
    worker.stop()


def _lean(content: bytes) -> Push:
    pool = urllib3.PoolManager(maxsize=WORKER_THREADS, ca_certs=os.environ["SSL_CERT_FILE"])

    def push(person: str) -> None:
        body, headers = request_to(person, content)
        answer = pool.request("POST", push_url(), body=body, headers=headers)
        assert answer.status == 200, answer.status

    return push


if __name__ == "__main__":
    main()
