"""What a person can send from the phone, and how the app is told of it."""

import csv
import io
import zipfile
from typing import Any

import pytest
from linebot.v3.webhooks import (
    AudioMessageContent,
    CallbackRequest,
    FileMessageContent,
    ImageMessageContent,
    LocationMessageContent,
    MessageEvent,
    StickerMessageContent,
    UnsendEvent,
    VideoMessageContent,
)

from tests.sandbox.client import SandboxClient
from tests.sandbox.fake_app import FakeApp

ROSTER = "學校代碼,學號\n353607,1110001\n".encode()
PLACE = {"title": "學校", "address": "臺北市", "latitude": 25.03, "longitude": 121.5}


@pytest.mark.parametrize(
    ("name", "media_type"),
    [("603.csv", "text/csv"), ("603.xlsx", "application/vnd.ms-excel"), ("名冊 603.csv", "")],
)
def test_file_reaches_the_app_with_its_name_and_size(
    sandbox: SandboxClient, app: FakeApp, name: str, media_type: str
) -> None:
    officer = sandbox.friend("王淑芬")
    answer = attach(sandbox, officer, "file", name, ROSTER, media_type)
    content = told(app, FileMessageContent)
    assert (content.id, content.file_name) == (answer.json()["message_id"], name)
    assert content.file_size == len(ROSTER)
    assert last(sandbox, "王淑芬")["message"] == {
        "type": "file",
        "fileName": name,
        "fileSize": len(ROSTER),
    }


@pytest.mark.parametrize(
    ("kind", "model"),
    [
        ("image", ImageMessageContent),
        ("video", VideoMessageContent),
        ("audio", AudioMessageContent),
    ],
)
def test_media_reach_the_app_as_line_provides_them(
    sandbox: SandboxClient, app: FakeApp, kind: str, model: type[Any]
) -> None:
    mother = sandbox.friend()
    attach(sandbox, mother, kind, f"x.{kind}", b"\x00\x01", f"{kind}/x")
    content = told(app, model)
    assert content.content_provider.type == "line"
    assert kind == "image" or content.duration > 0


def test_sent_bytes_can_be_fetched_until_they_are_unsent(
    sandbox: SandboxClient, app: FakeApp
) -> None:
    officer = sandbox.friend("王淑芬")
    message_id = attach(sandbox, officer, "file", "603.csv", ROSTER, "text/csv").json()[
        "message_id"
    ]
    kept = sandbox.get(f"/phone/content/{message_id}")
    sandbox.post(f"/phone/{officer}/unsend", {"message_id": message_id})
    gone = sandbox.get(f"/phone/content/{message_id}")
    assert (kept.status_code, kept.content) == (200, ROSTER)
    assert kept.headers["content-disposition"].startswith("attachment")
    assert gone.status_code == 404
    event = CallbackRequest.from_dict(app.wait_for("/line/webhook", 3)[2].json()).events[0]
    assert isinstance(event, UnsendEvent)
    assert event.unsend.message_id == message_id
    shown = [row["message"].get("text") for row in sandbox.person("王淑芬")["messages"]]
    assert shown == ["已加入好友", "已收回訊息"]


def test_nobody_can_take_back_what_the_account_said(sandbox: SandboxClient) -> None:
    mother = sandbox.friend()
    message_id = sandbox.push(mother).json()["sentMessages"][0]["id"]
    answer = sandbox.post(f"/phone/{mother}/unsend", {"message_id": message_id})
    assert answer.status_code == 404


def test_sticker_carries_its_words(sandbox: SandboxClient, app: FakeApp) -> None:
    mother = sandbox.friend()
    body = {"package_id": "11537", "sticker_id": "52002734", "keywords": ["OK"]}
    sandbox.post(f"/phone/{mother}/sticker", body)
    content = told(app, StickerMessageContent)
    assert (content.package_id, content.sticker_id) == ("11537", "52002734")
    assert (content.sticker_resource_type, content.keywords) == ("STATIC", ["OK"])


