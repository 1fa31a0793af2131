"""How a push travels: asked after where it may have left, never shown twice, never lost."""

import threading
from dataclasses import replace

import pytest

from core.app_push.claims import LEASE, claim_pushes
from core.app_push.sender import AppMessenger
from core.app_push.settle import settle_push
from core.backup.settling import settle_restored
from core.db import transaction
from core.delivery.claims import expire
from core.duty.ladder_tick import run_ladder_tick
from core.house import House
from core.kinds import Channel
from core.notices.stops import cancel_no_shows
from core.post.answer import About, Answer, Outcome
from core.post.doubt import MOST_GONE, OTHERS_FIRST
from tests.app_push.conftest import (
    IN_APP,
    Send,
    connect,
    correct,
    ends,
    later,
    miss,
    pass_gate,
    rows,
    take_without_us,
    token_of,
)
from tests.mailing.conftest import MONDAY, ON_LINE, Family, tick
from tests.post.sandbox import plan, pushes_in
from tests.sandbox.client import SandboxClient


def shown(sandbox: SandboxClient) -> list[str]:
    """Return what the phones showed."""
    return [str(row["text"]) for row in pushes_in(sandbox)]


def told_on_line(house: House) -> list[str]:
    """Return the kinds of what was told on LINE, but for the news itself."""
    news = ("arrival", "no_show", "correction")
    return [row.kind for row in rows(house, Channel.LINE) if row.kind not in news]


def test_arrival_says_who_and_when_and_opens_the_childs_page(
    town: House, family: Family, send: Send, sandbox: SandboxClient
) -> None:
    pass_gate(town, family)
    assert send() == 1
    (push,) = pushes_in(sandbox)
    assert (push["title"], push["text"]) == ("臺北市到離校通知", "小明 07:20 到校")
    assert push["link"] == f"https://liff.line.me/liff-1/children/{family.binding_id}"
    assert ends(town) == [("arrival", "accepted", "app_202")]


@pytest.mark.parametrize("mishap", [{"reset": True}, {"status": 500}, {"status": 502}])
def test_push_taken_without_a_word_is_asked_after_and_not_repeated(
    town: House, family: Family, send: Send, sandbox: SandboxClient, mishap: dict[str, object]
) -> None:
    plan(sandbox, "/faults", endpoint="app_send", after_accept=True, **mishap)
    pass_gate(town, family)
    send()
    (notice,) = rows(town, Channel.APP)
    assert (notice.state, notice.first_tried_at is not None) == ("pending", True)
    later(town, seconds=10)
    send()
    assert ends(town) == [("arrival", "accepted", "taken_before")]
    assert len(shown(sandbox)) == 1


def test_push_the_gateway_never_saw_goes_again(
    town: House, family: Family, send: Send, sandbox: SandboxClient
) -> None:
    plan(sandbox, "/faults", endpoint="app_send", status=500)
    pass_gate(town, family)
    send()
    later(town, seconds=10)
    send()
    assert ends(town) == [("arrival", "accepted", "app_202")]
    assert len(shown(sandbox)) == 1


def test_push_nobody_can_tell_of_ends_as_unknown(
    town: House, family: Family, send: Send, sandbox: SandboxClient
) -> None:
    plan(sandbox, "/faults", endpoint="app_send", after_accept=True, reset=True)
    pass_gate(town, family)
    send()
    plan(sandbox, "/faults", endpoint="app_ask", status=500, count=99)
    for _ in range(5):
        later(town, minutes=14)
        send()
    with transaction(town.engine) as session:
        expire(session, town.clock.now())
    assert ends(town)[0][:2] == ("arrival", "unknown")
    assert len(shown(sandbox)) == 1


def test_push_that_may_have_been_shown_is_corrected_though_nobody_wants_it_now(
    town: House, family: Family, send: Send, sandbox: SandboxClient
) -> None:
    plan(sandbox, "/faults", endpoint="app_send", after_accept=True, reset=True)
    miss(town, family)
    send()
    tick(town, family, ON_LINE)
    later(town, seconds=10)
    send()
    assert ends(town) == [("no_show", "cancelled", "not_wanted")]
    correct(town, family)
    send()
    assert len(shown(sandbox)) == 2


@pytest.mark.parametrize("answer", ["later", "rate"])
def test_gateway_that_wants_a_while_is_left_in_peace(
    town: House, family: Family, sandbox: SandboxClient, answer: str
) -> None:
    plan(sandbox, "/app-push/plan", answer=answer)
    pass_gate(town, family)
    messenger = AppMessenger(town)
    messenger.drain()
    assert messenger.drain() == 0
    (notice,) = rows(town, Channel.APP)
    # To be too fast is no try of the message.
    assert (notice.state, notice.attempts) == ("pending", 0 if answer == "rate" else 1)
    later(town, seconds=6)
    messenger.drain()
    assert ends(town)[0][1] == "accepted"


def test_key_that_is_refused_stops_the_channel_and_loses_nothing(
    town: House, family: Family, send: Send, sandbox: SandboxClient
) -> None:
    plan(sandbox, "/faults", endpoint="app_send", status=401)
    pass_gate(town, family)
    send()
    (notice,) = rows(town, Channel.APP)
    assert (notice.state, notice.outcome, notice.attempts) == ("pending", "http_401", 0)
    later(town, seconds=61)
    send()
    assert ends(town) == [("arrival", "accepted", "app_202")]


def test_push_the_gateway_can_not_read_is_dead(
    town: House, family: Family, send: Send, sandbox: SandboxClient
) -> None:
    plan(sandbox, "/app-push/plan", answer="invalid")
    pass_gate(town, family)
    send()
    assert ends(town) == [("arrival", "dead", "app_invalid")]
    assert token_of(town, family)


