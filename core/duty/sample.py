"""Invented schools, students, cards and readers for trying the product out.

School codes follow Taipei's scheme; every person, number and card is made up.
"""

import json
import random
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlmodel import Session, select

from core.announcements.audiences import Audience
from core.announcements.tables import AnnouncementType, Importance
from core.announcements.writing import Text, publish_version, write_announcement
from core.calendar.policy import NewRule, add_rule
from core.clock import TAIPEI
from core.crypto import Vault
from core.duty.sample_plan import add_sample_plan
from core.gate.readers import add_reader
from core.kinds import Direction, Level
from core.people.identity_numbers import with_check_digit
from core.people.roster import StudentFacts, add_student
from core.people.staff import invite_staff
from core.people.tables import Card, School, StaffRole

SEED = 115
ENTRY_CARD_FROM = datetime(2026, 8, 1, tzinfo=TAIPEI)
GIVEN = "晴禾恩睿妍翔宇涵安庭軒彤凱穎皓霖蓁岑淳昀柔澄芸樂寧品心佑辰語"
SURNAMES = "陳林黃張李王吳劉蔡楊許鄭謝郭洪邱曾廖賴徐周葉蘇莊呂"
# Told at the cut-off itself: who tries it out should not have to wait for the grace to pass.
SAMPLE_RULE = NewRule(grace_minutes=0, dismissal=time(16), reason="示範")
SAMPLE_STAFF = (
    ("許育文", StaffRole.HOMEROOM_TEACHER, "502", "502 班導師"),
    ("簡淑芬", StaffRole.OFFICER, None, "生教組長"),
    ("方志遠", StaffRole.OFFICER, None, "生教組"),
    ("蘇雅琪", StaffRole.CASHIER, None, "出納組"),
)
# Whoever tries it out goes from day to day within minutes.
SAMPLE_GOOD_FOR = timedelta(days=14)
SAMPLE_BUREAU_ADMIN, BUREAU_NAME = "高明哲", "教育局"


@dataclass(frozen=True, slots=True)
class SampleSchool:
    """A school and how its invented students are numbered."""

    code: str
    name: str
    short_name: str
    district: str
    level: Level
    phone: str
    cutoff: time
    departure_from: time
    grades: tuple[int, ...]


SCHOOLS = (
    SampleSchool(
        "353607", "臺北市立榕光國民小學", "榕光國小", "中正區", Level.PRIMARY,
        "02-2300-0001", time(8, 30), time(11, 30), (1, 3, 5),
    ),
    SampleSchool(
        "343502", "臺北市立松濤國民中學", "松濤國中", "中山區", Level.JUNIOR,
        "02-2500-0002", time(8, 20), time(12, 0), (7, 8, 9),
    ),
    SampleSchool(
        "413301", "臺北市立芝岩高級中學", "芝岩高中", "士林區", Level.SENIOR,
        "02-2800-0003", time(8, 10), time(12, 0), (10, 11, 12),
    ),
)  # fmt: skip
CLASS_SIZE = 10
# Children who make a story: a mother's two at one school and one at another, twins, two children
# with residence numbers (the present form and the one before 2021).
STORY: dict[tuple[str, int, int], dict[str, Any]] = {
    ("353607", 5, 5): {"name": "林小晴", "national_id": "A20000001"},
    ("353607", 1, 1): {"name": "林小禾", "national_id": "A10000002"},
    ("343502", 8, 1): {"name": "林予安", "national_id": "A20000003"},
    ("353607", 3, 1): {"name": "周以安", "national_id": "F10000004"},
    ("353607", 3, 2): {"name": "周以樂", "national_id": "F10000005"},
    ("353607", 5, 9): {"name": "阮明珠", "national_id": "A90000006"},
    ("413301", 10, 1): {"name": "Anna Lee", "national_id": "AD0000007"},
}
TWINS_BIRTHDAY = date(2017, 10, 10)

SAMPLE_ANNOUNCEMENTS = (
    (
        1, Audience(school_code="353607", homeroom="502"),
        AnnouncementType.EVENT, Importance.NORMAL,
        "五年級校外教學的集合時間",
        "校外教學當天請於 07:30 前到校，在川堂集合，16:00 前回到學校。\n\n"
        "請帶健保卡、雨具和水壺，午餐由學校準備。",
    ),
    (
        3, Audience(school_code="353607"),
        AnnouncementType.SCHOOL, Importance.IMPORTANT,
        "正門刷卡機換新，請孩子慢慢刷",
        "正門換了新的刷卡機。聽到一聲「嗶」再往前走，沒有聲音請再刷一次。\n\n"
        "忘了帶卡時請告訴導師，學校會補登。",
    ),
    (
        6, Audience(),
        AnnouncementType.SYSTEM, Importance.NORMAL,
        "停課期間不會發「尚無刷卡紀錄」",
        "颱風等停課期間，不會通知到校和「尚無刷卡紀錄」；已經到校的孩子離校時，還是會通知。\n\n"
        "是否停課，請看 https://www.dgpa.gov.tw 公布的消息。",
    ),
)  # fmt: skip


