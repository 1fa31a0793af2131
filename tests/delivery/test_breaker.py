"""The breaker: many failures in a row, then one try after each rest."""

from core.delivery.breaker import FAILURES, REST_SECONDS, Breaker


def _broken() -> tuple[Breaker, list[float]]:
    now = [100.0]
    breaker = Breaker(steady=lambda: now[0])
    for _ in range(FAILURES):
        breaker.note(worked=False)
    return breaker, now


def test_few_failures_stop_nobody() -> None:
    breaker = Breaker()
    for _ in range(FAILURES - 1):
        breaker.note(worked=False)
    assert breaker.allowed(16) == 16


def test_a_success_in_between_begins_the_count_anew() -> None:
    breaker = Breaker()
    for _ in range(FAILURES * 3):
        breaker.note(worked=False)
        breaker.note(worked=True)
    assert not breaker.is_open


def test_open_it_rests_and_then_lets_one_through() -> None:
    breaker, now = _broken()
    assert breaker.allowed(16) == 0
    now[0] += REST_SECONDS[0]
    assert breaker.allowed(16) == 1


def test_nobody_else_tries_while_one_is_under_way() -> None:
    breaker, now = _broken()
    now[0] += REST_SECONDS[0]
    assert breaker.allowed(16, under_way=1) == 0


def test_rests_grow_while_nothing_works() -> None:
    breaker, now = _broken()
    for rest in REST_SECONDS[:-1]:
        assert breaker.allowed(16) == 0
        now[0] += rest
        assert breaker.allowed(16) == 1
        breaker.note(worked=False)
    now[0] += REST_SECONDS[-1] - 1
    assert breaker.allowed(16) == 0


def test_one_success_closes_it() -> None:
    breaker, now = _broken()
    now[0] += REST_SECONDS[0]
    breaker.note(worked=True)
    assert breaker.allowed(16) == 16


def test_rests_begin_anew_after_a_success() -> None:
    breaker, now = _broken()
    now[0] += REST_SECONDS[0]
    breaker.note(worked=False)
    breaker.note(worked=True)
    now[0] += sum(REST_SECONDS)
    for _ in range(FAILURES):
        breaker.note(worked=False)
    now[0] += REST_SECONDS[0]
    assert breaker.allowed(16) == 1


def test_what_was_under_way_does_not_lengthen_the_rest() -> None:
    breaker, now = _broken()
    for _ in range(50):
        breaker.note(worked=False)
    now[0] += REST_SECONDS[0]
    assert breaker.allowed(16) == 1
