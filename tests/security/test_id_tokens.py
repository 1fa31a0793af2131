"""Forged and odd ID tokens: refused by LINE's keys here, and by LINE itself, in the same words."""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey
from werkzeug.serving import make_server

from core.clock import TAIPEI
from core.settings import load_settings
from liff.line_keys import PAUSE
from liff.line_login import LineIdentity, LineLogin, TokenProblem
from sandbox.application import create_app
from sandbox.settings import read_settings
from tests.factories import MEI

CHANNEL = "1660000001"
ISSUER = "https://access.line.me"
NOW = datetime(2026, 11, 23, 7, 20, tzinfo=TAIPEI)
OTHER_KEY = ECKey.generate_key("P-256", {"kid": "other"})
EXPIRED, INVALID = TokenProblem.EXPIRED, TokenProblem.INVALID


class Line:
    """The sandbox as LINE, over a socket, with its signing key in hand."""

    def __init__(self, app: Any, url: str) -> None:
        state = app.extensions["sandbox"]
        self.url, self.logins, self.clock = url, state.logins, state.clock
        self.clock.move(NOW)
        settings = load_settings(
            _env_file=None, line_api_base=url, line_login_channel_id=CHANNEL, clock_now=None
        )
        self.login = LineLogin(settings)

    @property
    def key(self) -> ECKey:
        """Return the key LINE signs with."""
        return self.logins._keys[-1]

    def claims(self, **changes: object) -> dict[str, Any]:
        """Return the claims of a good token, some changed; None leaves one out."""
        at = int(NOW.timestamp())
        facts = {"iss": ISSUER, "sub": MEI, "aud": CHANNEL, "iat": at, "exp": at + 3600}
        return {name: value for name, value in (facts | changes).items() if value is not None}

    def sign(self, header: dict[str, Any] | None = None, **changes: object) -> str:
        """Return a token of LINE's own key."""
        head = {"alg": "ES256", "kid": self.key.kid, **(header or {})}
        return jwt.encode(head, self.claims(**changes), self.key, algorithms=["ES256"])


@pytest.fixture(scope="module")
def line() -> Iterator[Line]:
    app = create_app(read_settings(["--line-login-channel-id", CHANNEL], {}))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.005})
    thread.start()
    yield Line(app, f"http://127.0.0.1:{server.server_port}")
    server.shutdown()
    thread.join()
    server.server_close()


def b64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def by_hand(header: dict[str, Any], claims: dict[str, Any], signature: bytes = b"") -> str:
    parts = (b64(json.dumps(part).encode()) for part in (header, claims))
    return ".".join((*parts, b64(signature)))


def hs256(line: Line, secret: bytes) -> str:
    head = by_hand({"alg": "HS256", "kid": line.key.kid}, line.claims()).rpartition(".")[0]
    return f"{head}.{b64(hmac.digest(secret, head.encode(), hashlib.sha256))}"


def foreign(line: Line, **header: object) -> str:
    head = {"alg": "ES256", "kid": line.key.kid, **header}
    public = OTHER_KEY.as_dict(private=False)
    head = {name: public if value == "its own" else value for name, value in head.items()}
    return by_hand(head, line.claims()).rpartition(".")[0] + "." + _signature(head, line.claims())


def _signature(head: dict[str, Any], claims: dict[str, Any]) -> str:
    plain = {"alg": "ES256"}
    return jwt.encode(plain, claims, OTHER_KEY, algorithms=["ES256"]).rpartition(".")[2]


def changed_payload(line: Line) -> str:
    head, _, signature = line.sign().split(".")
    return f"{head}.{b64(json.dumps(line.claims(sub='U' + 'b' * 32)).encode())}.{signature}"


