"""What a person can send besides text, as LINE writes it, and samples for who has none at hand."""

import csv
import io
import wave
from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image, ImageDraw

from sandbox.people import Json
from sandbox.sample import Sample, SampleStudent

# As docs/roster.md names them.
ROSTER_COLUMNS: dict[str, Callable[[SampleStudent], str]] = {
    "學校代碼": lambda one: one.school_code,
    # The sample's student numbers begin with the year of entry, its homerooms with the grade.
    "入學學年度": lambda one: one.student_number[:3],
    "學號": lambda one: one.student_number,
    "姓名": lambda one: one.name,
    "年級": lambda one: one.homeroom[: 1 if one.level in ("國小", "國中") else 2],
    "班級": lambda one: one.homeroom,
    "座號": lambda one: one.seat_number,
    "身分證字號": lambda one: one.national_id,
    "出生年月日": lambda one: one.birth_date,
    "卡片內碼": lambda one: one.card_uid,
}
VOICE_SECONDS = 3
VOICE_RATE = 8000
VIDEO_MILLISECONDS = 5000
_LINE_PROVIDED: Json = {"contentProvider": {"type": "line"}}


@dataclass(frozen=True, slots=True)
class Attachment:
    """What a person sends: a file, an image, a video or an audio."""

    kind: str
    name: str
    media_type: str
    data: bytes


def message_of(attachment: Attachment) -> Json:
    """Return the message object of an attachment, without its id and tokens."""
    size = len(attachment.data)
    shapes: dict[str, Callable[[], Json]] = {
        "file": lambda: {"fileName": attachment.name, "fileSize": size},
        "image": lambda: _LINE_PROVIDED,
        "video": lambda: {"duration": VIDEO_MILLISECONDS, **_LINE_PROVIDED},
        "audio": lambda: {"duration": _milliseconds(attachment.data), **_LINE_PROVIDED},
    }
    return {"type": attachment.kind, **shapes[attachment.kind]()}


def sample_photo() -> Attachment:
    """Return a drawn picture of a school gate."""
    image = Image.new("RGB", (480, 360), "#bcd3dc")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 270, 480, 360), fill="#d9cfb8")
    draw.rounded_rectangle((120, 70, 360, 270), 110, fill="#1e4d5c")
    draw.rounded_rectangle((165, 130, 315, 275), 75, fill="#f8f4ec")
    draw.ellipse((205, 190, 275, 260), fill="#f0925a")
    data = io.BytesIO()
    image.save(data, "PNG")
    return Attachment("image", "校門.png", "image/png", data.getvalue())


def sample_voice() -> Attachment:
    """Return three seconds of silence."""
    data = io.BytesIO()
    with wave.open(data, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(1)
        sound.setframerate(VOICE_RATE)
        sound.writeframes(b"\x80" * VOICE_RATE * VOICE_SECONDS)
    return Attachment("audio", "語音.wav", "audio/wav", data.getvalue())


def sample_roster(sample: Sample, school_code: str) -> Attachment:
    """Return a school's students as a roster file (CSV, UTF-8 with BOM)."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(ROSTER_COLUMNS)
    for student in sample.students:
        if student.school_code == school_code:
            writer.writerow([read(student) for read in ROSTER_COLUMNS.values()])
    data = text.getvalue().encode("utf-8-sig")
    return Attachment("file", f"名冊-{school_code}.csv", "text/csv", data)


def _milliseconds(data: bytes) -> int:
    """Return how long a voice is; only WAV tells us, others count as three seconds."""
    try:
        with wave.open(io.BytesIO(data)) as sound:
            return int(1000 * sound.getnframes() / sound.getframerate())
    except (wave.Error, EOFError, ZeroDivisionError):
        return 1000 * VOICE_SECONDS
