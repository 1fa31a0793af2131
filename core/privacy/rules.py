"""One rule for each table: whose rows it holds, what a copy shows of them, what a deletion does.

A table without a rule fails a test, so nothing personal is ever kept outside the rights.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Table, or_

from core.contact.proofs import ADDRESS
from core.crypto import Vault
from core.db import metadata
from core.gate.make_up_requests import WORDS
from core.identity.identities import NAME as IDENTITY_NAME
from core.orders.paying import PHONE as ORDER_PHONE
from core.people.guardians import EMAIL, NAME, PHONE
from core.people.sessions import LINE_NAME
from core.people.staff import NAME as STAFF_NAME
from core.privacy.looks import OF_CHILD
from core.privacy.people import Person, Whose
from core.survey.replies import COMMENT

# Never shown: how something is found or signed says nothing about anybody.
SILENT = ("_hash", "_index", "_token", "_sealed", "_key")


class Erase(StrEnum):
    """What a deletion does to the guardian's rows.

    KEEP: nothing in them leads to a person once the guardian's own row is empty, or they are the
    child's and the school's. SCRUB is done by hand in erasure.
    """

    DELETE = "delete"
    SCRUB = "scrub"
    KEEP = "keep"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How a table's rows belong to people; no `found_by`: they belong to nobody.

    `found_by` names columns that each lead to a person. `opened` maps sealed columns to their
    purpose. `shortened` columns show their last four signs, `actors` who somebody is and never
    which one, `own_only` what is shown only where the named column says that it was the guardian.
    `also` is the condition of further rows that are theirs.
    """

    found_by: Mapping[str, Whose] = field(default_factory=dict)
    erase: Erase = Erase.KEEP
    opened: Mapping[str, str] = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()
    shortened: frozenset[str] = frozenset()
    actors: frozenset[str] = frozenset()
    own_only: Mapping[str, str] = field(default_factory=dict)
    # Not shown at all: to know of it could harm the child (個資法 §10, a third party's interests).
    is_withheld: bool = False
    also: Callable[[Table, Person], ColumnElement[bool]] | None = None


def _looks_at_children(entry: Table, person: Person) -> ColumnElement[bool]:
    """Return the condition that staff looked at a child: what befell others there is not theirs."""
    children = [f"student:{one}" for one in person.student_ids]
    return entry.c.subject.in_(children) & entry.c.action.in_(OF_CHILD)


NOBODYS = Rule()
BY_GUARDIAN = {"guardian_id": Whose.GUARDIAN}
BY_CHILD = {"student_id": Whose.CHILD}
BY_LINE = {"line_user_id": Whose.LINE_USER}

