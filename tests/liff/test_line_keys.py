"""LINE's keys: fetched once, renewed when they must be, and done without when they can't be had."""

from datetime import timedelta

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from core.settings import load_settings
from liff.line_keys import GOOD_FOR, PAUSE
from liff.line_login import LineIdentity, LineLogin, TokenProblem
from tests.conftest import MONDAY_MORNING as NOW
from tests.factories import MEI
from tests.liff.outside import CHANNEL, Outside

CERTS, VERIFY = "/oauth2/v2.1/certs", "/oauth2/v2.1/verify"


@pytest.fixture
def login(outside: Outside) -> LineLogin:
    """Sign-in through the fake LINE, at a fixed moment."""
    outside.clock = lambda: NOW
    settings = {"line_api_base": outside.url, "line_login_channel_id": CHANNEL}
    return LineLogin(load_settings(_env_file=None, clock_now=None, **settings))


def test_keys_are_fetched_once_and_line_is_not_asked_again(
    login: LineLogin, outside: Outside
) -> None:
    for _ in range(3):
        assert isinstance(login.verify(outside.add_person(MEI), NOW), LineIdentity)
    assert outside.asked == [CERTS]


def test_keys_are_fetched_anew_when_they_are_an_hour_old(
    login: LineLogin, outside: Outside
) -> None:
    token = outside.add_person(MEI, exp=int((NOW + 3 * GOOD_FOR).timestamp()))
    login.verify(token, NOW)
    login.verify(token, NOW + GOOD_FOR - timedelta(seconds=1))
    assert outside.asked == [CERTS]
    login.verify(token, NOW + GOOD_FOR)
    assert outside.asked == [CERTS, CERTS]


def test_unknown_keys_are_looked_for_once_a_minute_and_asked_of_line_meanwhile(
    login: LineLogin, outside: Outside
) -> None:
    login.verify(outside.add_person(MEI), NOW)
    foreign = ECKey.generate_key("P-256", {"kid": "foreign"})
    header = {"alg": "ES256", "kid": "foreign", "jku": f"{outside.url}/evil"}
    forged = jwt.encode(header, {"sub": MEI}, foreign, algorithms=["ES256"])
    for _ in range(5):
        assert login.verify(forged, NOW + PAUSE) is TokenProblem.INVALID
    assert outside.asked == [CERTS, CERTS, *[VERIFY] * 5]


def test_line_is_asked_when_its_keys_cannot_be_had(login: LineLogin, outside: Outside) -> None:
    outside.broken.add(CERTS)
    for _ in range(2):
        assert isinstance(login.verify(outside.add_person(MEI), NOW), LineIdentity)
    # The second person does not wait for the keys again.
    assert outside.asked == [CERTS, VERIFY, VERIFY]
    outside.broken.clear()
    login.verify(outside.add_person(MEI), NOW + PAUSE)
    assert outside.asked[3:] == [CERTS]


def test_web_logins_token_is_asked_of_line(login: LineLogin, outside: Outside) -> None:
    token = outside.add_person(MEI)
    by_secret = "eyJhbGciOiJIUzI1NiJ9." + token.split(".", 1)[1]
    outside.people[by_secret] = outside.people[token]
    assert isinstance(login.verify(by_secret, NOW), LineIdentity)
    assert outside.asked == [VERIFY]


def test_keys_that_are_no_keys_are_done_without(login: LineLogin, outside: Outside) -> None:
    outside.key = ECKey.generate_key("P-384", {"kid": "line-1"})
    forged = ECKey.generate_key("P-256", {"kid": "line-1"})
    header = {"alg": "ES256", "kid": "line-1"}
    token = jwt.encode(header, {"sub": MEI}, forged, algorithms=["ES256"])
    assert login.verify(token, NOW) is TokenProblem.INVALID
    assert outside.asked == [CERTS, VERIFY]
