"""The school gates: the readers of the sample, the children with their cards, and the heartbeat."""

import logging
import threading
from dataclasses import asdict
from datetime import timedelta

from sandbox.clock import Clock
from sandbox.hub import Hub
from sandbox.loopback import LoopbackClient
from sandbox.people import Json
from sandbox.reader import BUFFERED, Answer, Reader
from sandbox.sample import Sample, SampleFile, SampleStudent
from sandbox.settings import Settings
from sandbox.world import World

logger = logging.getLogger(__name__)

WORDS = {
    "recorded": "已記錄",
    "duplicate": "重複刷卡",
    "unknown_card": "卡片未登錄",
    "quarantined": "待學校確認",
    BUFFERED: "暫存在刷卡機",
}


class Gate:
    """All readers; uploads happen in the caller's thread, heartbeats in one of their own."""

    def __init__(self, settings: Settings, clock: Clock, world: World, hub: Hub) -> None:
        self._settings = settings
        self._clock = clock
        self._world = world
        self._hub = hub
        self._client = LoopbackClient()
        self._file = SampleFile(settings.sample)
        self._lock = threading.RLock()
        self._readers: dict[str, Reader] = {}
        self._sample = Sample()
        self._last: dict[str, Json] = {}
        self._wake = threading.Event()
        self._is_morning = False

    def start(self) -> None:
        """Begin the heartbeats; a jump of the clock brings one forward."""
        self._clock.on_move(lambda _: self._wake.set())
        threading.Thread(target=self._beat_on, name="heartbeat", daemon=True).start()

    def stop(self) -> None:
        """Let the heartbeat thread see that the sandbox stops."""
        self._wake.set()

    def reset(self) -> None:
        """Restart all readers and forget the children's last taps."""
        with self._lock:
            self._last.clear()
            for reader in self._readers.values():
                reader.reset()

    def sample(self) -> Sample:
        """Return the sample as the file has it now."""
        with self._lock:
            sample, is_new = self._file.read()
            if is_new:
                self._take_over(sample)
            return self._sample

    def find_reader(self, reader_id: str) -> Reader | None:
        """Return the reader with this id."""
        self.sample()
        return self._readers.get(reader_id)

    def reader_for(self, student: SampleStudent) -> Reader | None:
        """Return the first reader of the child's own school."""
        self.sample()
        for reader in self._readers.values():
            if reader.facts.school_code == student.school_code:
                return reader
        return None

    def find_student(self, card_uid: str) -> SampleStudent | None:
        """Return the child with this card."""
        students = self.sample().students
        return next((student for student in students if student.card_uid == card_uid), None)

    def tap(self, reader: Reader, card_uid: str) -> tuple[str, int]:
        """Hold a card to a reader; return the tap's status and the HTTP status (0 = not sent)."""
        tap = reader.tap(card_uid)
        outcome = (BUFFERED, 0)
        for sent, status, http_status in self.upload(reader):
            if sent is tap:
                outcome = (status, http_status)
        if outcome[0] == BUFFERED:
            self._remember(reader, tap, *outcome)
        self.publish()
        return outcome

    def upload(self, reader: Reader) -> list[tuple[Json, str, int]]:
        """Send what the reader holds and remember how it went."""
        outcomes = reader.upload(self._settings.app_url)
        for tap, status, http_status in outcomes:
            if status != BUFFERED:
                self._remember(reader, tap, status, http_status)
        return outcomes

    def set_online(self, reader: Reader, *, is_online: bool) -> None:
        """Cut or restore the line; once restored the buffer goes out."""
        reader.is_online = is_online
        if is_online:
            self.upload(reader)
            reader.beat(self._settings.app_url)
        self.publish()

    def set_skew(self, reader: Reader, seconds: int) -> None:
        """Make the reader's clock wrong by so many seconds."""
        reader.skew = timedelta(seconds=seconds)
        self.publish()

    def set_morning(self, *, is_running: bool) -> None:
        """Let the phone page know whether a morning is being replayed."""
        self._is_morning = is_running
        self.publish()

    def beat_all(self) -> list[Answer]:
        """Send what is left and a heartbeat for every reader that is online."""
        self.sample()
        online = [reader for reader in list(self._readers.values()) if reader.is_online]
        for reader in online:
            if self.upload(reader):
                self.publish()
        return [reader.beat(self._settings.app_url) for reader in online]

    def publish(self) -> None:
        """Tell open phone pages how the gate looks now."""
        self._hub.publish(lambda: {"type": "gate", "gate": self.picture()})

    def picture(self) -> Json:
        """Return the gate as the phone page draws it."""
        sample = self.sample()
        with self._lock:
            return {
                "readers": [reader.picture() for reader in self._readers.values()],
                "children": [self._child(student) for student in sample.students],
                "staff": [asdict(one) for one in sample.staff],
                "morning_running": self._is_morning,
            }

    def _child(self, student: SampleStudent) -> Json:
        return {**asdict(student), "last": self._last.get(student.card_uid)}

    def _take_over(self, sample: Sample) -> None:
        self._sample = sample
        known = self._readers
        self._readers = {}
        for facts in sample.readers:
            reader = known.get(facts.reader_id) or Reader(facts, self._clock, self._client)
            reader.facts = facts
            self._readers[facts.reader_id] = reader

    def _remember(self, reader: Reader, tap: Json, status: str, http_status: int) -> None:
        card_uid = str(tap["card_uid"])
        with self._lock:
            self._last[card_uid] = {"at": tap["tapped_at"], "status": status}
        student = self.find_student(card_uid)
        where = f"{reader.facts.school_name}{reader.facts.gate}"
        what = f"{student.name if student else card_uid} 刷卡 #{tap['seq']}"
        word = WORDS.get(status, status)
        answer = f"{http_status}・{word}" if http_status else word
        self._world.note(where, what, "none", answer, "tap")

    def _beat_on(self) -> None:
        while not self._hub.stopping.is_set():
            try:
                self.beat_all()
            except Exception:
                logger.exception("heartbeat failed")
            self._wake.wait(timeout=self._settings.heartbeat_seconds)
            self._wake.clear()
