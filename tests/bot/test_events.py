"""Stored events as values: what we know, what we leave alone."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.events import Happening, parse_event
from tests.bot.happenings import make_event, make_follow, make_postback, make_text, make_unfollow
from tests.factories import MEI


def parsed(event: dict[str, Any]) -> Any:
    return parse_event(json.dumps(event).encode())


def test_a_typed_message_keeps_its_words() -> None:
    incoming = parsed(make_text("今天"))

    assert (incoming.happening, incoming.content) == (Happening.TEXT, "今天")
    assert (incoming.line_user_id, incoming.room) == (MEI, None)


def test_what_no_database_can_hold_is_left_out_of_words() -> None:
    assert parsed(make_text("今\x00天\ud83d\n")).content == "今天\n"
    assert parsed(make_postback("a\x00b")).content == "ab"


@pytest.mark.parametrize("timestamp", [-(10**15), 10**15, 10**20, -(10**20), 10**400])
def test_event_of_no_possible_moment_is_left_alone(timestamp: int) -> None:
    assert parsed(make_text("今天") | {"timestamp": timestamp}) is None


def test_follow_says_whether_a_block_was_lifted() -> None:
    assert parsed(make_follow(is_unblocked=True)).is_unblocked
    assert not parsed(make_follow()).is_unblocked


def test_unfollow_has_no_reply_token() -> None:
    incoming = parsed(make_unfollow())

    assert (incoming.happening, incoming.reply_token) == (Happening.UNFOLLOW, None)


def test_a_pressed_button_brings_its_data() -> None:
    assert parsed(make_postback("sealed")).content == "sealed"


@pytest.mark.parametrize(
    ("source", "room"),
    [
        ({"type": "group", "groupId": "C1", "userId": MEI}, ("group", "C1")),
        ({"type": "room", "roomId": "R1"}, ("room", "R1")),
    ],
)
def test_groups_and_rooms_are_told_apart(source: dict[str, str], room: tuple[str, str]) -> None:
    assert parsed(make_event("join", source=source)).room == room


@pytest.mark.parametrize("kind", ["sticker", "image", "location"])
def test_other_messages_keep_their_kind(kind: str) -> None:
    more = {
        "sticker": {"packageId": "1", "stickerId": "2", "stickerResourceType": "STATIC"},
        "image": {"contentProvider": {"type": "line"}},
        "location": {"latitude": 25.0, "longitude": 121.5},
    }[kind]
    message = {"id": "1", "type": kind, "quoteToken": "q", "markAsReadToken": "m", **more}

    assert parsed(make_event("message", message=message)).content == kind


@pytest.mark.parametrize(
    "event",
    [
        make_event("brandNew"),
        make_event("beacon", beacon={"hwid": "d41d8cd98f", "type": "enter"}),
        make_event("message", message={"id": "1", "type": "hologram"}),
        make_text("今天", mode="newMode"),
        {"type": "accountLink", "link": {"result": "failed", "nonce": "n"}},
        {},
    ],
)
def test_what_we_do_not_know_is_nothing(event: dict[str, Any]) -> None:
    assert parsed(event) is None


def test_a_file_has_a_name_an_id_and_a_size() -> None:
    message = {
        "id": "1",
        "type": "file",
        "fileName": "a.csv",
        "fileSize": 3,
        "markAsReadToken": "m",
    }

    found = parsed(make_event("message", message=message))

    assert (found.happening, found.content) == (Happening.FILE, "a.csv")
    assert (found.message_id, found.file_size) == ("1", 3)


def test_a_message_taken_back_is_named() -> None:
    found = parsed(make_event("unsend", unsend={"messageId": "7"}))

    assert (found.happening, found.content) == (Happening.UNSEND, "7")


def test_a_tab_between_menus_is_no_button_of_ours() -> None:
    event = make_event("postback", postback={"data": "tab", "params": {"newRichMenuAliasId": "x"}})

    assert parsed(event) is None


def test_a_new_property_does_no_harm() -> None:
    assert parsed(make_text("今天", brandNew={"a": 1})).content == "今天"


def test_standby_means_silence() -> None:
    assert parsed(make_text("今天", mode="standby")).is_silent


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@given(changed=st.dictionaries(st.sampled_from(sorted(make_text("x"))), JSON, max_size=3))
def test_any_damage_gives_a_value_or_nothing(changed: dict[str, Any]) -> None:
    incoming = parsed(make_text("今天") | changed)
    assert incoming is None or incoming.happening in Happening
