"""Tables of the survey."""

from datetime import date

from sqlalchemy import CheckConstraint, Column, Index
from sqlmodel import Field, SQLModel

from core.sealed import BlindIndex, SealedText


def _within(name: str) -> CheckConstraint:
    return CheckConstraint(f"{name} BETWEEN 1 AND 5", name=name)


class SurveyReply(SQLModel, table=True):
    """One guardian's answers of one term, 1 (very unhappy) to 5; None is skipped.

    `respondent_index` is a keyed hash of guardian and term, and the primary key: nobody answers
    twice, no name and no id stands here, and the terms of one person do not hang together. There is
    no time of day, which sign-ins could be laid beside.
    """

    __tablename__ = "survey_reply"
    __table_args__ = (
        *(_within(name) for name in ("speed", "clarity", "setup", "guidance", "overall")),
        CheckConstraint("term IN (1, 2)", name="term"),
        # Serves the results, and the terms there are.
        Index("ix_survey_reply_term", "school_year", "term", "school_code"),
    )

    respondent_index: str = Field(
        sa_column=Column(BlindIndex("survey_reply.respondent", fades="last_day"), primary_key=True)
    )
    # ROC, such as 115; 1 or 2.
    school_year: int
    term: int
    # Where all the guardian's children are; None for several schools, or none.
    school_code: str | None = Field(default=None, foreign_key="school.code")
    speed: int | None = None
    clarity: int | None = None
    setup: int | None = None
    guidance: int | None = None
    overall: int | None = None
    comment_sealed: str | None = Field(default=None, sa_column=Column(SealedText))
    # Taipei date of the end of the term; answers can be changed until then.
    last_day: date = Field(index=True)
