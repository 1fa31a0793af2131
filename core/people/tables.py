"""Tables of the people room. Times are aware UTC; a sealed column holds `key id:ciphertext`."""

from datetime import date, datetime, time
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, Column, Index, UniqueConstraint, text, true
from sqlmodel import Field, SQLModel

from core.db import UtcDateTime
from core.sealed import BlindIndex, LineUserId, SealedText

# Tries count on their Taipei date only.
ATTEMPT_INDEX = BlindIndex("try_counter.key", fades="school_day")


class EnrollmentStatus(StrEnum):
    """學籍狀態."""

    ENROLLED = "enrolled"
    SUSPENDED = "suspended"
    TRANSFERRED = "transferred"
    GRADUATED = "graduated"
    WITHDRAWN = "withdrawn"


class School(SQLModel, table=True):
    """A school. `code` is text: some codes begin with 0 or hold letters."""

    code: str = Field(primary_key=True, max_length=6)
    name: str
    short_name: str
    district: str = Field(index=True)
    level: str
    phone: str = ""
    # Taipei times of day. From `departure_from` on, a tap at an undirected reader is a departure.
    cutoff: time
    departure_from: time


class Student(SQLModel, table=True):
    """A child on a school's roster."""

    __table_args__ = (
        UniqueConstraint("school_code", "entry_year", "student_number"),
        # Serves the five-fact match: every guess is one look-up by school and blind index.
        Index("ix_student_match", "school_code", "national_id_index"),
        Index("ix_student_match_former", "school_code", "former_id_index"),
        # Serve the carry-over and the barriers: the same child at another school.
        Index("ix_student_identity", "national_id_index"),
        Index("ix_student_identity_former", "former_id_index"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    school_code: str = Field(foreign_key="school.code")
    entry_year: int
    student_number: str = Field(max_length=20)
    name: str
    grade: int
    homeroom: str
    seat_number: int
    national_id_index: str = Field(
        sa_column=Column(BlindIndex("student.national_id", of="national_id_sealed"), nullable=False)
    )
    national_id_sealed: str = Field(sa_column=Column(SealedText, nullable=False))
    national_id_tail: str = Field(max_length=3)
    birth_date_sealed: str = Field(sa_column=Column(SealedText, nullable=False))
    # The residence number of the old form, where the law gave a new one: either one fits.
    former_id_index: str | None = Field(
        default=None,
        sa_column=Column(BlindIndex("student.national_id", of="former_id_sealed")),
    )
    former_id_sealed: str | None = Field(
        default=None, sa_column=Column(SealedText("student.national_id"))
    )
    status: str = EnrollmentStatus.ENROLLED
    is_sealed: bool = False


class Card(SQLModel, table=True):
    """A dated mapping from a chip to a child; `valid_until` None means live."""

    __table_args__ = (
        # Serves the tap path and lets a chip belong to one child at a time.
        Index(
            "uq_card_live_uid",
            "uid",
            unique=True,
            sqlite_where=text("valid_until IS NULL"),
            postgresql_where=text("valid_until IS NULL"),
        ),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    uid: str = Field(index=True, max_length=14)
    # Nothing writes it: rosters and readers know a card by its chip.
    printed_number: str = ""
    student_id: UUID = Field(foreign_key="student.id", index=True)
    valid_from: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    valid_until: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))


class Guardian(SQLModel, table=True):
    """A parent, known by the Taipei Pass member id."""

    __table_args__ = (
        CheckConstraint("text_size IN ('standard', 'large', 'largest')", name="text_size"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    taipei_pass_id: str = Field(unique=True)
    name_sealed: str = Field(sa_column=Column(SealedText, nullable=False))
    verify_level: str
    verified_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    email1_sealed: str | None = Field(default=None, sa_column=Column(SealedText("guardian.email")))
    email1_is_verified: bool = False
    email2_sealed: str | None = Field(default=None, sa_column=Column(SealedText("guardian.email")))
    email2_is_verified: bool = False
    phone_sealed: str | None = Field(default=None, sa_column=Column(SealedText))
    phone_is_verified: bool = False
    # By it the bureau's gateway finds the guardian's 酷課 APP; None: not connected.
    app_token_sealed: str | None = Field(default=None, sa_column=Column(SealedText))
    app_connected_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    locale: str = "zh_Hant_TW"
    # How large pages are written: standard, large or largest.
    text_size: str = "standard"
    consent_version: str
    consented_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    # Taipei time of day at which the day's letters come as one; None: each as it is written.
    emails_at: time | None = None
    # Whether LINE is tried out where nothing came for long.
    wants_tests: bool = Field(default=True, sa_column_kwargs={"server_default": true()})
    # When they last read that arrivals or departures are left to be asked for.
    quota_told_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    # 停止使用: nothing is told until it is None again; boxes and bindings stay as they were.
    stopped_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    # 刪除我的資料: the row is an empty shell that keeps the records of others whole.
    erased_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))


class Consent(SQLModel, table=True):
    """One answer to the notice: which version, when, and how (`link`, `again`, `declined`)."""

    __table_args__ = (Index("ix_consent_guardian", "guardian_id", "at"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    guardian_id: UUID = Field(foreign_key="guardian.id")
    version: str
    how: str
    at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))


class LineFriend(SQLModel, table=True):
    """Whether LINE reaches a person. The newest event wins, in whatever order they came."""

    __tablename__ = "line_friend"

    line_user_id: str = Field(primary_key=True, sa_type=LineUserId)
    is_following: bool
    changed_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    # What was chosen, or else what LINE said; a guardian's own is Guardian.locale.
    language: str | None = None


class AccountLink(SQLModel, table=True):
    """A LINE user tied to a guardian; history stays, one open link on either side."""

    __tablename__ = "account_link"
    __table_args__ = (
        Index(
            "uq_account_link_open_line_user",
            "line_user_id",
            unique=True,
            sqlite_where=text("unlinked_at IS NULL"),
            postgresql_where=text("unlinked_at IS NULL"),
        ),
        Index(
            "uq_account_link_open_guardian",
            "guardian_id",
            unique=True,
            sqlite_where=text("unlinked_at IS NULL"),
            postgresql_where=text("unlinked_at IS NULL"),
        ),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    line_user_id: str = Field(sa_type=LineUserId)
    guardian_id: UUID = Field(foreign_key="guardian.id")
    linked_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    unlinked_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))


