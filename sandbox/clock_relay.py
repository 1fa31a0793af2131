"""Passes clock jumps on: to the app, when it was given an address, and to open phone pages."""

import json
from datetime import datetime

from urllib3.exceptions import HTTPError

from sandbox.hub import Hub
from sandbox.settings import Settings
from sandbox.wire.loopback import LoopbackClient
from sandbox.world import World

PATIENCE_SECONDS = 5.0


class ClockRelay:
    """Hears every jump of the sandbox's clock."""

    def __init__(self, settings: Settings, world: World, hub: Hub) -> None:
        self._url = settings.clock_url
        self._world = world
        self._hub = hub
        self._client = LoopbackClient()

    def pass_on(self, moment: datetime) -> None:
        """Tell the app and the phone pages; a deaf app is noted in the log."""
        if self._url:
            self._tell_app(moment)
        now = moment.isoformat(timespec="seconds")
        self._hub.publish(lambda: {"type": "clock", "now": now})

    def _tell_app(self, moment: datetime) -> None:
        body = json.dumps({"now": moment.isoformat()}).encode()
        headers = {"Content-Type": "application/json"}
        try:
            answer: object = self._client.post(
                self._url, body, headers, timeout_seconds=PATIENCE_SECONDS
            )[0]
        except HTTPError:
            answer = "連不上服務"
        if answer not in (200, 204):
            self._world.note("時鐘", "沒有傳到服務", "none", str(answer), "system")