RULES: dict[str, Rule] = {
    "guardian": Rule(
        found_by={"id": Whose.GUARDIAN},
        erase=Erase.SCRUB,
        opened={
            "name_sealed": NAME,
            "email1_sealed": EMAIL,
            "email2_sealed": EMAIL,
            "phone_sealed": PHONE,
        },
    ),
    # A pseudonym, a version and a moment: proof that what was done was agreed to.
    "consent": Rule(found_by=BY_GUARDIAN),
    "contact_proof": Rule(
        found_by=BY_GUARDIAN,
        erase=Erase.DELETE,
        opened={"address_sealed": ADDRESS},
        hidden=frozenset({"lease_until", "give_up_at", "due_at"}),
    ),
    "account_link": Rule(found_by=BY_GUARDIAN, erase=Erase.DELETE),
    "line_friend": Rule(found_by=BY_LINE, erase=Erase.DELETE),
    "binding": Rule(found_by=BY_GUARDIAN, erase=Erase.DELETE),
    "subscription": Rule(found_by={"binding_id": Whose.BINDING}, erase=Erase.DELETE),
    "binding_request": Rule(
        found_by=BY_GUARDIAN, erase=Erase.DELETE, actors=frozenset({"decided_by"})
    ),
    "no_show_answer": Rule(found_by=BY_GUARDIAN, erase=Erase.DELETE),
    # The child's: the other guardians read that the school was asked, and wait for its reply.
    "help_request": Rule(found_by=BY_GUARDIAN, actors=frozenset({"answered_by"})),
    # What was typed of a task that is not sent; kept no longer than the message it came in.
    "conversation": Rule(found_by=BY_LINE, erase=Erase.DELETE),
    "make_up_request": Rule(
        found_by=BY_GUARDIAN,
        erase=Erase.DELETE,
        opened={"words_sealed": WORDS},
        actors=frozenset({"closed_by"}),
    ),
    # Kept, as a deletion must not lift what a school decided for a child's safety; and the school's
    # to tell of: the refusal says nothing either.
    "binding_bar": Rule(found_by=BY_GUARDIAN, is_withheld=True),
    "binding_measure": Rule(found_by=BY_GUARDIAN, is_withheld=True),
    "binding_code": Rule(found_by={"used_by": Whose.GUARDIAN}, actors=frozenset({"issued_by"})),
    # Whom a guardian asked is known by a label only: the LINE user is somebody else. What the
    # person receives in another's stead ends by hand: the row is the other guardian's.
    "delegate": Rule(
        found_by={"binding_id": Whose.BINDING, "line_user_id": Whose.LINE_USER},
        erase=Erase.DELETE,
        hidden=frozenset({"line_user_id"}),
    ),
    "carry_over": Rule(found_by=BY_GUARDIAN, erase=Erase.DELETE),
    # Without them whoever deletes and comes back would have ten more guesses at a child.
    "binding_attempt": Rule(found_by=BY_GUARDIAN),
    "web_session": Rule(
        found_by=BY_LINE, erase=Erase.DELETE, opened={"line_name_sealed": LINE_NAME}
    ),
    "used_id_token": Rule(found_by=BY_LINE, erase=Erase.DELETE),
    "link_ticket": Rule(found_by=BY_LINE, erase=Erase.DELETE),
    "guardian_identity": Rule(
        found_by=BY_GUARDIAN,
        erase=Erase.DELETE,
        opened={"name_sealed": IDENTITY_NAME},
        shortened=frozenset({"subject"}),
    ),
    "line_event": Rule(
        found_by=BY_LINE, erase=Erase.SCRUB, hidden=frozenset({"webhook_event_id", "problem"})
    ),
    "notice": Rule(
        found_by=BY_GUARDIAN,
        erase=Erase.SCRUB,
        # An address may be a delegate's.
        hidden=frozenset(
            {
                "line_user_id",
                "delegate_id",
                "staff_id",
                "priority",
                "turn_at",
                "may_ride",
                "rides_with",
            }
        ),
    ),
    # The number goes with the guardian; what was ordered and paid is the school's account.
    "sms_order": Rule(
        found_by=BY_GUARDIAN,
        erase=Erase.SCRUB,
        opened={"phone_sealed": ORDER_PHONE},
        actors=frozenset({"asked_by", "paid_by", "approved_by"}),
    ),
    "sms_order_step": Rule(found_by={"order_id": Whose.ORDER}, actors=frozenset({"actor"})),
    # Free ones are found by their notice.
    "sms_text": Rule(
        found_by={"order_id": Whose.ORDER},
        hidden=frozenset({"client_id", "provider", "provider_id", "parts"}),
    ),
    "announcement_read": Rule(found_by=BY_GUARDIAN, erase=Erase.DELETE),
    "copy_order": Rule(found_by=BY_GUARDIAN, erase=Erase.DELETE),
    "topic_choice": Rule(found_by=BY_GUARDIAN, erase=Erase.DELETE),
    "survey_reply": Rule(
        found_by={"respondent_index": Whose.RESPONDENT},
        erase=Erase.DELETE,
        opened={"comment_sealed": COMMENT},
    ),
    "audit_entry": Rule(
        found_by={"actor": Whose.ACTOR, "subject": Whose.SUBJECT},
        actors=frozenset({"actor"}),
        also=_looks_at_children,
    ),
    "staff": Rule(found_by=BY_LINE, opened={"name_sealed": STAFF_NAME}),
    "student": Rule(found_by={"id": Whose.CHILD}, hidden=frozenset({"is_sealed"})),
    "card": Rule(found_by=BY_CHILD, shortened=frozenset({"uid"})),
    "tap": Rule(
        found_by=BY_CHILD,
        hidden=frozenset({"boot_id", "seq", "reader_id"}),
        shortened=frozenset({"card_uid"}),
        actors=frozenset({"recorded_by"}),
    ),
    "attendance_day": Rule(found_by=BY_CHILD),
    "leave": Rule(
        found_by=BY_CHILD,
        actors=frozenset({"filed_by", "withdrawn_by"}),
        own_only={"reason": "filed_by"},
    ),
    **dict.fromkeys(
        (
            "announcement",
            "announcement_version",
            "binding_rule",
            "calendar_day",
            "channel_offer",
            "channel_token",
            "closure",
            "code_sheet",
            "day_policy",
            "delivery_day",
            "dwell_count",
            "job_run",
            "kept_key",
            "made_count",
            "no_show_run",
            "notice_count",
            "office_day",
            # Holds a code or secret of ours for minutes, for the member of staff who asked.
            "one_time_text",
            "purge_run",
            "push_slot",
            "quota_month",
            "reader",
            "reader_day",
            "reader_nonce",
            "restore_run",
            # Sealed, half an hour old at most, and then the children's own rows.
            "roster_check",
            "school",
            "sender_seat",
            "setting_change",
            "sms_plan",
            # A firm's own ids and what became of them; no number, no words.
            "sms_receipt",
            "sms_total",
            # Holds a name nobody is tied to until the code is used, and goes soon after.
            "staff_invite",
            "takeover_count",
            # Leads to a tap as long as there is one; the taps themselves are shown.
            "tap_number",
            "term",
            "tombstone",
            # Two days old at most, by blind index.
            "try_counter",
            # Ends with the identity by which somebody looks.
            "viewing",
        ),
        NOBODYS,
    ),
}


def personal_tables() -> Iterator[tuple[Table, Rule]]:
    """Return the tables that hold people's rows, parents before children."""
    for table in metadata().sorted_tables:
        rule = RULES.get(table.name, NOBODYS)
        if rule.found_by:
            yield table, rule


def shown_tables() -> Iterator[tuple[Table, Rule]]:
    """Return the personal tables a copy may show."""
    return (one for one in personal_tables() if not one[1].is_withheld)


def is_theirs(table: Table, rule: Rule, person: Person) -> ColumnElement[bool]:
    """Return the condition that a row of the table is this person's."""
    named = (table.c[name].in_(person.ids(whose)) for name, whose in rule.found_by.items())
    also = [rule.also(table, person)] if rule.also else []
    return or_(*named, *also)


def shown_columns(table: Table, rule: Rule) -> list[str]:
    """Return the columns a copy shows, in the table's order, sealed ones where they are opened."""
    return [
        column.name
        for column in table.c
        if column.name in rule.opened
        or (column.name not in rule.hidden and not column.name.endswith(SILENT))
    ]


def opened(vault: Vault, rule: Rule, name: str, value: Any) -> Any:
    """Return a value of a sealed column in clear, any other as it is."""
    return vault.open(value, rule.opened[name]) if value and name in rule.opened else value
