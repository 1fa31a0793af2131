"""A reader that is asked again sends what came after the named tap, and says when it is done."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from sandbox.clock import Clock
from sandbox.gate.reader import Reader
from sandbox.sample import SampleReader

CARD = "04A224B1C25E80"


class Service:
    """Takes every tap, and asks again by heartbeat for what it was told to."""

    def __init__(self) -> None:
        self.resend: dict[str, Any] | None = None
        self.taps: list[tuple[str, int]] = []
        self.beats: list[dict[str, Any]] = []

    def send(self, url: str, body: bytes, _headers: object, **_: object) -> SimpleNamespace:
        told, answer = json.loads(body), {}
        if url.endswith("/taps"):
            self.taps += [(told["boot_id"], tap["seq"]) for tap in told["taps"]]
            answer = {"results": [{"seq": t["seq"], "status": "recorded"} for t in told["taps"]]}
        else:
            self.beats.append(told)
            answer = {"resend": self.resend} if self.resend else {}
        return SimpleNamespace(status=200, data=json.dumps(answer).encode(), headers={})


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def reader(service: Service) -> Reader:
    """A reader that has sent two taps, was started anew, and has sent one more."""
    secret = "whsec_QUJDREVGR0hJSktMTU5PUFFSU1RVVldY"
    facts = SampleReader("r1", secret, "353607", "榕光國小", "正門")
    reader = Reader(facts, Clock(None), service)  # type: ignore[arg-type]  # stands in for the network
    for _ in range(2):
        reader.tap(CARD)
    reader.upload("")
    reader.restart()
    reader.tap(CARD)
    reader.upload("")
    return reader


@pytest.mark.parametrize(("after", "count"), [((0, 1), 2), ((1, 2), 1), ((2, 1), 0), (None, 3)])
def test_all_after_the_named_tap_comes_again_across_boots(
    service: Service, reader: Reader, after: tuple[int, int] | None, count: int
) -> None:
    first = list(service.taps)
    boot_id = first[after[0]][0] if after else None
    service.resend = {"id": "1", "boot_id": boot_id, "after_seq": after[1] if after else 0}
    reader.beat("")
    reader.upload("")
    assert service.taps[3:] == first[3 - count :]
    reader.beat("")
    assert (service.beats[0].get("resent"), service.beats[1]["resent"]) == (None, "1")


def test_same_question_is_followed_once_and_a_new_one_again(
    service: Service, reader: Reader
) -> None:
    service.resend = {"id": "1", "boot_id": None, "after_seq": 0}
    for _ in range(3):
        reader.beat("")
        reader.upload("")
    assert len(service.taps) == 6
    service.resend["id"] = "2"
    reader.beat("")
    assert reader.buffer
    reader.beat("")
    assert "resent" not in service.beats[-1], "not while it still holds some"
    reader.upload("")
    assert len(service.taps) == 9
