"""The school gates: the readers of the sample, the children with their cards, and the heartbeat."""

import logging
import threading
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime, timedelta

from sandbox.clock import Clock
from sandbox.gate.reader import Answer, Reader, Sent, Tap
from sandbox.gate.words import BUFFERED, tap_word
from sandbox.hub import Hub
from sandbox.people import Json
from sandbox.sample import Sample, SampleFile, SampleReader, SampleStudent
from sandbox.settings import Settings
from sandbox.wire.loopback import LoopbackClient
from sandbox.world import World

logger = logging.getLogger(__name__)

# What the page is sent of a very large sample; every card can be tapped all the same.
CHILDREN_SHOWN = 2000
QUEUE_PACE = timedelta(seconds=2)


class Gate:
    """All readers; uploads happen in the caller's thread, heartbeats in one of their own."""

    def __init__(self, settings: Settings, clock: Clock, world: World, hub: Hub) -> None:
        self._settings = settings
        self._every = settings.heartbeat_seconds
        self._clock = clock
        self._world = world
        self._hub = hub
        self._client = LoopbackClient()
        self._file = SampleFile(settings.sample)
        self._lock = threading.RLock()
        self._readers: dict[str, Reader] = {}
        self._sample = Sample()
        self._cards: dict[str, SampleStudent] = {}
        self._last: dict[str, Json] = {}
        self._wake = threading.Event()
        # None until the service, which may start after us, heard a first heartbeat.
        self._beaten_at: datetime | None = None
        self._morning: Json | None = None

    def start(self) -> None:
        """Begin the heartbeats; a jump of the clock brings one forward."""
        self._clock.on_move(self._hear_move)
        threading.Thread(target=self._beat_on, name="heartbeat", daemon=True).start()

    def stop(self) -> None:
        """Let the heartbeat thread see that the sandbox stops."""
        self._wake.set()

    def reset(self) -> None:
        """Make all readers new; forget the children's last taps and the morning."""
        with self._lock:
            self._last.clear()
            self._morning = None
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

    def readers(self) -> list[Reader]:
        """Return all readers."""
        self.sample()
        return list(self._readers.values())

    def reader_for(self, student: SampleStudent) -> Reader | None:
        """Return the first reader of the child's own school."""
        for reader in self.readers():
            if reader.facts.school_code == student.school_code:
                return reader
        return None

    def find_student(self, card_uid: str) -> SampleStudent | None:
        """Return the child with this card."""
        self.sample()
        return self._cards.get(card_uid)

    def tap(self, reader: Reader, card_uid: str) -> tuple[str, int]:
        """Hold a card to a reader; return the tap's status and the HTTP status (0 = not sent)."""
        (sent,) = self.report_taps(reader, [reader.tap(card_uid)])
        return sent.status, sent.http_status

    def queue(self, reader: Reader, card_uids: Iterable[str]) -> list[Sent]:
        """Report a queue that has just gone through, two seconds between two children."""
        cards = list(card_uids)
        begun = self._clock.now() - QUEUE_PACE * (len(cards) - 1)
        taps = [reader.tap(card, begun + QUEUE_PACE * place) for place, card in enumerate(cards)]
        return self.report_taps(reader, taps)

    def report_taps(self, reader: Reader, taps: list[Tap]) -> list[Sent]:
        """Send what the reader holds; return what became of these taps, one row for each."""
        settled = {one.tap: one for one in self.upload(reader) if not one.again}
        rows = [settled.get(tap) or Sent(tap, BUFFERED, 0) for tap in taps]
        for row in rows:
            if row.status == BUFFERED:
                self._remember(reader, row)
        self.publish()
        return rows

    def upload(self, reader: Reader) -> list[Sent]:
        """Send what the reader holds and remember what was taken."""
        sent = reader.upload(self._settings.app_url)
        if reader.retry_after:
            self._come_again(reader.retry_after)
        for one in sent:
            if one.status != BUFFERED:
                self._remember(reader, one)
        return sent

    def set_online(self, reader: Reader, *, is_online: bool) -> None:
        """Cut or restore the line; once restored the buffer goes out."""
        reader.is_online = is_online
        if is_online:
            self.report(reader)
        self.publish()

    def report(self, reader: Reader) -> None:
        """Send what is left and a heartbeat, as after a start or a set clock."""
        if reader.is_online:
            self.upload(reader)
            reader.beat(self._settings.app_url)

    def set_morning(self, morning: Json | None) -> None:
        """Let the phone page know how the replayed morning stands."""
        self._morning = morning
        self.publish()

    def beat_all(self) -> list[Answer]:
        """Send what is left and a heartbeat for every reader that is online and beats."""
        now = self._clock.now()
        beating = [one for one in self.readers() if one.is_online and one.beats]
        for reader in beating:
            self.upload(reader)
        answers = [reader.beat(self._settings.app_url) for reader in beating]
        if self._beaten_at or any(one.http_status == 200 for one in answers):
            self._beaten_at = now
        self.publish()
        return answers

    def publish(self) -> None:
        """Tell open phone pages how the gate looks now."""
        self._hub.publish(lambda: {"type": "gate", "gate": self.picture()})

    def picture(self) -> Json:
        """Return the gate as the phone page draws it."""
        sample = self.sample()
        with self._lock:
            return {
                "readers": [reader.picture() for reader in self._readers.values()],
                "children": [self._child(one) for one in sample.students[:CHILDREN_SHOWN]],
                "staff": [asdict(one) for one in sample.staff],
                "morning": self._morning,
            }

    def _child(self, student: SampleStudent) -> Json:
        return {**asdict(student), "last": self._last.get(student.card_uid)}

    def _take_over(self, sample: Sample) -> None:
        self._sample = sample
        self._cards = {student.card_uid: student for student in sample.students}
        self._readers = {facts.reader_id: self._reader(facts) for facts in sample.readers}

    def _reader(self, facts: SampleReader) -> Reader:
        reader = self._readers.get(facts.reader_id) or Reader(facts, self._clock, self._client)
        reader.facts = facts
        return reader

    def _remember(self, reader: Reader, sent: Sent) -> None:
        """Keep the child's newest tap and tell the log."""
        tap = sent.tap
        at = tap.made_at.isoformat(timespec="milliseconds")
        with self._lock:
            known = self._last.get(tap.card_uid)
            if not sent.again and (known is None or known["at"] <= at):
                self._last[tap.card_uid] = {"at": at, "status": sent.status}
        student = self._cards.get(tap.card_uid)
        where = f"{reader.facts.school_name}{reader.facts.gate}"
        deed = "重送" if sent.again else "刷卡"
        what = f"{student.name if student else tap.card_uid} {deed} #{tap.seq}"
        word = tap_word(sent.status)
        answer = f"{sent.http_status}・{word}" if sent.http_status else word
        self._world.note(where, what, "none", answer, "tap")

    def _hear_move(self, moment: datetime) -> None:
        # A replayed morning moves the clock many times a second; readers report every 30 seconds.
        beaten = self._beaten_at
        if beaten is None or abs((moment - beaten).total_seconds()) >= self._every:
            self._wake.set()

    def _come_again(self, seconds: float) -> None:
        timer = threading.Timer(seconds, self._wake.set)
        timer.daemon = True
        timer.start()

    def _beat_on(self) -> None:
        while not self._hub.stopping.is_set():
            try:
                self.beat_all()
            except Exception:
                logger.exception("heartbeat failed")
            self._wake.wait(timeout=self._every)
            self._wake.clear()
