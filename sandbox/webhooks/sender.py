"""The webhook sender: signs the exact bytes and posts them one after the other."""

import base64
import hashlib
import hmac
import json
import queue
import threading
import time
from collections import deque
from dataclasses import asdict, dataclass

from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, TimeoutError

from sandbox.clock import Clock
from sandbox.ledgers.reply_tokens import ReplyTokens
from sandbox.people import BOT_USER_ID, Json
from sandbox.settings import Settings
from sandbox.webhooks.events import standby
from sandbox.webhooks.manners import Manners
from sandbox.wire.loopback import LoopbackClient, OutsideError
from sandbox.world import World

# What comes later counts as no answer. Source: LINE docs, "Check webhook error statistics".
DEADLINE_SECONDS = 2.0
EVENT_WORDS = {
    "follow": "加好友",
    "unfollow": "封鎖",
    "message": "訊息",
    "postback": "按按鈕",
    "accountLink": "連結帳號",
    "unsend": "收回訊息",
    "messageEdited": "修改訊息",
}
# The reasons LINE's console names, in words for the log.
REASON_WORDS = {
    "COULD_NOT_CONNECT": "連不上服務",
    "REQUEST_TIMEOUT": "服務太久沒有回應",
    "UNCLASSIFIED": "服務中途斷線",
    "ERROR_STATUS_CODE": "服務沒有收下",
}


def sign(secret: str, body: bytes) -> str:
    """Return the x-line-signature value for these bytes."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


@dataclass(frozen=True, slots=True)
class Attempt:
    """How the app took one webhook; `status` is None when it gave no answer."""

    status: int | None
    reason: str
    milliseconds: int

    @property
    def is_success(self) -> bool:
        """Tell whether LINE would count it as received."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def words(self) -> str:
        """Return the outcome as the log shows it."""
        parts = [
            str(self.status or ""),
            REASON_WORDS.get(self.reason, ""),
            f"{self.milliseconds} 毫秒" if self.is_success else "",
        ]
        return "・".join(part for part in parts if part)


class WebhookSender:
    """One thread posts the events in order, unless its manners say otherwise."""

    def __init__(
        self, settings: Settings, clock: Clock, world: World, reply_tokens: ReplyTokens
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._world = world
        self._reply_tokens = reply_tokens
        self._client = LoopbackClient()
        self._queue: queue.SimpleQueue[tuple[int, Json]] = queue.SimpleQueue()
        self._posting = threading.Lock()
        self._era = 0
        self.sent: deque[Json] = deque(maxlen=500)
        self.reset()

    def reset(self) -> None:
        """Drop what is queued, wait for what is under way, point at the app again.

        Not to be called with the world's lock held: the event under way still writes its log row.
        """
        self._era += 1
        with self._posting:
            self.endpoint = f"{self._settings.app_url}/line/webhook"
            self.behave(Manners())
            self.sent.clear()

    def behave(self, manners: Manners) -> None:
        """Take on other manners from the next event on."""
        self.manners = manners
        self._dice = manners.dice()

    def dump(self) -> Json:
        """Return where events go and how, for the state file."""
        return {"endpoint": self.endpoint, "manners": asdict(self.manners)}

    def load(self, data: Json) -> None:
        """Take over what dump returned."""
        self.endpoint = data["endpoint"]
        self.behave(Manners(**data["manners"]))

    def start(self) -> None:
        """Begin to send; the thread dies with the process."""
        threading.Thread(target=self._run, name="webhook", daemon=True).start()

    def put(self, event: Json) -> None:
        """Queue one event of a person."""
        if self.manners.active:
            chosen = standby(event) if self.manners.standby else event
            self._queue.put((self._era, chosen))

    def post(self, body: bytes, *, url: str = "", signature: str = "") -> Attempt:
        """Post a body at once and note the outcome; by default signed and to the endpoint."""
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "LineBotWebhook/2.0",
            "x-line-signature": signature or sign(self._settings.line_channel_secret, body),
        }
        begun = time.monotonic()
        status, reason = self._try(url or self.endpoint, body, headers)
        attempt = Attempt(status, reason, int((time.monotonic() - begun) * 1000))
        self._note(url or self.endpoint, body, attempt)
        return attempt

    def _run(self) -> None:
        while True:
            era, event = self._queue.get()
            events = [event, *self._more(era)]
            if self.manners.shuffle:
                self._dice.shuffle(events)
            with self._posting:
                if era != self._era:
                    continue
                self._post_batch(era, events)

    def _more(self, era: int) -> list[Json]:
        """Return events that share the body of one just taken from the queue."""
        found: list[Json] = []
        until = time.monotonic() + self.manners.batch_seconds
        while len(found) < self.manners.batch_size - 1:
            try:
                other, event = self._queue.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                break
            if other == era:
                found.append(event)
        return found

    def _post_batch(self, era: int, events: list[Json]) -> None:
        body = encode(events)
        attempt = self.post(body)
        if self._dice.random() < self.manners.duplicates:
            self.post(body)
        if not attempt.is_success:
            self._plan_redelivery(era, events, self.manners.redeliveries)

    def _plan_redelivery(self, era: int, events: list[Json], left: int) -> None:
        seconds = self._settings.redelivery_seconds
        if not seconds or left < 1:
            return
        timer = threading.Timer(seconds, self._redeliver, [era, events, left])
        timer.daemon = True
        timer.start()

    def _redeliver(self, era: int, events: list[Json], left: int) -> None:
        again = [event | {"deliveryContext": {"isRedelivery": True}} for event in events]
        with self._posting:
            if era != self._era:
                return
            with self._world.lock:
                for event in events:
                    self._reply_tokens.renew(str(event.get("replyToken")), self._clock.now())
            attempt = self.post(encode(again))
        if not attempt.is_success:
            self._plan_redelivery(era, events, left - 1)

    def _try(self, url: str, body: bytes, headers: dict[str, str]) -> tuple[int | None, str]:
        try:
            status, _ = self._client.post(url, body, headers, timeout_seconds=DEADLINE_SECONDS)
        except (NewConnectionError, ConnectTimeoutError, OutsideError):
            return None, "COULD_NOT_CONNECT"
        except TimeoutError:
            return None, "REQUEST_TIMEOUT"
        except HTTPError:
            return None, "UNCLASSIFIED"
        return status, "OK" if 200 <= status < 300 else "ERROR_STATUS_CODE"

    def _note(self, url: str, body: bytes, attempt: Attempt) -> None:
        events = json.loads(body).get("events", [])
        self.sent.append(
            {
                "at": self._clock.iso(),
                "url": url,
                "status": attempt.status,
                "reason": attempt.reason,
                "milliseconds": attempt.milliseconds,
                "events": events,
            }
        )
        kinds = "、".join(_event_word(event) for event in events) or "測試連線"
        self._world.note("LINE 平台", f"告訴服務：{kinds}", "none", attempt.words, "webhook")


def _event_word(event: Json) -> str:
    kind = str(event.get("type"))
    if event.get("follow") == {"isUnblocked": True}:
        return "解除封鎖"
    return EVENT_WORDS.get(kind, kind)


def encode(events: list[Json]) -> bytes:
    """Return the webhook body for these events."""
    body = {"destination": BOT_USER_ID, "events": events}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
