"""A running demonstration, and the people who use it over real sockets."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from standardwebhooks.webhooks import Webhook

from bench.programs import free_pair
from tests.flow import leaks
from tests.waiting import wait_for

ROOT = Path(__file__).resolve().parents[2]
START_LIMIT_SECONDS = 60
LOGS = ("demo.log", "command.log")


class Town:
    """Product and sandbox side by side; `sample` is what the gate knows."""

    def __init__(self, port: int, folder: Path, database_url: str) -> None:
        self.app = f"http://127.0.0.1:{port}"
        self.sandbox = f"http://127.0.0.1:{port + 1}"
        self.folder = folder
        self.database_url = database_url
        # What a run must not leave anywhere in clear, beside what the sample holds.
        self.secrets: dict[str, str] = {}
        self.error_pages: list[bytes] = []
        self._log_began = leaks.log_position(database_url)
        self._people: list[Person] = []
        self._ids = count(1)
        self._seqs = count(1)

    @property
    def sample(self) -> dict[str, Any]:
        """The invented schools' readers and students."""
        found: dict[str, Any] = json.loads((self.folder / "sample.json").read_text())
        return found

    def student(self, name: str) -> dict[str, Any]:
        """One invented student."""
        return next(one for one in self.sample["students"] if one["name"] == name)

    def jump(self, moment: str) -> None:
        """Move everybody's clock; the sandbox's readers then report at once."""
        answer = requests.post(f"{self.sandbox}/clock", json={"now": moment}, timeout=30)
        answer.raise_for_status()

    def now(self) -> datetime:
        """The time the gate API tells."""
        told = requests.get(f"{self.app}/gate/v1/time", timeout=30).json()["server_time"]
        return datetime.fromisoformat(told)

    def tap(self, name: str, **changed: Any) -> requests.Response:
        """Tap a child's card through the signed API, as a reader of its school."""
        student = self.student(name)
        now = self.now()
        tap = {
            "seq": next(self._seqs),
            "card_uid": student["card_uid"],
            "tapped_at": now.isoformat(),
        }
        payload = {"boot_id": "story", "taps": [{**tap, **changed}]}
        return self.send(student["school_code"], payload, now)

    def send(self, school_code: str, payload: Any, at: datetime) -> requests.Response:
        """POST a signed payload to a school's reader address."""
        reader = next(r for r in self.sample["readers"] if r["school_code"] == school_code)
        body = json.dumps(payload)
        message_id = f"story_{next(self._ids)}"
        signature = Webhook(reader["secret"]).sign(message_id, at.astimezone(UTC), body)
        return requests.post(
            f"{self.app}/gate/v1/readers/{reader['reader_id']}/taps",
            data=body,
            headers={
                "webhook-id": message_id,
                "webhook-timestamp": str(int(at.timestamp())),
                "webhook-signature": signature,
            },
            timeout=30,
        )

    def person(self, name: str) -> "Person":
        """Somebody with a phone."""
        person = Person(self, next(o["user_id"] for o in self.phones() if o["name"] == name))
        self._people.append(person)
        return person

    def wait_for_heartbeats(self) -> None:
        """Let every simulated reader be heard; a tap before that would be a second device's."""

        def all_heard() -> bool:
            gate = requests.get(f"{self.sandbox}/phone/state", timeout=30).json()["gate"]
            return all(reader["heard_at"] for reader in gate["readers"])

        wait_for(all_heard, "a first heartbeat of every reader")

    def phones(self) -> list[dict[str, Any]]:
        """Every phone as it looks now."""
        found: list[dict[str, Any]]
        found = requests.get(f"{self.sandbox}/phone/state", timeout=30).json()["phones"]
        return found

    def note_error(self, answer: requests.Response, *_: Any, **__: Any) -> None:
        """Keep the page of a refusal or a fault; a form that comes back may say what was typed."""
        if answer.status_code >= 400 and answer.status_code != 422:
            self.error_pages.append(answer.content)

    def find_leaks(self) -> set[tuple[str, str]]:
        """Return which secrets of this run stand where in clear."""
        cookies = {
            f"{person.user_id}'s cookie {one.name}": one.value or ""
            for person in self._people
            for one in person.browser.cookies
        }
        known = leaks.secrets_of(self.sample, self.phones()) | cookies | self.secrets
        searched = {
            "logs": b"".join((self.folder / name).read_bytes() for name in LOGS),
            "error pages": b"\n".join(self.error_pages),
            "metrics": leaks.metrics(self.app),
            "database": leaks.rows(self.database_url),
            "dump": leaks.dump(self.database_url),
            "files": leaks.files(self.database_url, self._log_began),
        }
        return leaks.find_leaks(known, searched, *(one["name"] for one in self.sample["students"]))

    def accepted_pushes(self) -> dict[str, int]:
        """How often LINE accepted a push, by retry key; none may come without a key."""
        ledger = requests.get(f"{self.sandbox}/inspect/ledger", timeout=30).json()
        assert ledger["keyless"] == []
        return {key: len(entry["accepted_request_ids"]) for key, entry in ledger["keys"].items()}


