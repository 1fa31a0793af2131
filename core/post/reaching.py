"""Requests by HTTP: straight to whom they are for, whether they got there, what was answered."""

import requests
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError

# Answers to us are a few lines; more of one is not read.
MOST_BYTES = 65_536
CHUNK_BYTES = 8_192


def direct_session() -> requests.Session:
    """Return a session in which the machine's environment has no say.

    A proxy of HTTPS_PROXY would see what we send, and a netrc replaces our own Authorization.
    """
    session = requests.Session()
    session.trust_env = False
    return session


def never_connected(error: requests.ConnectionError) -> bool:
    """Tell whether not a byte has left."""
    if isinstance(error, requests.ConnectTimeout):
        return True
    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else cause
    return isinstance(reason, NewConnectionError | ConnectTimeoutError)


def body_of(answer: requests.Response) -> bytes:
    """Return what a streamed answer says, as far as it is read.

    Raises RequestException where it breaks off, stalls or can't be unpacked; read by `raw` it would
    be urllib3's own errors.
    """
    body = b""
    for chunk in answer.iter_content(CHUNK_BYTES):
        body += chunk
        if len(body) >= MOST_BYTES:
            break
    return body[:MOST_BYTES]