class Relationship(StrEnum):
    """Who the guardian is to the child."""

    MOTHER = "mother"
    FATHER = "father"
    LEGAL_GUARDIAN = "legal_guardian"
    OTHER = "other"


class Binding(SQLModel, table=True):
    """A guardian tied to a child; at most one open binding a pair."""

    __table_args__ = (
        Index(
            "uq_binding_open_pair",
            "guardian_id",
            "student_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        # Serves the fan-out: who hears of these children.
        Index("ix_binding_student", "student_id"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    guardian_id: UUID = Field(foreign_key="guardian.id")
    student_id: UUID = Field(foreign_key="student.id")
    relationship: str
    proven_by: str
    bound_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    ended_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    ended_by: str | None = None
    # Until then a new guardian beside others gets no gate news; None is at once.
    quiet_until: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    # Taipei time of day at which this guardian wants to hear that the child has not tapped out;
    # None is off. For a child in an after-school club it is simply later.
    tap_out_by: time | None = None
    # Since then no letters about the child, not even in LINE's stead, until e-mail is ticked again.
    emails_stopped_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))


class Subscription(SQLModel, table=True):
    """One ticked (or unticked) box of a binding."""

    __table_args__ = (UniqueConstraint("binding_id", "channel", "kind"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    binding_id: UUID = Field(foreign_key="binding.id")
    channel: str
    kind: str
    is_on: bool
    changed_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))


class BindingAttempt(SQLModel, table=True):
    """One failed try to bind, for the alarm and for whoever looks into it.

    `outcome` is `mismatch` where facts or a code were looked at and did not fit, `closed` where the
    child's limit was reached.
    """

    __tablename__ = "binding_attempt"
    # Serves the alarm: the misses of the last hour.
    __table_args__ = (Index("ix_binding_attempt_tried", "tried_at"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    guardian_id: UUID = Field(foreign_key="guardian.id", index=True)
    # Blind indexes of what was named as the child: school and number, and the identity number.
    subject_index: str = Field(sa_column=Column(ATTEMPT_INDEX, nullable=False, index=True))
    identity_index: str = Field(sa_column=Column(ATTEMPT_INDEX, nullable=False, index=True))
    school_day: date
    tried_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    outcome: str = "mismatch"


class WebSession(SQLModel, table=True):
    """A signed-in browser. The cookie holds the token, this row only its fingerprint."""

    __tablename__ = "web_session"

    token_hash: str = Field(primary_key=True)
    line_user_id: str = Field(index=True, sa_type=LineUserId)
    line_name_sealed: str = Field(sa_column=Column(SealedText, nullable=False))
    created_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    seen_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    # When LINE or Taipei Pass last vouched for the person.
    proved_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    ended_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))


class UsedIdToken(SQLModel, table=True):
    """A LINE ID token that was exchanged: for one session at a time, in one browser only.

    Kept until the token runs out by itself. `closed_at`: its owner signed out, it opens nothing.
    """

    __tablename__ = "used_id_token"
    # Serves signing out everywhere.
    __table_args__ = (Index("ix_used_id_token_line_user", "line_user_id"),)

    token_hash: str = Field(primary_key=True)
    line_user_id: str = Field(sa_type=LineUserId)
    browser_hash: str
    session_hash: str = Field(foreign_key="web_session.token_hash")
    used_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    expires_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    closed_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))


