"""Keep the survey's replies under a pseudonym, and what guardians choose of the topics."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
ASPECTS = ("speed", "clarity", "setup", "guidance", "overall")


def upgrade() -> None:
    op.create_table(
        "survey_reply",
        sa.Column("respondent_index", sa.String(), nullable=False),
        sa.Column("school_year", sa.Integer(), nullable=False),
        sa.Column("term", sa.Integer(), nullable=False),
        sa.Column("school_code", sa.String(length=6)),
        *(sa.Column(name, sa.Integer()) for name in ASPECTS),
        sa.Column("comment_sealed", sa.String()),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("respondent_index", name="pk_survey_reply"),
        sa.ForeignKeyConstraint(
            ["school_code"], ["school.code"], name="fk_survey_reply_school_code_school"
        ),
        *(
            sa.CheckConstraint(f"{name} BETWEEN 1 AND 5", name=f"ck_survey_reply_{name}")
            for name in ASPECTS
        ),
        sa.CheckConstraint("term IN (1, 2)", name="ck_survey_reply_term"),
    )
    op.create_index("ix_survey_reply_term", "survey_reply", ["school_year", "term", "school_code"])
    op.create_index("ix_survey_reply_last_day", "survey_reply", ["last_day"])
    op.create_table(
        "topic_choice",
        sa.Column("guardian_id", sa.Uuid(), nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("guardian_id", "topic", name="pk_topic_choice"),
        sa.ForeignKeyConstraint(
            ["guardian_id"], ["guardian.id"], name="fk_topic_choice_guardian_id_guardian"
        ),
    )


def downgrade() -> None:
    op.drop_table("topic_choice")
    op.drop_table("survey_reply")
