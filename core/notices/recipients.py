"""Who hears of a child: guardians bound and linked, and how each of them calls it."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, time
from typing import Any
from uuid import UUID, uuid5

from sqlmodel import Session

from core.clock import at_taipei, school_day_of
from core.kinds import Channel, EventKind, NoticeKind, NoticeState
from core.languages.language import SOURCE, Language, language_of
from core.languages.speech import N_
from core.notices.hearers import (
    app_guardians,
    gate_hearers,
    linked_guardians,
    phoned_guardians,
    ticked_guardians,
    verified_guardians,
    warned_guardians,
)
from core.people.names import given_name
from core.rows import Build, run
from core.values import value

# Where a guardian reads the school.
DELEGATED_PLACE = N_("代收")
# What a guardian new beside others does not hear for a day: where and when the child can be met,
# also when it is met on a leave that they could have filed themselves.
# A missing child is told to everybody: a search that begins late costs more than it gives away.
QUIETED = frozenset(
    {NoticeKind.ARRIVAL, NoticeKind.DEPARTURE, NoticeKind.NO_TAP_OUT, NoticeKind.LEAVE_TAP}
)
QUIET = (NoticeState.CANCELLED, "quiet")
# Written for the record, and told in the evening with the rest of the day.
IN_DIGEST = (NoticeState.CANCELLED, "in_digest")
# Who hears of a ticked kind, where those are not just its `ticked_guardians`.
BY_BOX: dict[EventKind, Build] = {
    EventKind.ARRIVAL: gate_hearers,
    EventKind.DEPARTURE: gate_hearers,
    EventKind.NO_SHOW: warned_guardians,
}
# Who is reached there, whatever is ticked.
REACHED_BY: dict[Channel, Build] = {
    Channel.EMAIL: verified_guardians,
    Channel.SMS: phoned_guardians,
    Channel.APP: app_guardians,
}
# In the order in which a guardian is told.
CHANNELS = tuple(Channel)
# LINE answers 200 to a push that a blocking person never sees, so it is not even tried.
UNFOLLOWED = (NoticeState.REFUSED, "unfollowed")


@value(kw_only=True)
class Recipient:
    """A guardian to be told of a child; `ended` where the row is only written for the record.

    `siblings` are the guardian's other children at the same school. Until `quiet_until` there is no
    gate news. With `delegate_id` it is somebody who receives in the guardian's stead: of the child
    they know the given name, and nothing else. `language` is what they read. One who is told by
    another channel has no LINE user here; the address is found when the message leaves.
    `emails_at` is the Taipei time of day at which they get a day's letters as one.
    """

    binding_id: UUID
    guardian_id: UUID
    student_id: UUID
    line_user_id: str
    ended: tuple[NoticeState, str] | None
    child: str
    school: str
    school_phone: str
    siblings: tuple[UUID, ...] = ()
    quiet_until: datetime | None = None
    delegate_id: UUID | None = None
    language: Language = SOURCE
    channel: Channel = Channel.LINE
    emails_at: time | None = None
    school_code: str = ""

    @property
    def place(self) -> UUID:
        """Return where this recipient reads: a mailbox is another place than LINE, phone or app."""
        if self.channel is Channel.LINE:
            return self.whom
        if self.channel is Channel.SMS:
            return place_of_texts(self.guardian_id)
        return uuid5(self.whom, Channel.APP) if self.channel is Channel.APP else self.binding_id

    @property
    def whom(self) -> UUID:
        """Return who this is: a delegate is somebody else than the guardian they stand for."""
        return self.delegate_id or self.guardian_id


def place_of_texts(guardian_id: UUID) -> UUID:
    """Return where a guardian reads texts, whoever pays for them."""
    return uuid5(guardian_id, Channel.SMS)


def is_in_quiet_day(to: Recipient, at: datetime) -> bool:
    """Tell whether the recipient's quiet day runs at that moment."""
    return to.quiet_until is not None and at < to.quiet_until


def is_quieted(to: Recipient, kind: NoticeKind, at: datetime) -> bool:
    """Tell whether news of that moment falls into the recipient's quiet day."""
    return kind in QUIETED and is_in_quiet_day(to, at)


def is_gathered(to: Recipient, now: datetime) -> bool:
    """Tell whether gate news of this moment waits for the letter of the day."""
    if to.channel is not Channel.EMAIL or to.emails_at is None:
        return False
    return now < at_taipei(school_day_of(now), to.emails_at)


