"""Whether a request by HTTP reached anybody: what never left may go again."""

import requests
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError


def never_connected(error: requests.ConnectionError) -> bool:
    """Tell whether not a byte has left."""
    if isinstance(error, requests.ConnectTimeout):
        return True
    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else cause
    return isinstance(reason, NewConnectionError | ConnectTimeoutError)
