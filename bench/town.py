"""An invented town for benches: schools full of children with cards, guardians bound to some.

Every id follows from a number, so that a bench knows whom it taps without reading the database.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import blake2b
from typing import Any
from uuid import UUID

from bench.bulk import Loader, loading, moment
from core.attendance.tables import AttendanceDay
from core.clock import TAIPEI
from core.crypto import Vault
from core.gate.tables import Reader, ReaderDay, Tap
from core.kinds import Channel, EventKind
from core.people.tables import (
    AccountLink,
    Binding,
    Card,
    Guardian,
    LineFriend,
    School,
    Student,
    Subscription,
)
from liff.privacy import CONSENT

SECRET = "whsec_QUJDREVGR0hJSktMTU5PUFFSU1RVVldY"  # noqa: S105
LONG_AGO = moment(datetime(2026, 9, 1, 8, 0, tzinfo=TAIPEI))
GATES = ("正門", "側門", "後門")
SURNAMES = "陳林黃張李王吳劉蔡楊許鄭謝郭洪邱曾廖賴徐"
GIVEN = "晴禾恩睿妍翔宇涵安庭軒彤凱穎皓霖蓁岑淳昀"


@dataclass(frozen=True, slots=True)
class Town:
    """So many schools of so many children; each `bound_every`th child has a guardian.

    A school's children tap at its readers in turn, each always at the same one.
    """

    schools: int
    children: int
    bound_every: int
    readers: int = 1

    def school_code(self, school: int) -> str:
        """Return the code of a school, counted from 0."""
        return f"{300_000 + school}"

    def reader_id(self, school: int, reader: int = 0) -> UUID:
        """Return the id of one of the school's readers, counted from 0."""
        return UUID(made_id("reader", school * self.readers + reader))

    def card_uid(self, school: int, child: int) -> str:
        """Return the chip of a child, counted from 0 within its school."""
        return f"04{school * self.children + child:012X}"

    def number_of(self, card_uid: str) -> int:
        """Return the number of the child whose chip this is."""
        return int(card_uid[2:], 16)

    def numbers(self) -> range:
        """Return a number for each child of the town."""
        return range(self.schools * self.children)

    def bound(self) -> range:
        """Return the numbers of the children with a guardian."""
        return range(0, self.schools * self.children, self.bound_every)


def made_id(what: str, number: int) -> str:
    """Return the 32 hex digits that stand for the `number`th of something."""
    return blake2b(f"{what}{number}".encode(), digest_size=16).hexdigest()


def build_town(url: str, vault: Vault, town: Town) -> None:
    """Fill a migrated database with the town; nobody has tapped yet."""
    with loading(url) as loader:
        _load_schools(loader, vault, town)
        _load_children(loader, vault, town)
        _load_guardians(loader, vault, town)


def build_morning(
    url: str, town: Town, day: date, came: Callable[[int], bool], *, boot: str = "bench"
) -> None:
    """Add the day's taps and day rows of the children for whom `came` holds.

    They tapped one after another from 07:00; nothing is missing from the readers' numbers, which
    each `boot` begins anew.
    """
    start = datetime.combine(day, datetime.min.time(), TAIPEI) + timedelta(hours=7)
    times = [moment(start + timedelta(seconds=second)) for second in range(3600)]
    with loading(url) as loader:
        present = [number for number in town.numbers() if came(number)]
        loader.load(Tap, TAP_COLUMNS, (_tap(town, one, day, times, boot) for one in present))
        loader.load(
            AttendanceDay,
            ("student_id", "school_day", "arrived_at", "arrival_received_at", "arrivals"),
            (_day(one, day, times[one % 3600]) for one in present),
        )
        loader.load(ReaderDay, READER_DAY_COLUMNS, _reader_days(town, present, day, times[0], boot))


READER_DAY_COLUMNS = (
    "reader_id", "boot_id", "day", "after_seq", "last_seq", "taps", "first_heard_at",
)  # fmt: skip
TAP_COLUMNS = (
    "id", "reader_id", "boot_id", "seq", "card_uid", "student_id", "direction", "tap_at",
    "received_at", "effective_at", "school_day", "verdict",
)  # fmt: skip


def _tap(town: Town, number: int, day: date, times: list[str], boot: str) -> tuple[Any, ...]:
    school, child = divmod(number, town.children)
    reader, seq = _reader_and_seq(town, number)
    at = times[number % 3600]
    return (
        made_id(f"tap/{boot}/", number), made_id("reader", reader), boot, seq,
        town.card_uid(school, child), made_id("student", number), "both", at, at, at,
        day.isoformat(), "accepted",
    )  # fmt: skip


def _reader_and_seq(town: Town, number: int) -> tuple[int, int]:
    school, child = divmod(number, town.children)
    turn, place = divmod(child, town.readers)
    return school * town.readers + place, turn + 1


