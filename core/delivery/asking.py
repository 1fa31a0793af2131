"""One request and its answer within so many seconds altogether; for a thread, not an event loop.

What limits only each read, as requests and urllib3 do, waits for ever for an answer that comes byte
by byte.
"""

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

import pycurl

from core.delivery.posting import TIMEOUT, Limits, PostFailed, Reply, headers_of, options_for


def ask(
    url: str,
    limits: Limits,
    *,
    headers: Sequence[str] = (),
    form: Mapping[str, str] | None = None,
) -> Reply:
    """Get it, or post the form there, and return the answer, whatever its status.

    Raises PostFailed, also where the answer is longer than allowed.
    """
    curl, lines, parts = pycurl.Curl(), list[bytes](), list[bytes]()
    try:
        for option, setting in options_for(url, limits).items():
            curl.setopt(option, setting)
        if form is None:
            curl.setopt(pycurl.HTTPGET, 1)
        else:
            curl.setopt(pycurl.POSTFIELDS, urlencode(form))
        curl.setopt(pycurl.HTTPHEADER, list(headers))
        curl.setopt(pycurl.HEADERFUNCTION, lines.append)
        curl.setopt(pycurl.WRITEFUNCTION, lambda part: _take(parts, part, limits.most_bytes))
        curl.perform()
        return Reply(curl.getinfo(pycurl.RESPONSE_CODE), headers_of(lines), b"".join(parts))
    except pycurl.error as error:
        is_late = error.args[0] == pycurl.E_OPERATION_TIMEDOUT
        reason = TIMEOUT if is_late else f"curl_{error.args[0]}"
        raise PostFailed(reason, was_sent=curl.getinfo(pycurl.REQUEST_SIZE) > 0) from None
    finally:
        curl.close()


def _take(parts: list[bytes], part: bytes, most: int) -> int | None:
    parts.append(part)
    # Less than was given: libcurl ends the request.
    return 0 if sum(map(len, parts)) > most else None
