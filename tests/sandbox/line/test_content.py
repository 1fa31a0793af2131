"""Files people send: prepared, fetched, taken back."""

import base64
import io
from typing import Any

import pytest
from PIL import Image

from tests.sandbox.client import Json, SandboxClient
from tests.sandbox.fake_app import FakeApp

ROSTER = "學號,姓名\n11100001,小晴\n".encode("cp950")


def test_file_comes_as_an_event_and_its_bytes_can_be_fetched(
    sandbox: SandboxClient, app: FakeApp
) -> None:
    message_id = _send(sandbox, type="file", file_name="名冊.csv", media_type="text/csv")
    message = app.wait_for_events(2)[1]["message"]
    assert (message["id"], message["fileName"], message["fileSize"]) == (
        message_id,
        "名冊.csv",
        len(ROSTER),
    )
    answer = _get(sandbox, message_id)
    assert (answer.status_code, answer.content) == (200, ROSTER)
    assert answer.headers["Content-Type"].startswith("text/csv")


def test_video_is_prepared_first(sandbox: SandboxClient) -> None:
    message_id = _send(sandbox, type="video", preparing_seconds=60)
    early = [_get(sandbox, message_id).status_code, _transcoding(sandbox, message_id)]
    sandbox.set_clock("2026-11-23T07:22:00+08:00")
    late = [_get(sandbox, message_id).status_code, _transcoding(sandbox, message_id)]
    assert (early, late) == ([202, "processing"], [200, "succeeded"])


def test_failed_preparation_gives_nothing(sandbox: SandboxClient) -> None:
    message_id = _send(sandbox, type="video", fails=True)
    assert _transcoding(sandbox, message_id) == "failed"
    assert _get(sandbox, message_id).status_code == 404


def test_unsent_file_is_gone(sandbox: SandboxClient, app: FakeApp) -> None:
    message_id = _send(sandbox, type="file")
    body = {"message_id": message_id}
    assert sandbox.post(f"/inspect/people/{sandbox.user_id()}/unsend", body).status_code == 204
    event = app.wait_for_events(3)[2]
    assert (event["type"], event["unsend"]) == ("unsend", {"messageId": message_id})
    assert "replyToken" not in event
    answer = _get(sandbox, message_id)
    assert (answer.status_code, answer.json()) == (410, {"message": "The content is gone"})
    assert message_id not in [row["id"] for row in sandbox.person()["messages"]]


def test_unknown_content_is_not_found(sandbox: SandboxClient) -> None:
    for end in ("", "/preview", "/transcoding"):
        assert _get(sandbox, f"1{end}" if end else "1").status_code == 404


def test_picture_has_a_small_preview(sandbox: SandboxClient) -> None:
    out = io.BytesIO()
    Image.new("RGB", (1000, 500)).save(out, "PNG")
    message_id = _send(sandbox, data=out.getvalue(), type="image", media_type="image/png")
    path = f"/v2/bot/message/{message_id}/content/preview"
    small = Image.open(io.BytesIO(sandbox.line("GET", path).content))
    assert (small.format, small.size) == ("JPEG", (240, 120))


@pytest.mark.parametrize("body", [{"type": "text"}, {"type": "file", "data": "not base64!"}])
def test_media_of_the_wrong_form_is_refused(sandbox: SandboxClient, body: Json) -> None:
    assert sandbox.post(f"/inspect/people/{sandbox.user_id()}/media", body).status_code == 400


def _send(sandbox: SandboxClient, data: bytes = ROSTER, **more: Any) -> str:
    body = {"data": base64.b64encode(data).decode(), **more}
    answer = sandbox.post(f"/inspect/people/{sandbox.friend()}/media", body)
    assert answer.status_code == 201
    return str(answer.json()["message_id"])


def _get(sandbox: SandboxClient, message_id: str) -> Any:
    return sandbox.line("GET", f"/v2/bot/message/{message_id}/content")


def _transcoding(sandbox: SandboxClient, message_id: str) -> str:
    path = f"/v2/bot/message/{message_id}/content/transcoding"
    return str(sandbox.line("GET", path).json()["status"])