def _day(number: int, day: date, at: str) -> tuple[Any, ...]:
    return made_id("student", number), day.isoformat(), at, at, 1


def _reader_days(
    town: Town, present: Iterable[int], day: date, first: str, boot: str
) -> Iterator[tuple[Any, ...]]:
    taps: dict[int, list[int]] = {}
    for number in present:
        reader, seq = _reader_and_seq(town, number)
        taps.setdefault(reader, []).append(seq)
    for reader, seqs in taps.items():
        after, last = seqs[-1] - len(seqs), seqs[-1]
        yield made_id("reader", reader), boot, day.isoformat(), after, last, len(seqs), first


def _load_schools(loader: Loader, vault: Vault, town: Town) -> None:
    codes = [town.school_code(school) for school in range(town.schools)]
    loader.load(
        School,
        (
            "code", "name", "short_name", "district", "level", "phone", "cutoff", "departure_from",
        ),
        (
            (
                code, f"臺北市立第{code}國民小學", f"第{code}國小", "中正區", "國小",
                "02-2300-0001", "08:30:00.000000", "11:30:00.000000",
            )
            for code in codes
        ),
    )  # fmt: skip
    sealed = vault.seal(SECRET, "reader.secret")
    loader.load(
        Reader,
        ("id", "school_code", "gate", "direction", "secret_sealed", "added_at"),
        (
            (
                made_id("reader", number), codes[number // town.readers],
                GATES[number % town.readers], "both", sealed, LONG_AGO,
            )
            for number in range(town.schools * town.readers)
        ),
    )  # fmt: skip


def _load_children(loader: Loader, vault: Vault, town: Town) -> None:
    # Nobody opens these here; what is sealed once does for all.
    national_id = vault.seal("A123456789", "student.national_id")
    birth_date = vault.seal("2015-03-05", "student.birth_date")
    loader.load(
        Student,
        (
            "id", "school_code", "entry_year", "student_number", "name", "grade", "homeroom",
            "seat_number", "national_id_index", "national_id_sealed", "national_id_tail",
            "birth_date_sealed",
        ),
        (
            (
                made_id("student", number), town.school_code(number // town.children), 115,
                f"{number:08d}", _name(number), 1 + number % 6, f"{1 + number % 6}01",
                1 + number % 30, f"i0:{number}", national_id, "789", birth_date,
            )
            for number in town.numbers()
        ),
    )  # fmt: skip
    loader.load(
        Card,
        ("id", "uid", "printed_number", "student_id", "valid_from"),
        (
            (
                made_id("card", number), town.card_uid(*divmod(number, town.children)), "",
                made_id("student", number), LONG_AGO,
            )
            for number in town.numbers()
        ),
    )  # fmt: skip


def _load_guardians(loader: Loader, vault: Vault, town: Town) -> None:
    name = vault.seal("林雅婷", "guardian.name")
    loader.load(
        Guardian,
        (
            "id", "taipei_pass_id", "name_sealed", "verify_level", "verified_at",
            "consent_version", "consented_at",
        ),
        (
            (
                made_id("guardian", one), f"pass-{one}", name, "3", LONG_AGO,
                CONSENT.version, LONG_AGO,
            )
            for one in town.bound()
        ),
    )  # fmt: skip
    loader.load(
        LineFriend,
        ("line_user_id", "is_following", "changed_at"),
        ((f"U{made_id('line', one)}", True, LONG_AGO) for one in town.bound()),
    )
    loader.load(
        AccountLink,
        ("id", "line_user_id", "guardian_id", "linked_at"),
        (
            (made_id("link", one), f"U{made_id('line', one)}", made_id("guardian", one), LONG_AGO)
            for one in town.bound()
        ),
    )
    _load_bindings(loader, town)


def _load_bindings(loader: Loader, town: Town) -> None:
    loader.load(
        Binding,
        ("id", "guardian_id", "student_id", "relationship", "proven_by", "bound_at"),
        (
            (
                made_id("binding", one), made_id("guardian", one), made_id("student", one),
                "mother", "five_facts", LONG_AGO,
            )
            for one in town.bound()
        ),
    )  # fmt: skip
    loader.load(
        Subscription,
        ("id", "binding_id", "channel", "kind", "is_on", "changed_at"),
        (
            (made_id(kind, one), made_id("binding", one), Channel.LINE.value, kind, True, LONG_AGO)
            for one in town.bound()
            for kind in (box.value for box in EventKind)
        ),
    )


def _name(number: int) -> str:
    first, second = divmod(number // len(SURNAMES), len(GIVEN))
    surname = SURNAMES[number % len(SURNAMES)]
    return surname + GIVEN[first % len(GIVEN)] + GIVEN[second]
