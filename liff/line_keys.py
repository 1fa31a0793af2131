"""LINE's public keys for ID tokens, kept in this process for an hour."""

import logging
import threading
from datetime import datetime, timedelta
from typing import Any

import requests
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from core.post.reaching import direct_session

logger = logging.getLogger(__name__)
# Seconds to connect and to wait; LINE's own check of a token is the way round.
TIMEOUT = (2, 3)
GOOD_FOR = timedelta(hours=1)
# A key we do not know, or a LINE that did not answer, is asked about no more often than this.
PAUSE = timedelta(minutes=1)


class LineKeys:
    """The keys by their id. Where they come from is fixed: no token has a say in it."""

    def __init__(self, api: str) -> None:
        self._url = f"{api}/oauth2/v2.1/certs"
        self._lock = threading.Lock()
        self._keys: dict[str, ECKey] = {}
        self._fetched_at: datetime | None = None
        self._tried_at: datetime | None = None

    def find(self, key_id: str, now: datetime) -> ECKey | None:
        """Return the key of this id; None when there is none or LINE's keys can't be had."""
        if not self._is_good(now) or key_id not in self._keys:
            self._fetch(now)
        return self._keys.get(key_id) if self._is_good(now) else None

    def _is_good(self, now: datetime) -> bool:
        return _is_within(self._fetched_at, now, GOOD_FOR)

    def _fetch(self, now: datetime) -> None:
        # One asks; the others go on with what is there instead of waiting in a line.
        if not self._lock.acquire(blocking=False):
            return
        try:
            if _is_within(self._tried_at, now, PAUSE):
                return
            self._tried_at = now
            self._keys, self._fetched_at = _parse(_ask(self._url)), now
        except (requests.RequestException, ValueError) as error:
            logger.warning("no keys from LINE", extra={"error_type": type(error).__name__})
        finally:
            self._lock.release()


def _is_within(moment: datetime | None, now: datetime, span: timedelta) -> bool:
    # A clock that was set back makes neither old keys good nor the pause endless.
    return moment is not None and timedelta() <= now - moment < span


def _ask(url: str) -> Any:
    with direct_session() as session:
        answer = session.get(url, timeout=TIMEOUT, allow_redirects=False)
    if answer.status_code != 200:
        raise ValueError("no keys")
    return answer.json()


def _parse(body: Any) -> dict[str, ECKey]:
    listed = body.get("keys") if isinstance(body, dict) else None
    if not isinstance(listed, list):
        raise ValueError("no list of keys")
    keys = (_parse_one(one) for one in listed)
    return {str(key.kid): key for key in keys if key is not None}


def _parse_one(one: Any) -> ECKey | None:
    if not isinstance(one, dict) or one.get("crv") != "P-256" or not one.get("kid"):
        return None
    try:
        return ECKey.import_key(one)
    except (JoseError, ValueError, KeyError, TypeError):
        return None