@pytest.mark.parametrize("answer", ["gone_token", "unknown_token"])
def test_app_that_is_gone_is_sent_nothing_more_and_told_of_once(
    town: House, family: Family, send: Send, sandbox: SandboxClient, answer: str
) -> None:
    plan(sandbox, "/app-push/plan", answer=answer)
    pass_gate(town, family)
    later(town, seconds=1)
    miss(town, family)
    send()
    assert token_of(town, family) == ""
    assert ends(town) == [("arrival", "refused", answer), ("no_show", "refused", "no_app")]
    assert told_on_line(town) == ["app_gone"]
    later(town, minutes=1)
    pass_gate(town, family, occurrence=2)
    assert len(rows(town, Channel.APP)) == 2
    assert shown(sandbox) == []


def test_app_connected_anew_meanwhile_stays(
    town: House, family: Family, sandbox: SandboxClient
) -> None:
    pass_gate(town, family)
    with transaction(town.engine) as session:
        (out,) = claim_pushes(session, town.vault, limit=9, now=town.clock.now())
    token = connect(town, family)
    gone = Answer(Outcome.REFUSED, "gone_token", about=About.ADDRESS)
    with transaction(town.engine) as session:
        settle_push(session, town, out, gone, town.clock.now())
    assert token_of(town, family) == token
    assert told_on_line(town) == []


def test_gateway_is_not_believed_that_every_app_is_gone(
    town: House, family: Family, sandbox: SandboxClient
) -> None:
    messenger = AppMessenger(town)
    plan(sandbox, "/app-push/plan", answer="unknown_token", count=MOST_GONE + 1)
    for times in range(1, MOST_GONE + 1):
        connect(town, family)
        later(town, minutes=1)
        pass_gate(town, family, occurrence=times)
        messenger.drain()
        assert token_of(town, family) == ""
    token = connect(town, family)
    later(town, minutes=1)
    pass_gate(town, family, occurrence=MOST_GONE + 1)
    messenger.drain()
    assert token_of(town, family) == token
    doubted = rows(town, Channel.APP)[-1]
    assert (doubted.state, doubted.due_at) == ("pending", town.clock.now() + OTHERS_FIRST)
    pass_gate(town, family, occurrence=MOST_GONE + 2)
    # The gateway is left in peace for a while all the same.
    assert messenger.drain() == 0


def test_push_of_a_dead_sender_is_asked_after_first(
    town: House, family: Family, send: Send, sandbox: SandboxClient
) -> None:
    pass_gate(town, family)
    with transaction(town.engine) as session:
        (out,) = claim_pushes(session, town.vault, limit=9, now=town.clock.now())
    assert send() == 0
    # It left before its sender died.
    take_without_us(town, out.push)
    later(town, seconds=LEASE.total_seconds() + 1)
    send()
    assert ends(town) == [("arrival", "accepted", "taken_before")]
    assert len(shown(sandbox)) == 1


def test_two_senders_show_each_push_once(
    town: House, family: Family, sandbox: SandboxClient
) -> None:
    pass_gate(town, family)
    miss(town, family)
    threads = [threading.Thread(target=AppMessenger(town).drain) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    AppMessenger(town).drain()
    assert {end[1] for end in ends(town)} == {"accepted"}
    assert len(shown(sandbox)) == 2


def test_no_show_that_is_called_off_never_leaves(
    town: House, family: Family, send: Send, sandbox: SandboxClient
) -> None:
    miss(town, family)
    with transaction(town.engine) as session:
        cancel_no_shows(session, [family.student_id], MONDAY, town.clock.now())
    send()
    assert ends(town) == [("no_show", "cancelled", "tap_came")]
    assert shown(sandbox) == []


def test_no_show_read_in_the_app_is_corrected_there_once(
    town: House, family: Family, send: Send, sandbox: SandboxClient
) -> None:
    miss(town, family)
    send()
    later(town, minutes=1)
    correct(town, family)
    correct(town, family)
    send()
    assert [end[:2] for end in ends(town)] == [
        ("no_show", "accepted"),
        ("correction", "accepted"),
    ]
    assert shown(sandbox) == ["小明截至 08:30 尚無刷卡紀錄", "小明已於 07:21 到校"]


def test_app_is_no_rung_of_the_ladder(town: House, family: Family, send: Send) -> None:
    tick(town, family, frozenset(box for box in IN_APP if box[1] != "no_show"))
    miss(town, family)
    run_ladder_tick(town)
    assert rows(town, Channel.APP) == []


def test_push_of_a_restored_backup_is_asked_after_and_told_once(
    town: House, family: Family, send: Send, sandbox: SandboxClient
) -> None:
    pass_gate(town, family)
    with transaction(town.engine) as session:
        (out,) = claim_pushes(session, town.vault, limit=9, now=town.clock.now())
    take_without_us(town, out.push)
    with transaction(town.engine) as session:
        settle_restored(session, town.clock.now(), [], town.clock.now())
    later(town, seconds=LEASE.total_seconds() + 1)
    send()
    assert ends(town) == [("arrival", "accepted", "taken_before")]
    assert len(shown(sandbox)) == 1


def test_channel_that_is_not_set_sends_nothing(town: House, family: Family) -> None:
    pass_gate(town, family)
    unset = replace(
        town, settings=town.settings.model_copy(update={"app_push_url": "", "app_push_key": ""})
    )
    assert AppMessenger(unset).drain() == 0
    assert ends(town) == [("arrival", "pending", None)]
