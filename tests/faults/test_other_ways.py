"""Letters, texts, app pushes and codes of a program that dies at each of them.

A letter goes again under the same Message-ID; an app push is asked after and shown once; a text
goes once at the most, and where nobody can tell, its end says so.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import select

from core.calendar.channels import Offer, set_offers
from core.calendar.scopes import CITY
from core.calendar.semesters import Semester
from core.contact.proofs import ask_code
from core.contact.tables import ContactProof
from core.db import snapshot, transaction
from core.house import House
from core.kinds import Channel, NoticeState, OfferState
from core.notices.tables import Notice
from core.people.contacts import ContactSlot
from core.people.tables import Binding
from tests.app_push.conftest import IN_APP, connect
from tests.faults.crashing import CARRIES
from tests.faults.sweeping import Errand, sweep
from tests.faults.town import Child, Town
from tests.mailing.conftest import BY_EMAIL, ON_LINE, Family, tick, verify
from tests.post.conftest import post_process, sandbox
from tests.post.sandbox import letters_in, pushes_in, settings_for, texts_in, with_app
from tests.sandbox.client import SandboxClient
from tests.texting.conftest import subscribe

__all__ = ["post_process", "sandbox"]
pytestmark = [pytest.mark.flow, pytest.mark.timeout(600), pytest.mark.xdist_group("faults")]
WAYS = (Channel.EMAIL, Channel.SMS, Channel.APP)
ENDED = {NoticeState.ACCEPTED, NoticeState.UNKNOWN}
# What else has to run where the one that dies is one of several.
PROGRAMS = {"sqlite": ("serve", []), "postgresql": ("worker", ["web"])}


@dataclass(frozen=True, slots=True)
class Post:
    """The town's post: `house` sends it to the sandbox."""

    house: House
    sandbox: SandboxClient

    @property
    def environment(self) -> dict[str, str]:
        """Return the settings by which a program's post goes to the sandbox."""
        settings = self.house.settings
        return {
            "SMTP_URL": settings.smtp_url.get_secret_value(),
            "SMS_PROVIDER": settings.sms_provider,
            "SMS_API_BASE": settings.sms_api_base,
            **{name.upper(): value for name, value in with_app(self.sandbox).items()},
        }

    def offer(self) -> None:
        """Offer every way in the semester."""
        wanted = dict.fromkeys(WAYS, Offer(OfferState.OFFERED))
        with transaction(self.house.engine) as session:
            now = self.house.clock.now()
            set_offers(session, CITY, Semester(115, 1), wanted, by="staff:x", now=now)

    def subscribe(self, town: Town, children: Sequence[Child]) -> None:
        """Have all of it ticked, ordered and proved, and ask for codes for two more addresses."""
        for child in children:
            family = Family(child.student_id, child.guardian_id, self._binding_id(child))
            verify(self.house, family, address=f"{child.student_id.hex}@example.org")
            connect(self.house, family)
            tick(self.house, family, ON_LINE | BY_EMAIL | IN_APP)
            subscribe(self.house, family, slip=number_of(child))
        first = children[0]
        with transaction(self.house.engine) as session:
            ask = partial(ask_code, session, self.house.vault, first.guardian_id, now=town.now())
            ask(ContactSlot.EMAIL2, f"{first.guardian_id.hex}@work.example")
            ask(ContactSlot.PHONE, number_of(first))

    def has_codes_sent(self) -> bool:
        """Tell whether every code asked for has left, or never will."""
        return {one.letter for one in self._rows(ContactProof)} <= ENDED

    def check(self) -> None:
        """Compare what we say became of it with what arrived."""
        notices, codes = self._rows(Notice), self._rows(ContactProof)
        self._check_letters(notices, codes)
        self._check_texts(notices, codes)
        pushes = [one for one in notices if one.channel == Channel.APP]
        shown = Counter(one["client_id"] for one in pushes_in(self.sandbox))
        assert {one.state for one in pushes} == {NoticeState.ACCEPTED}
        assert shown == Counter(str(one.retry_key) for one in pushes)

    def _check_letters(self, notices: Sequence[Notice], codes: Sequence[ContactProof]) -> None:
        letters = [one.state for one in notices if one.channel == Channel.EMAIL]
        letters += [one.letter for one in codes if ContactSlot(one.slot).is_email]
        arrived = Counter(dict(one["headers"])["Message-ID"] for one in letters_in(self.sandbox))
        assert set(letters) == {NoticeState.ACCEPTED}
        assert len(arrived) == len(letters), "each letter arrived"
        assert max(arrived.values()) <= 2, "and once more where its sender died before it knew"

    def _check_texts(self, notices: Sequence[Notice], codes: Sequence[ContactProof]) -> None:
        texts = {str(one.retry_key): one.state for one in notices if one.channel == Channel.SMS}
        texts |= {str(one.id): one.letter for one in codes if not ContactSlot(one.slot).is_email}
        arrived = Counter(one["client_id"] for one in texts_in(self.sandbox))
        told = {key for key, state in texts.items() if state == NoticeState.ACCEPTED}
        assert set(texts.values()) <= ENDED
        assert told <= set(arrived) <= set(texts)
        # At first all may have been in the hands of one that died.
        assert set(arrived.values()) <= {1}

    def _binding_id(self, child: Child) -> UUID:
        with snapshot(self.house.engine) as session:
            found = select(Binding.id).where(Binding.student_id == child.student_id)
            return session.exec(found).one()

    def _rows(self, table: type) -> list[Any]:
        with snapshot(self.house.engine) as session:
            return list(session.exec(select(table)).all())


def number_of(child: Child) -> str:
    """The mobile number on the slip of a child's order."""
    return f"09{child.student_id.int % 10**8:08d}"


def test_program_dies_at_every_letter_text_and_app_push(town: Town, sandbox: SandboxClient) -> None:
    settings = settings_for(sandbox, liff_id="liff-1", **with_app(sandbox))
    post = Post(replace(town.house, settings=settings), sandbox)
    post.offer()
    name, beside = PROGRAMS[town.house.engine.dialect.name]
    programs = [town.start(one) for one in beside]
    errand = Errand(partial(post.subscribe, town), post.has_codes_sent, post.check)
    try:
        start = partial(town.start, name, changed=post.environment)
        points = sweep(town, town.gate(), start, CARRIES, errand=errand)
    finally:
        for program in programs:
            program.kill()
    assert set(points) == set(CARRIES)
    assert town.states(Channel.SMS).keys() == ENDED, "texts that arrived, and of senders that died"