class Person:
    """A guardian: a phone with the chat, and a browser inside it for the pages."""

    def __init__(self, town: Town, user_id: str) -> None:
        self.town = town
        self.user_id = user_id
        self.browser = requests.Session()
        self.browser.hooks["response"].append(town.note_error)

    def _do(self, what: str, **fields: Any) -> requests.Response:
        address = f"{self.town.sandbox}/phone/{self.user_id}/{what}"
        answer = requests.post(address, json=fields, timeout=30)
        answer.raise_for_status()
        return answer

    def follow(self) -> None:
        """Add the account as a friend."""
        self._do("follow")

    def block(self) -> None:
        """Block the account."""
        self._do("block")

    def write(self, text: str) -> None:
        """Send a text."""
        self._do("text", text=text)

    def phone(self) -> dict[str, Any]:
        """The phone as it looks now."""
        return next(one for one in self.town.phones() if one["user_id"] == self.user_id)

    def received(self) -> list[str]:
        """What stood on the lock screen, oldest first."""
        shown = [one["message"] for one in self.phone()["messages"] if one["from"] == "account"]
        return [one.get("altText") or one.get("text", "") for one in shown]

    def wait_for(self, words: str) -> str:
        """Wait for a message that holds the words and return its lock-screen text."""

        def look() -> str | None:
            return next((text for text in self.received() if words in text), None)

        return wait_for(look, f"a message with {words}; got {self.received()}")

    def sign_in(self, path: str = "/home") -> None:
        """Open a page from the chat: the redirect brings an ID token, the page exchanges it."""
        liff_id = "1660000001-sandbox1"
        opened = self._do("open", url=f"https://liff.line.me/{liff_id}{path}").json()
        redirect = self.browser.get(opened["url"], allow_redirects=False, timeout=30)
        start = redirect.headers["Location"]
        token = parse_qs(urlsplit(start).fragment)["id_token"][0]
        page = self.browser.get(start.partition("#")[0], timeout=30)
        answer = self.browser.post(
            f"{self.town.app}/liff/session",
            data={"id_token": token, "csrf_token": csrf_token(page.text)},
            timeout=30,
        )
        assert answer.status_code == 204, answer.text

    def get(self, path: str) -> str:
        """Open a page and return its HTML."""
        answer = self.browser.get(f"{self.town.app}{path}", timeout=30)
        assert answer.status_code == 200, (path, answer.status_code)
        return answer.text

    def submit(self, path: str, **fields: str) -> requests.Response:
        """Open a page, fill its form and send it; redirects are followed."""
        fields["csrf_token"] = csrf_token(self.get(path))
        return self.browser.post(f"{self.town.app}{path}", data=fields, timeout=30)

    def link(self, account: str) -> None:
        """Sign in at Taipei Pass as a sample member and confirm the link."""
        start = f"{self.town.app}/liff/taipei-pass/start"
        to_pass = self.browser.get(start, allow_redirects=False, timeout=30).headers["Location"]
        page = self.browser.get(f"{to_pass}&sandbox_member={account}", timeout=30)
        assert "確認連結" in page.text
        consent = re.search(r'name="consent" value="([^"]+)"', page.text)
        assert consent
        confirm = urlsplit(page.url).path
        answer = self.submit(confirm, answer="link", consent=consent[1])
        assert answer.status_code == 200, answer.text

    def bind(self, student: dict[str, Any], **changed: str) -> requests.Response:
        """Send the five facts."""
        facts = ("district", "level", "school_code", "student_number", "name", "national_id")
        fields = {name: str(student[name]) for name in (*facts, "birth_date")}
        fields["relationship"] = "mother"
        return self.submit("/liff/children/new", **{**fields, **changed})

    def child_path(self, given_name: str) -> str:
        """The address of a bound child's page."""
        links = re.findall(r'href="(/liff/children/[0-9a-f-]{36})', self.get("/liff/home"))
        return next(path for path in links if f"<title>{given_name}" in self.get(path))


def csrf_token(html: str) -> str:
    """Return the token a page carries in its form or head."""
    found = re.search(r'csrf[-_]token"[^>]*?(?:value|content)="([^"]+)"', html)
    found = found or re.search(r'data-csrf="([^"]+)"', html)
    assert found, html[:500]
    return found[1]


@contextmanager
def running_town(folder: Path, **environment: str) -> Iterator[Town]:
    """Start the demonstration as a newcomer would, and stop it with SIGTERM.

    In the environment {sandbox} stands for the sandbox's address. Whatever was done in it, nobody's
    secret may stand anywhere in clear at its end.
    """
    port = free_pair()
    sandbox = f"http://127.0.0.1:{port + 1}"
    environment = {name: value.format(sandbox=sandbox) for name, value in environment.items()}
    url = environment.setdefault("DATABASE_URL", f"sqlite:///{folder / 'town.db'}")
    folder.mkdir(parents=True, exist_ok=True)
    log = (folder / "command.log").open("w+")
    process = subprocess.Popen(
        [sys.executable, "app.py", "demo", "--folder", str(folder)],
        cwd=ROOT,
        env={**os.environ, "PORT": str(port), **leaks.SETTINGS, **environment},
        stdout=log,
        stderr=log,
    )
    try:
        _wait_for_address(process, folder / "command.log")
        town = Town(port, folder, url)
        town.wait_for_heartbeats()
        yield town
        assert town.find_leaks() == set()
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        log.close()


def _wait_for_address(process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_LIMIT_SECONDS
    while "打開" not in log.read_text(encoding="utf-8"):
        assert process.poll() is None, log.read_text(encoding="utf-8")
        assert time.monotonic() < deadline, log.read_text(encoding="utf-8")
        time.sleep(0.1)
