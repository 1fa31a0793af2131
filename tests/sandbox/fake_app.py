"""A tiny app on loopback: keeps what the sandbox sends and answers as told."""

import json
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PATIENCE_SECONDS = 40.0


@dataclass(frozen=True)
class Call:
    """One request as it arrived."""

    path: str
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the body as JSON."""
        return json.loads(self.body)


class FakeApp:
    """Answers webhooks with `webhook_statuses` in turn, then 200; taps with "recorded"."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.app = self
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.reset()
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def reset(self) -> None:
        """Forget all calls and orders."""
        with self.changed:
            self.calls: list[Call] = []
            self.webhook_statuses: list[int] = []
            self.gate_statuses: list[int] = []
            self.receipt_statuses: list[int] = []

    def stop(self) -> None:
        """Shut down."""
        self._server.shutdown()
        self._server.server_close()

    def matching(self, end: str) -> list[Call]:
        """Return the calls whose path ends so, queries left aside."""
        return [call for call in self.calls if call.path.partition("?")[0].endswith(end)]

    def wait_for(self, end: str, count: int = 1) -> list[Call]:
        """Return the calls to a path once there are so many; fail when they do not come."""
        with self.changed:
            came = self.changed.wait_for(
                lambda: len(self.matching(end)) >= count, timeout=PATIENCE_SECONDS
            )
            assert came, f"only {len(self.matching(end))} calls to {end}"
            return self.matching(end)

    def wait_for_events(self, count: int = 1) -> list[dict[str, Any]]:
        """Return the webhook events once there are so many."""
        calls = self.wait_for("/line/webhook", count)
        return [event for call in calls for event in call.json()["events"]]

    def take(self, call: Call) -> tuple[int, dict[str, Any]]:
        """Keep a call and decide its answer."""
        with self.changed:
            status, body = self._answer(call)
            self.calls.append(call)
            self.changed.notify_all()
        return status, body

    def _answer(self, call: Call) -> tuple[int, dict[str, Any]]:
        if call.path.endswith("/line/webhook"):
            return (self.webhook_statuses.pop(0) if self.webhook_statuses else 200), {}
        if "/receipts" in call.path:
            return (self.receipt_statuses.pop(0) if self.receipt_statuses else 200), {}
        if not call.path.endswith("/taps"):
            return 200, {}
        if self.gate_statuses:
            return self.gate_statuses.pop(0), {}
        results = [{"seq": tap["seq"], "status": "recorded"} for tap in call.json()["taps"]]
        return 200, {"results": results}


class _Server(ThreadingHTTPServer):
    app: FakeApp
    daemon_threads = True
    disable_nagle_algorithm = True


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        """Take a delivery receipt, asked for as Mitake does, and acknowledge it."""
        status, _ = self.server.app.take(Call(self.path, dict(self.headers.items()), b""))
        words = b"magicid=sms_gateway_rpack\n"
        self.send_response(status)
        self.send_header("Content-Length", str(len(words)))
        self.end_headers()
        self.wfile.write(words)

    def do_POST(self) -> None:
        """Hand the request to the app."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        call = Call(self.path, {key.lower(): value for key, value in self.headers.items()}, body)
        status, answer = self.server.app.take(call)
        data = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        if status == 503:
            self.send_header("Retry-After", "1")
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Stay quiet."""