def seed_sample(session: Session, vault: Vault, now: datetime) -> dict[str, Any] | None:
    """Write the sample and return what a gate and a newcomer need; None when it is there already.

    Joins the caller's transaction. The readers' secrets are in what is returned and nowhere else in
    clear.
    """
    if session.exec(select(School.code).limit(1)).first() is not None:
        return None
    chance = random.Random(SEED)
    sample: dict[str, Any] = {"readers": [], "students": [], "staff": []}
    for school in SCHOOLS:
        _add_school(session, school)
        add_rule(session, school.code, SAMPLE_RULE, by="operator", now=now)
        sample["readers"].append(_add_reader(session, vault, school, now))
        for grade in school.grades:
            for seat in range(1, CLASS_SIZE + 1):
                facts = _student_facts(school, grade, seat, chance)
                sample["students"].append(_add_student(session, vault, school, facts))
    announce_sample(session, now)
    add_sample_plan(session, now)
    # The children of the story come first: a newcomer looks for them.
    names = [story["name"] for story in STORY.values()]
    sample["students"].sort(key=lambda student: (names + [student["name"]]).index(student["name"]))
    return sample


def invite_sample_staff(session: Session, vault: Vault, now: datetime) -> list[dict[str, str]]:
    """Make one-time codes for a teacher, two officers and a cashier of a school, and the bureau.

    Good for SAMPLE_GOOD_FOR from `now`; two officers, since a closure takes two persons. Joins the
    caller's transaction.
    """
    invite = partial(
        invite_staff, session, vault, invited_by="operator", now=now, good_for=SAMPLE_GOOD_FOR
    )
    school = SCHOOLS[0]
    invited = [
        {
            "code": invite(name=name, school_code=school.code, role=role, homeroom=homeroom),
            "name": name,
            "role": word,
            "school_name": school.short_name,
        }
        for name, role, homeroom, word in SAMPLE_STAFF
    ]
    bureau_code = invite(
        name=SAMPLE_BUREAU_ADMIN, school_code=None, role=StaffRole.BUREAU_ADMIN, homeroom=None
    )
    bureau = {"code": bureau_code, "name": SAMPLE_BUREAU_ADMIN, "role": "管理者"}
    return [*invited, bureau | {"school_name": BUREAU_NAME}]


def announce_sample(session: Session, now: datetime) -> None:
    """Publish three announcements, so that the page has something to read; joins the transaction.

    Dated a few days back: the clock of a demonstration starts later than it is.
    """
    for days, audience, kind, importance, title, body in SAMPLE_ANNOUNCEMENTS:
        at = now - timedelta(days=days)
        text = Text(type=kind, importance=importance, title=title, body=body, publish_from=at)
        version = write_announcement(session, audience, text, "operator", at)
        if version.needs_second:
            publish_version(session, version.announcement_id, version.number, "sample", at)


def write_sample(sample: dict[str, Any], path: Path) -> None:
    """Save the sample where the sandbox's gate reads it, readable by its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(json.dumps(sample, ensure_ascii=False, indent=1), encoding="utf-8")


def _add_school(session: Session, school: SampleSchool) -> None:
    session.add(
        School(
            code=school.code,
            name=school.name,
            short_name=school.short_name,
            district=school.district,
            level=school.level,
            phone=school.phone,
            cutoff=school.cutoff,
            departure_from=school.departure_from,
        )
    )
    session.flush()


def _add_reader(
    session: Session, vault: Vault, school: SampleSchool, now: datetime
) -> dict[str, str]:
    reader, secret = add_reader(
        session, vault, school_code=school.code, gate="正門", direction=Direction.BOTH, now=now
    )
    return {
        "reader_id": str(reader.id),
        "secret": secret,
        "school_code": school.code,
        "school_name": school.short_name,
        "gate": reader.gate,
        "direction": reader.direction,
    }


def _student_facts(
    school: SampleSchool, grade: int, seat: int, chance: random.Random
) -> StudentFacts:
    story = STORY.get((school.code, grade, seat), {})
    born = date(2026 - grade - 6, chance.randint(1, 8), chance.randint(1, 28))
    sex, serial = chance.choice("12"), chance.randrange(10_000_000)
    invented_id = f"{chance.choice('ABCFGH')}{sex}{serial:07d}"
    first_grade = school.grades[0] if school.level is not Level.PRIMARY else 1
    entry_year = 115 - (grade - first_grade)
    return StudentFacts(
        school_code=school.code,
        entry_year=entry_year,
        student_number=f"{entry_year}{int(school.code[2:4]):02d}{seat:03d}",
        name=story.get("name") or chance.choice(SURNAMES) + "".join(chance.sample(GIVEN, 2)),
        grade=grade,
        homeroom=f"{grade}02" if grade < 10 else f"{grade}2",
        seat_number=seat,
        national_id=with_check_digit(story.get("national_id") or invented_id),
        birth_date=TWINS_BIRTHDAY if story.get("name", "").startswith("周以") else born,
    )


def _add_student(
    session: Session, vault: Vault, school: SampleSchool, facts: StudentFacts
) -> dict[str, Any]:
    student = add_student(session, vault, facts)
    session.flush()
    card_uid = f"04{school.code}{facts.grade:02d}{facts.seat_number:02d}80"
    session.add(Card(uid=card_uid, student_id=student.id, valid_from=ENTRY_CARD_FROM))
    return {
        "name": facts.name,
        "school_code": school.code,
        "school_name": school.name,
        "district": school.district,
        "level": school.level.value,
        "homeroom": facts.homeroom,
        "seat_number": facts.seat_number,
        "student_number": facts.student_number,
        "national_id": facts.national_id,
        "birth_date": facts.birth_date.isoformat(),
        "card_uid": card_uid,
    }
