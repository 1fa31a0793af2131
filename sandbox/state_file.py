"""Keeps what the sandbox remembers over a restart, in one JSON file, when it is asked to."""

import contextlib
import json
import logging
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

SAVE_SECONDS = 2.0
TRIES = 20
VERSION = 1
logger = logging.getLogger(__name__)


class Part(Protocol):
    """Something with a memory; what it dumps is JSON."""

    def dump(self) -> Any:
        """Return everything."""

    def load(self, data: Any) -> None:
        """Take over what dump returned."""


class StateFile:
    """Saves every two seconds, when something has changed, and at the end."""

    def __init__(
        self, path: Path, parts: Mapping[str, Part], lock: contextlib.AbstractContextManager[Any]
    ) -> None:
        self._path = path
        self._parts = parts
        self._lock = lock
        self._saved = ""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="state-file", daemon=True)

    def load(self) -> None:
        """Take over what the file holds, if there is one. Raises ValueError on another's file."""
        if not self._path.exists():
            return
        data = json.loads(self._path.read_text(encoding="utf-8"))
        if not isinstance(data, dict) or data.get("version") != VERSION:
            raise ValueError(f"{self._path} is no state file of this sandbox")
        with self._lock:
            for name, part in self._parts.items():
                if name in data:
                    part.load(data[name])

    def start(self) -> None:
        """Begin to save."""
        self._thread.start()

    def stop(self) -> None:
        """Save for the last time."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        self.save()

    def save(self) -> None:
        """Write the file, if anything has changed; a crash leaves the old one or the new one."""
        text = self._snapshot()
        if text == self._saved:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        beside = self._path.with_suffix(".new")
        with beside.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._path)
        self._saved = text

    def _snapshot(self) -> str:
        for _ in range(TRIES):
            # Menus, tokens and the like have no lock: one may change its size meanwhile.
            with contextlib.suppress(RuntimeError):
                return self._read_parts()
        return self._read_parts()

    def _read_parts(self) -> str:
        with self._lock:
            data = {name: part.dump() for name, part in self._parts.items()}
            return json.dumps({"version": VERSION, **data}, ensure_ascii=False)

    def _run(self) -> None:
        while not self._stop.wait(SAVE_SECONDS):
            try:
                self.save()
            except (OSError, RuntimeError) as error:
                logger.warning("state file not written: %s", error)