At = int(NOW.timestamp())
Make = Callable[[Line], str]
FORGED: dict[str, tuple[Make, TokenProblem]] = {
    "empty": (lambda line: "", INVALID),
    "a word": (lambda line: "token", INVALID),
    "two dots": (lambda line: "..", INVALID),
    "not base64": (lambda line: "§§.§§.§§", INVALID),
    "an access token instead": (lambda line: line.logins.make_access_token(MEI), INVALID),
    "alg none": (lambda line: by_hand({"alg": "none"}, line.claims()), INVALID),
    "alg NONE with a signature": (lambda line: foreign(line, alg="NONE"), INVALID),
    "no alg": (lambda line: by_hand({"typ": "JWT"}, line.claims(), b"x"), INVALID),
    "alg as a list": (lambda line: by_hand({"alg": ["ES256"]}, line.claims(), b"x"), INVALID),
    "HS256 with the public key": (
        lambda line: hs256(line, json.dumps(line.key.as_dict(private=False)).encode()),
        INVALID,
    ),
    "HS256 with the public key as PEM": (
        lambda line: hs256(line, line.key.as_pem(private=False)),
        INVALID,
    ),
    "HS256 with an empty secret": (lambda line: hs256(line, b""), INVALID),
    "ES384": (lambda line: foreign(line, alg="ES384"), INVALID),
    "RS256": (lambda line: foreign(line, alg="RS256"), INVALID),
    "another key under LINE's id": (lambda line: foreign(line), INVALID),
    "another key under its own id": (lambda line: foreign(line, kid="other"), INVALID),
    "its key brought along": (lambda line: foreign(line, jwk="its own"), INVALID),
    "its key brought along under its id": (
        lambda line: foreign(line, kid="other", jwk="its own"),
        INVALID,
    ),
    "its key to be fetched": (
        lambda line: foreign(line, kid="other", jku="http://127.0.0.1:9/keys"),
        INVALID,
    ),
    "its certificate to be fetched": (
        lambda line: foreign(line, kid="other", x5u="http://127.0.0.1:9/cert"),
        INVALID,
    ),
    "an extension we must know": (lambda line: foreign(line, crit=["b64"], b64=False), INVALID),
    "a file name as key id": (lambda line: foreign(line, kid="../../etc/passwd"), INVALID),
    "another person's claims": (changed_payload, INVALID),
    "cut by a sign": (lambda line: line.sign()[:-2], INVALID),
    "cut in the middle": (lambda line: line.sign()[:90], INVALID),
    "no signature": (lambda line: line.sign().rpartition(".")[0] + ".", INVALID),
    "a fourth part": (lambda line: line.sign() + ".e30", INVALID),
    "other issuer": (lambda line: line.sign(iss="https://evil.example"), INVALID),
    "issuer with a slash": (lambda line: line.sign(iss=ISSUER + "/"), INVALID),
    "other channel": (lambda line: line.sign(aud="1650009999"), INVALID),
    "several channels": (lambda line: line.sign(aud=[CHANNEL, "1650009999"]), INVALID),
    "no channel": (lambda line: line.sign(aud=None), INVALID),
    "nobody": (lambda line: line.sign(sub=None), INVALID),
    "no LINE user": (lambda line: line.sign(sub="C" + "a" * 32), INVALID),
    "a user as a list": (lambda line: line.sign(sub=[MEI]), INVALID),
    "expired": (lambda line: line.sign(exp=At - 1, iat=At - 3601), EXPIRED),
    "expired this second": (lambda line: line.sign(exp=At), EXPIRED),
    "expired and of another channel": (lambda line: line.sign(exp=At - 1, aud="1"), EXPIRED),
    "expired and of another issuer": (lambda line: line.sign(exp=At - 1, iss="x"), INVALID),
    "without an end": (lambda line: line.sign(exp=None), INVALID),
    "an end in words": (lambda line: line.sign(exp="2099-01-01"), INVALID),
    "an end that is true": (lambda line: line.sign(exp=True), INVALID),
    "issued in two minutes": (lambda line: line.sign(iat=At + 120), INVALID),
    "never issued": (lambda line: line.sign(iat=None), INVALID),
    "issued at no number": (lambda line: line.sign(iat="now"), INVALID),
    "good only tomorrow": (lambda line: line.sign(nbf=At + 86400), INVALID),
}


@pytest.mark.parametrize("name", FORGED)
def test_forged_token_is_refused_here_and_at_line_in_the_same_words(line: Line, name: str) -> None:
    make, verdict = FORGED[name]
    token = make(line)
    assert line.login.verify(token, NOW) is verdict
    assert line.login.verify_at_line(token, NOW) is verdict


def test_good_token_names_the_same_person_by_both_ways(line: Line) -> None:
    token = line.sign(name="雅婷", iat=At - 5)
    here, there = line.login.verify(token, NOW), line.login.verify_at_line(token, NOW)
    assert isinstance(here, LineIdentity)
    assert here == there
    assert (here.user_id, here.name) == (MEI, "雅婷")
    assert here.issued_at == NOW - timedelta(seconds=5)


def test_clock_of_line_may_be_a_minute_ahead(line: Line) -> None:
    token = line.sign(iat=At + 60)
    assert isinstance(line.login.verify(token, NOW), LineIdentity)
    assert isinstance(line.login.verify_at_line(token, NOW), LineIdentity)


def test_new_key_of_line_is_fetched_and_the_old_one_stays_good(line: Line) -> None:
    old = line.sign()
    line.login.verify(old, NOW)
    line.logins.rotate()
    later = NOW + PAUSE
    assert isinstance(line.login.verify(line.sign(), later), LineIdentity)
    assert isinstance(line.login.verify(old, later), LineIdentity)


@given(st.data())
def test_no_cut_or_changed_token_gets_through_or_breaks_anything(
    line: Line, data: st.DataObject
) -> None:
    token = line.sign()
    place = data.draw(st.integers(0, len(token) - 3))
    sign = data.draw(st.sampled_from("AZaz09-_.=%\x00é家"))
    changed = token[:place] + sign + token[place + 1 :]
    if changed != token:
        key = line.key
        line.login._keys._keys, line.login._keys._fetched_at = {str(key.kid): key}, NOW
        assert not isinstance(line.login.verify(changed, NOW), LineIdentity)
