"""Token buckets, by the sandbox's clock."""

from datetime import timedelta

import pytest

from sandbox.clock import parse_instant
from sandbox.ledgers.rates import LIMITS, Rates
from tests.sandbox.client import START, Json, SandboxClient, text

NOW = parse_instant(START)


def test_bucket_empties_and_fills_steadily() -> None:
    rates = Rates()
    first = [rates.take("multicast", NOW) for _ in range(201)]
    soon = [rates.take("multicast", NOW + timedelta(milliseconds=52)) for _ in range(11)]
    assert (first.count(True), first[-1]) == (200, False)
    assert soon == [True] * 10 + [False]


def test_bucket_never_holds_more_than_its_size() -> None:
    rates = Rates()
    rates.take("richmenu_batch", NOW)
    later = [rates.take("richmenu_batch", NOW + timedelta(days=9)) for _ in range(4)]
    assert later == [True] * 3 + [False]


def test_clock_set_back_does_not_lock_anybody_out() -> None:
    rates = Rates()
    rates.take("push", NOW)
    assert rates.take("push", NOW - timedelta(days=1))


def test_limits_are_those_of_the_reference() -> None:
    assert LIMITS["multicast"] == (200, 1)
    assert LIMITS["broadcast"] == LIMITS["narrowcast"] == LIMITS["webhook_test"] == (60, 3600)
    assert LIMITS["richmenu_create"] == LIMITS["richmenu_delete"] == (100, 3600)


def test_call_above_the_rate_is_refused_and_burns_no_key(sandbox: SandboxClient) -> None:
    mother = sandbox.friend()
    _limit(sandbox, endpoint="push", calls=1, seconds=3600)
    key = "123e4567-e89b-12d3-a456-426614174000"
    statuses = [sandbox.push(mother).status_code, sandbox.push(mother, key=key).status_code]
    refused = sandbox.push(mother)
    sandbox.set_clock("2026-11-23T08:20:05+08:00")
    assert [*statuses, sandbox.push(mother, key=key).status_code] == [200, 429, 200]
    assert refused.json() == {"message": "The API rate limit has been exceeded. Try again later."}
    assert {"retry-after", "ratelimit"}.isdisjoint(name.lower() for name in refused.headers)


def test_repeat_is_answered_even_above_the_rate(sandbox: SandboxClient) -> None:
    mother = sandbox.friend()
    _limit(sandbox, endpoint="push", calls=1, seconds=3600)
    key = "123e4567-e89b-12d3-a456-426614174001"
    statuses = [sandbox.push(mother, key=key).status_code for _ in range(2)]
    assert statuses == [200, 409]


def test_limits_are_kept_by_endpoint(sandbox: SandboxClient) -> None:
    mother = sandbox.friend()
    _limit(sandbox, endpoint="profile", calls=1, seconds=3600)
    profile = [sandbox.line("GET", f"/v2/bot/profile/{mother}").status_code for _ in range(2)]
    assert profile == [200, 429]
    assert sandbox.push(mother, text("一")).status_code == 200


@pytest.mark.parametrize(
    "body",
    [{"calls": 1}, {"endpoint": "push", "calls": 0}, {"endpoint": "a", "calls": 1, "seconds": 0}],
)
def test_misspelt_limit_is_refused(sandbox: SandboxClient, body: Json) -> None:
    assert sandbox.post("/inspect/rate-limits", body).status_code == 400


def _limit(sandbox: SandboxClient, **body: object) -> None:
    assert sandbox.post("/inspect/rate-limits", body).status_code == 204