def delegations_page(liff_id: str) -> str:
    """Return the LIFF address of what somebody receives in another's stead."""
    return f"https://liff.line.me/{liff_id}/delegations"


def recipients_of(
    session: Session, student_ids: Collection[UUID], ticked: EventKind | None = None
) -> dict[UUID, list[Recipient]]:
    """Return by child who is bound and linked, and ticked the LINE box if one is named.

    Arrivals and departures go to those too who receive in a guardian's stead. Of a named box those
    are among them as well who ticked it for e-mail and have a verified address, or for the app and
    connected it, linked or not; of no-shows those too who ticked it for SMS, which is free, and
    have a verified number.
    """
    build = linked_guardians if ticked is None else BY_BOX.get(ticked, ticked_guardians)
    return _recipients(session, student_ids, build, ticked)


def readers_by(
    channel: Channel, session: Session, student_ids: Collection[UUID]
) -> dict[UUID, list[Recipient]]:
    """Return by child who is bound and is reached by a channel beside LINE, whatever is ticked."""
    return _recipients(session, student_ids, REACHED_BY[channel], None)


def _recipients(
    session: Session, student_ids: Collection[UUID], build: Build, ticked: EventKind | None
) -> dict[UUID, list[Recipient]]:
    if not student_ids:
        return {}
    values: dict[str, Any] = {"student_ids": list(student_ids)}
    if ticked is not None:
        values["kind"] = ticked.value
    by_hearer: dict[UUID, list[Any]] = defaultdict(list)
    for row in run(session, build, values):
        by_hearer[row.delegate_id or row.binding_id].append(row)
    found: dict[UUID, list[Recipient]] = defaultdict(list)
    # Guardians come first, then who stands in, longest first.
    for rows in by_hearer.values():
        first = rows[0]
        of_child = found[first.student_id]
        if not first.delegate_id:
            of_child += _on_each_channel(rows)
        elif first.line_user_id not in _heard_on_line(of_child):
            of_child.append(_delegate(first))
    return found


def _heard_on_line(recipients: Collection[Recipient]) -> set[str]:
    """Return the LINE users who hear already: both parents may ask the same grandmother."""
    return {one.line_user_id for one in recipients if one.channel is Channel.LINE}


def _delegate(row: Any) -> Recipient:
    return Recipient(
        binding_id=row.binding_id,
        guardian_id=row.guardian_id,
        student_id=row.student_id,
        line_user_id=row.line_user_id,
        ended=UNFOLLOWED if row.is_following is False else None,
        child=given_name(row.name),
        school=DELEGATED_PLACE,
        school_phone="",
        delegate_id=row.delegate_id,
        language=language_of(row.language or "") or SOURCE,
        school_code=row.school_code,
    )


def _on_each_channel(rows: Sequence[Any]) -> list[Recipient]:
    """Return a guardian of a child once for each channel that the rows name."""
    siblings = {row.sibling_id: row for row in rows if row.sibling_id is not None}
    to = _recipient(rows[0], siblings.values())
    named = {row.channel for row in rows}
    return [
        to if channel is Channel.LINE else _beside_line(to, channel)
        for channel in CHANNELS
        if channel in named
    ]


def _beside_line(to: Recipient, channel: Channel) -> Recipient:
    # A letter or text waits for no sibling's, and who left LINE still reads it.
    return replace(to, channel=channel, line_user_id="", ended=None, siblings=())


def _recipient(row: Any, others: Collection[Any]) -> Recipient:
    # The given name, unless two of this guardian's children share it.
    given = given_name(row.name)
    is_shared = given in [given_name(other.sibling) for other in others]
    return Recipient(
        binding_id=row.binding_id,
        guardian_id=row.guardian_id,
        student_id=row.student_id,
        line_user_id=row.line_user_id or "",
        ended=UNFOLLOWED if row.is_following is False else None,
        child=row.name if is_shared else given,
        school=row.short_name,
        school_phone=row.phone,
        siblings=tuple(one.sibling_id for one in others if one.sibling_school == row.school_code),
        quiet_until=row.quiet_until,
        language=language_of(row.locale) or SOURCE,
        emails_at=row.emails_at,
        school_code=row.school_code,
    )
