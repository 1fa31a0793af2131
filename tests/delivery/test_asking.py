"""One question, one answer, and an end to both however slowly it comes."""

import socket
import threading

import pytest

import core.delivery.line_numbers
from core.delivery.asking import ask
from core.delivery.granting import TokenUnreachable, grant_token
from core.delivery.line_quota import is_quota_gone
from core.delivery.posting import Limits, PostFailed
from core.settings import load_settings
from tests.delivery.dribbling import HEAD, dribbling

HASTY = Limits(connections=1, connect_seconds=0.5, total_seconds=0.5, most_bytes=100)


@pytest.mark.parametrize("form", [None, {"a": "b"}])
def test_answer_that_comes_byte_by_byte_is_given_up(form: dict[str, str] | None) -> None:
    with dribbling() as origin, pytest.raises(PostFailed, match="timeout") as failed:
        ask(origin, HASTY, form=form)
    assert failed.value.was_sent


def test_token_that_comes_byte_by_byte_is_given_up() -> None:
    with dribbling() as origin, pytest.raises(TokenUnreachable, match="timeout"):
        grant_token(origin, "2000000001", "secret", (0.5, 0.5))


def test_quota_that_comes_byte_by_byte_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core.delivery.line_numbers, "LIMITS", HASTY)
    with dribbling() as origin:
        settings = load_settings(_env_file=None, line_api_base=origin)
        assert is_quota_gone(settings, "the-token") is None


def test_answer_longer_than_allowed_is_none() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with server.accept()[0] as visitor:
                visitor.recv(65_536)
                visitor.sendall(HEAD + b"x" * 1000)

        threading.Thread(target=serve, daemon=True).start()
        with pytest.raises(PostFailed):
            ask(f"http://127.0.0.1:{server.getsockname()[1]}", HASTY)
