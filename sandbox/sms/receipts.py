"""Carries delivery receipts to whoever ordered the message, when they are due."""

import hashlib
import hmac
import threading
from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

import urllib3

from sandbox.clock import TAIPEI, Clock
from sandbox.people import Json
from sandbox.settings import Settings
from sandbox.sms.codes import ARRIVED, RECEIPT_WORDS
from sandbox.sms.gateway import Receipt, SmsGateway
from sandbox.wire.loopback import LoopbackClient, require_loopback_url

ACKNOWLEDGED = "magicid=sms_gateway_rpack"
# A receipt that is not acknowledged comes again; Mitake's own count and pause are not published.
ATTEMPTS, PAUSE = 3, timedelta(minutes=1)
PATIENCE_SECONDS = 5.0
IDLE_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class SentReceipt:
    """One attempt; `status` is 0 when nobody answered."""

    msgid: str
    flag: str
    url: str
    status: int
    is_acknowledged: bool


class SmsReceipts:
    """One thread that waits for the next receipt by the sandbox's clock."""

    def __init__(self, settings: Settings, clock: Clock, gateway: SmsGateway) -> None:
        self.sent: deque[SentReceipt] = deque(maxlen=500)
        self._url = settings.receipts_url
        self._secret = settings.sms_callback_secret.encode()
        self._clock = clock
        self._gateway = gateway
        self._client = LoopbackClient()
        self._pool = urllib3.PoolManager(retries=False)
        self._wake = threading.Event()
        self._is_stopping = False
        gateway.on_receipt(self._wake.set)
        clock.on_move(lambda _: self._wake.set())

    def start(self) -> None:
        """Begin to carry."""
        threading.Thread(target=self._run, name="sms-receipts", daemon=True).start()

    def stop(self) -> None:
        """End the thread."""
        self._is_stopping = True
        self._wake.set()

    def _run(self) -> None:
        while not self._is_stopping:
            for receipt in self._gateway.take_due():
                self._carry(receipt)
            self._wake.wait(self._seconds_to_next())
            self._wake.clear()

    def _seconds_to_next(self) -> float:
        due_at = self._gateway.next_due()
        if due_at is None:
            return IDLE_SECONDS
        return max(0.0, min(IDLE_SECONDS, (due_at - self._clock.now()).total_seconds()))

    def _carry(self, receipt: Receipt) -> None:
        url, at = receipt.callback or self._url, self._clock.now()
        fields = receipt_fields(receipt)
        # Mitake asks the address that came with the order; our own callback is posted and signed.
        status, words = self._ask(url, fields) if receipt.callback else self._post(url, fields)
        good = 200 <= status < 300
        is_taken = good and (not receipt.callback or words.startswith(ACKNOWLEDGED))
        self.sent.append(SentReceipt(receipt.msgid, receipt.flag, url, status, is_taken))
        receipt.attempts += 1
        if not is_taken and receipt.attempts < ATTEMPTS:
            self._gateway.put_back(receipt, at + PAUSE)

    def _ask(self, url: str, fields: dict[str, str]) -> tuple[int, str]:
        require_loopback_url(url)
        joint = "&" if "?" in url else "?"
        try:
            answer = self._pool.request(
                "GET",
                f"{url}{joint}{urlencode(fields)}",
                redirect=False,
                timeout=urllib3.Timeout(total=PATIENCE_SECONDS),
            )
        except urllib3.exceptions.HTTPError:
            return 0, ""
        return answer.status, answer.data.decode("utf-8", "replace")

    def _post(self, url: str, fields: dict[str, str]) -> tuple[int, str]:
        body = urlencode(fields).encode()
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Sms-Signature": hmac.new(self._secret, body, hashlib.sha256).hexdigest(),
        }
        try:
            status, _ = self._client.post(url, body, headers, timeout_seconds=PATIENCE_SECONDS)
        except urllib3.exceptions.HTTPError:
            return 0, ""
        return status, ""

    def picture(self) -> list[Json]:
        """Return the attempts, oldest first."""
        names = ("msgid", "flag", "url", "status", "is_acknowledged")
        return [{name: getattr(one, name) for name in names} for one in list(self.sent)]


def receipt_fields(receipt: Receipt) -> dict[str, str]:
    """Return Mitake's fields: times are Taipei's, YYYYMMDDhhmmss."""
    return {
        "msgid": receipt.msgid,
        "dstaddr": receipt.to,
        "dlvtime": _stamp(receipt.sent_at),
        "donetime": _stamp(receipt.due_at),
        "statusstr": RECEIPT_WORDS.get(receipt.flag, "UNKNOWN"),
        "statuscode": "0" if receipt.flag == ARRIVED else "1",
        "StatusFlag": receipt.flag,
    }


def _stamp(moment: datetime) -> str:
    return moment.astimezone(TAIPEI).strftime("%Y%m%d%H%M%S")
