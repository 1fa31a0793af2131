"""The usual bot: a Flask handler that pushes inside the request with line-bot-sdk, nothing stored.

It takes the taps the product takes, behind the same web server. `--client fresh` follows the SDK's
README: a new ApiClient each time; `kept` shares one.
"""

import argparse
import os
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import orjson
from flask import Flask, Response, jsonify, request
from linebot.v3.messaging import ApiClient, Configuration, MessagingApi, PushMessageRequest

from bench.town import made_id
from core.duty.server import THREADS, Background, Server

# Connect and read, seconds.
TIMEOUT = (3, 10)
# Takes LINE user ids.
Push = Callable[[str], None]
Tell = Callable[[Sequence[str]], None]


def main() -> None:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--client", choices=("fresh", "kept"), required=True)
    parser.add_argument("--port", type=int, default=os.environ.get("PORT"))
    parser.add_argument("--workers", type=int, required=True)
    parser.add_argument("--content", type=Path, required=True, help="the message objects, as JSON")
    options = parser.parse_args()
    messages = orjson.loads(options.content.read_bytes())

    def load() -> tuple[Flask, Background]:
        push = make_push(options.client == "kept", messages)

        def tell(people: Sequence[str]) -> None:
            for person in people:
                push(person)

        return make_bot(tell), Background([])

    Server(load, host="127.0.0.1", port=options.port, workers=options.workers).run()


def make_bot(tell: Tell) -> Flask:
    """Return the handler; `tell` gets the people of a request. Whom a card is of costs nothing."""
    app = Flask("line-bot")

    @app.post("/gate/v1/readers/<uuid:reader_id>/taps")
    def take_taps(reader_id: uuid.UUID) -> Response:
        taps = request.get_json()["taps"]
        tell([person_of(tap["card_uid"]) for tap in taps])
        return jsonify(results=[{"seq": tap["seq"], "status": "recorded"} for tap in taps])

    return app


def make_push(is_kept: bool, messages: list[dict[str, Any]]) -> Push:
    """Return a push to one person by the SDK's client, new for each or one for all."""
    configuration = Configuration(
        host=os.environ["LINE_API_BASE"],
        access_token="stub",  # noqa: S106
        ssl_ca_cert=os.environ["SSL_CERT_FILE"],
    )
    # As many connections as threads; the SDK's own number would close some after each push.
    configuration.connection_pool_maxsize = THREADS
    kept = MessagingApi(ApiClient(configuration))

    def push_by(api: MessagingApi, person: str) -> None:
        api.push_message(
            PushMessageRequest.from_dict({"to": person, "messages": messages}),
            x_line_retry_key=str(uuid.uuid4()),
            _request_timeout=TIMEOUT,
        )

    def push_fresh(person: str) -> None:
        with ApiClient(configuration) as client:
            push_by(MessagingApi(client), person)

    return (lambda person: push_by(kept, person)) if is_kept else push_fresh


def person_of(card_uid: str) -> str:
    """Return the LINE user id that the town gives the guardian of a card's child."""
    return f"U{made_id('line', int(card_uid[2:], 16))}"


if __name__ == "__main__":
    main()
