"""Tables of the identity room. Times are aware UTC; a sealed column holds `key id:ciphertext`."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import Column, ForeignKeyConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from core.db import UtcDateTime
from core.sealed import LineUserId, SealedText


class LinkTicket(SQLModel, table=True):
    """One sign-in elsewhere, from its start to its end; good for one browser, and once.

    Of state, browser and nonce only fingerprints are kept. `line_user_id` is None where LINE itself
    will say who it is. `confirmed_at` is the end, but for a nonce, which ends when LINE brings it
    back (`linked_at`).
    """

    __tablename__ = "link_ticket"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    state_hash: str = Field(unique=True)
    browser_hash: str = Field(index=True)
    line_user_id: str | None = Field(default=None, sa_type=LineUserId)
    provider: str
    started_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    expires_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False, index=True))
    returned_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    # Who came back, until it is confirmed or refused.
    member_sealed: str | None = Field(default=None, sa_column=Column(SealedText))
    confirmed_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    link_token_sealed: str | None = Field(default=None, sa_column=Column(SealedText))
    consent_version: str | None = None
    nonce_hash: str | None = Field(default=None, unique=True)
    linked_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))


class GuardianIdentity(SQLModel, table=True):
    """An identity of a guardian besides Taipei Pass: nobody else's, and one of a kind each."""

    __tablename__ = "guardian_identity"
    __table_args__ = (UniqueConstraint("guardian_id", "provider"),)

    provider: str = Field(primary_key=True)
    subject: str = Field(primary_key=True)
    guardian_id: UUID = Field(foreign_key="guardian.id")
    name_sealed: str = Field(sa_column=Column(SealedText, nullable=False))
    verify_level: str
    verified_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))


class Viewing(SQLModel, table=True):
    """A signed-in browser that looks at a guardian's pages by another identity than Taipei Pass.

    Ends with the browser's session, and with the identity.
    """

    __table_args__ = (
        ForeignKeyConstraint(
            ["provider", "subject"],
            ["guardian_identity.provider", "guardian_identity.subject"],
            ondelete="CASCADE",
        ),
    )

    # The fingerprint of the session's token.
    browser_hash: str = Field(primary_key=True)
    provider: str
    subject: str
    began_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False, index=True))