def test_place_carries_its_coordinates(sandbox: SandboxClient, app: FakeApp) -> None:
    mother = sandbox.friend()
    sandbox.post(f"/phone/{mother}/location", PLACE)
    content = told(app, LocationMessageContent)
    assert (content.title, content.latitude, content.longitude) == ("學校", 25.03, 121.5)


def test_sample_roster_is_a_file_the_import_would_read(sandbox: SandboxClient) -> None:
    officer = sandbox.friend("王淑芬")
    answer = sandbox.call("POST", f"/phone/{officer}/sample/roster?school_code=373602")
    data = sandbox.get(f"/phone/content/{answer.json()['message_id']}").content
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
    assert [row["姓名"] for row in rows] == ["學生3", "學生4"]
    assert (rows[0]["學校代碼"], rows[0]["入學學年度"], rows[0]["年級"]) == ("373602", "111", "5")
    assert last(sandbox, "王淑芬")["message"]["fileName"] == "名冊-373602.csv"


def test_sample_photo_and_voice_need_no_file_at_hand(sandbox: SandboxClient, app: FakeApp) -> None:
    mother = sandbox.friend()
    photo = sandbox.call("POST", f"/phone/{mother}/sample/photo").json()["message_id"]
    sandbox.call("POST", f"/phone/{mother}/sample/voice")
    answer = sandbox.get(f"/phone/content/{photo}")
    assert answer.headers["content-type"] == "image/png"
    voice = app.wait_for_events(3)[2]["message"]
    assert (voice["type"], voice["duration"]) == ("audio", 3000)


def test_workbook_is_kept_byte_for_byte(sandbox: SandboxClient) -> None:
    book = io.BytesIO()
    with zipfile.ZipFile(book, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    officer = sandbox.friend("王淑芬")
    answer = attach(sandbox, officer, "file", "603.xlsx", book.getvalue(), "")
    kept = sandbox.get(f"/phone/content/{answer.json()['message_id']}")
    assert kept.content == book.getvalue()


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("sticker", {"package_id": "1"}, 400),
        ("location", PLACE | {"latitude": 91}, 400),
        ("location", PLACE | {"longitude": True}, 400),
        ("unsend", {"message_id": "1"}, 404),
        ("sample/elephant", {}, 404),
        ("attachment?kind=elephant&name=x", {}, 400),
        ("device", {"device": "fridge"}, 400),
    ],
)
def test_nonsense_from_a_phone_is_refused(
    sandbox: SandboxClient, path: str, body: object, status: int
) -> None:
    assert sandbox.post(f"/phone/{sandbox.friend()}/{path}", body).status_code == status


def test_empty_file_is_refused(sandbox: SandboxClient) -> None:
    assert attach(sandbox, sandbox.friend(), "file", "x.csv", b"", "text/csv").status_code == 400


def test_blocked_phone_sends_no_file(sandbox: SandboxClient) -> None:
    mother = sandbox.friend()
    sandbox.post(f"/phone/{mother}/block")
    assert attach(sandbox, mother, "file", "x.csv", b"x", "text/csv").status_code == 409


def attach(
    sandbox: SandboxClient, user_id: str, kind: str, name: str, data: bytes, media_type: str
) -> Any:
    headers = {"content-type": media_type} if media_type else {}
    return sandbox.call(
        "POST",
        f"/phone/{user_id}/attachment",
        params={"kind": kind, "name": name},
        data=data,
        headers=headers,
    )


def told(app: FakeApp, model: type[Any]) -> Any:
    """Return the message of the second event as LINE's own library reads it."""
    event = CallbackRequest.from_dict(app.wait_for("/line/webhook", 2)[1].json()).events[0]
    assert isinstance(event, MessageEvent)
    assert isinstance(event.message, model)
    return event.message


def last(sandbox: SandboxClient, name: str) -> dict[str, Any]:
    row: dict[str, Any] = sandbox.person(name)["messages"][-1]
    return row
