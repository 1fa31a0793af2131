"""When one is tried again whose address is not believed to be gone."""

from datetime import UTC, datetime, timedelta

import pytest

from core.post.answer import About, Answer, Outcome
from core.post.doubt import LAST_TRY, MOST_GONE, OTHERS_FIRST, PAUSE, Doubt, next_try

NOW = datetime(2026, 11, 23, 0, 30, tzinfo=UTC)
GONE = Answer(Outcome.REFUSED, "gone", about=About.ADDRESS)


def doubted() -> Answer:
    """The answer for one more address that is said to be gone."""
    doubt = Doubt()
    return [doubt.weigh(GONE) for _ in range(MOST_GONE + 1)][-1]


@pytest.mark.parametrize(
    ("lives", "waits"),
    [
        (timedelta(hours=1), OTHERS_FIRST),
        (timedelta(minutes=7), timedelta(minutes=7) - LAST_TRY),
        (timedelta(minutes=1), PAUSE),
    ],
)
def test_doubted_one_lets_others_go_first_and_is_tried_before_its_end(
    lives: timedelta, waits: timedelta
) -> None:
    assert next_try(doubted(), NOW, NOW + lives) == NOW + waits


def test_carrier_that_stops_everybody_is_tried_after_its_pause() -> None:
    stopped = Answer(Outcome.STOPPED, "http_401")
    assert next_try(stopped, NOW, NOW + timedelta(hours=1)) == NOW + PAUSE