class StaffRole(StrEnum):
    """What a member of staff does; it decides what they may see and do."""

    HOMEROOM_TEACHER = "homeroom_teacher"
    CASHIER = "cashier"
    OFFICER = "officer"
    SCHOOL_ADMIN = "school_admin"
    BUREAU_ADMIN = "bureau_admin"


class Staff(SQLModel, table=True):
    """One role of one person. `school_code` None is the bureau; `homeroom` is a teacher's class.

    Somebody with several roles has several rows. A revoked row counts for nothing at once.
    """

    __table_args__ = (
        # Serves every look at who somebody is.
        Index("ix_staff_line_user", "line_user_id"),
        Index("ix_staff_school", "school_code"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    line_user_id: str = Field(sa_type=LineUserId)
    name_sealed: str = Field(sa_column=Column(SealedText, nullable=False))
    school_code: str | None = Field(default=None, foreign_key="school.code")
    role: str
    homeroom: str | None = None
    enrolled_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    revoked_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))


class StaffInvite(SQLModel, table=True):
    """A one-time code that makes its user staff. Only a keyed hash of the code is kept."""

    __tablename__ = "staff_invite"

    code_index: str = Field(
        sa_column=Column(BlindIndex("staff_invite.code", fades="expires_at"), primary_key=True)
    )
    # What pages name it by.
    id: UUID = Field(default_factory=uuid4, unique=True)
    name_sealed: str = Field(sa_column=Column(SealedText("staff.name"), nullable=False))
    school_code: str | None = Field(default=None, foreign_key="school.code")
    role: str
    homeroom: str | None = None
    invited_by: str
    invited_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    expires_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    used_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))


class OneTimeText(SQLModel, table=True):
    """A code or secret on its way to whoever asked for it; emptied when shown, which is once."""

    __tablename__ = "one_time_text"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    # staff:<id>, who alone may read it.
    asked_by: str
    asked_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    expires_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False, index=True))
    text_sealed: str | None = Field(default=None, sa_column=Column(SealedText))
    shown_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
