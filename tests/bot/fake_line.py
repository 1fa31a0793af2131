"""A small LINE Platform of our own: keeps what it was sent and fails on cue."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.serving import serving

Json = dict[str, Any]
BAD_TOKEN = (400, {"message": "Invalid reply token"})


@dataclass(frozen=True, slots=True)
class Call:
    """One request LINE got. `body` is None when it was no JSON."""

    method: str
    path: str
    headers: dict[str, str]
    body: Json | None


@dataclass
class FakeLine:
    """`url` is its origin. `answers` maps a path's beginning to answers given first, in order.

    `meanwhile` is what happens while it thinks about a call.
    """

    url: str = ""
    calls: list[Call] = field(default_factory=list)
    answers: dict[str, list[tuple[int, Json]]] = field(default_factory=dict)
    menus: dict[str, Json] = field(default_factory=dict)
    pictures: set[str] = field(default_factory=set)
    linked: dict[str, str] = field(default_factory=dict)
    default_menu: str = ""
    aliases: dict[str, str] = field(default_factory=dict)
    languages: dict[str, str] = field(default_factory=dict)
    contents: dict[str, bytes] = field(default_factory=dict)
    spent: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)
    meanwhile: Callable[[], None] = lambda: None

    def paths(self, ending: str) -> list[Call]:
        """Return the calls whose path ends so."""
        return [call for call in self.calls if call.path.endswith(ending)]

    @property
    def replies(self) -> list[Json]:
        """Return the bodies of all replies."""
        return [call.body or {} for call in self.paths("/message/reply")]

    @property
    def pushes(self) -> list[Json]:
        """Return the bodies of all pushes."""
        return [call.body or {} for call in self.paths("/message/push")]

    def answer(self, call: Call) -> tuple[int, Json]:
        """Return what LINE says."""
        self.meanwhile()
        with self.lock:
            self.calls.append(call)
            for beginning, prepared in self.answers.items():
                if call.path.startswith(beginning) and prepared:
                    return prepared.pop(0)
            if call.path.endswith("/message/reply"):
                return self._reply(str((call.body or {}).get("replyToken")))
            if "/profile/" in call.path:
                return 200, self._profile(call.path.rpartition("/")[2])
            return self._rich_menu(call)

    def _reply(self, token: str) -> tuple[int, Json]:
        if token in self.spent:
            return BAD_TOKEN
        self.spent.add(token)
        return 200, {"sentMessages": [{"id": "1"}]}

    def _show(self, user_id: str, which: list[str]) -> None:
        if user_id == "all":
            self.default_menu = which[0]
        elif which:
            self.linked[user_id] = which[0]
        else:
            self.linked.pop(user_id, None)

    def _profile(self, user_id: str) -> Json:
        known = {"language": self.languages[user_id]} if user_id in self.languages else {}
        return {"userId": user_id, "displayName": "Hua", **known}

    def _alias(self, body: Json, which: list[str]) -> tuple[int, Json]:
        if which == ["list"]:
            rows = [
                {"richMenuAliasId": alias, "richMenuId": menu_id}
                for alias, menu_id in self.aliases.items()
            ]
            return 200, {"aliases": rows}
        name = which[0] if which else str(body["richMenuAliasId"])
        self.aliases[name] = str(body["richMenuId"])
        return 200, {}

    def _rich_menu(self, call: Call) -> tuple[int, Json]:
        steps = call.path.removeprefix("/v2/bot/").split("/")
        match (call.method, steps):
            case ("GET", ["richmenu", "list"]):
                return 200, {"richmenus": list(self.menus.values())}
            case (_, ["richmenu", "bulk", "link"]):
                body = call.body or {}
                self.linked |= dict.fromkeys(body["userIds"], body["richMenuId"])
            case (_, ["richmenu", "alias", *which]):
                return self._alias(call.body or {}, which)
            case ("POST", ["richmenu"]):
                menu_id = f"richmenu-{len(self.menus):032x}"
                self.menus[menu_id] = {**(call.body or {}), "richMenuId": menu_id}
                return 200, {"richMenuId": menu_id}
            case ("POST", ["richmenu", menu_id, "content"]):
                self.pictures.add(menu_id)
            case ("DELETE", ["richmenu", menu_id]):
                del self.menus[menu_id]
            case (_, ["user", user_id, "richmenu", *which]):
                self._show(user_id, which)
            case ("POST", ["message", _]):
                return 200, {"sentMessages": [{"id": "1"}]}
        return 200, {}


class _Handler(BaseHTTPRequestHandler):
    line: FakeLine

    def _serve(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        is_json = "json" in self.headers.get("Content-Type", "")
        body = json.loads(raw) if raw and is_json else None
        headers = {name.lower(): value for name, value in self.headers.items()}
        status, said = self.line.answer(Call(self.command, self.path, headers, body))
        sent = self.line.contents.get(self.path.split("/")[-2]) if status == 200 else None
        out = json.dumps(said).encode() if sent is None else sent
        self.send_response(status)
        kind = "application/json" if sent is None else "application/octet-stream"
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(out)))
        self.send_header("x-line-request-id", "11111111-2222-3333-4444-555555555555")
        self.end_headers()
        self.wfile.write(out)

    do_GET = do_POST = do_PUT = do_DELETE = _serve

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def running_line() -> Iterator[FakeLine]:
    """Run a fake LINE on a free port."""
    line = FakeLine()
    handler = type("Handler", (_Handler,), {"line": line})
    with serving(handler) as line.url:
        yield line


def closed_port() -> str:
    """Return an origin where nobody answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"
