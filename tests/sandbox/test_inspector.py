"""The inspector: for checkers by HTTP, for people as a page; never for the app's token."""

import uuid

from tests.sandbox.client import SandboxClient, text


def test_every_message_tells_when_how_and_at_what_price(sandbox: SandboxClient) -> None:
    mother, key = sandbox.friend(), str(uuid.uuid4())
    answer = sandbox.push(mother, text("小晴 07:41 到校"), key=key, notificationDisabled=True)
    (row,) = sandbox.seen(mother)
    assert row == {
        "at": row["at"],
        "user_id": mother,
        "name": "林雅婷",
        "kind": "push",
        "alert": "silent",
        "billed": 1,
        "retry_key": key,
        "request_id": answer.headers["x-line-request-id"],
        "message_id": answer.json()["sentMessages"][0]["id"],
        "message": text("小晴 07:41 到校"),
    }
    assert row["at"].startswith("2026-11-23T07:20:0")
    assert row["at"].endswith("+08:00")


def test_why_a_message_did_not_arrive_is_told(sandbox: SandboxClient) -> None:
    mother, father = sandbox.friend(), sandbox.user_id("林志遠")
    sandbox.post(f"/phone/{mother}/block")
    sandbox.push(mother)
    sandbox.push(father)
    rows = sandbox.get("/inspect/undelivered").json()
    assert [(row["user_id"], row["reason"], row["alert"]) for row in rows] == [
        (mother, "blocked", "none"),
        (father, "not a friend", "none"),
    ]
    narrowed = sandbox.get("/inspect/undelivered", params={"user_id": father}).json()
    assert narrowed == [rows[1]]


def test_ledger_ties_keys_to_accepted_requests(sandbox: SandboxClient) -> None:
    mother, key = sandbox.friend(), str(uuid.uuid4())
    sandbox.fault(endpoint="push", status=500, after_accept=True)
    answers = [sandbox.push(mother, key=key) for _ in range(2)]
    entry = sandbox.get("/inspect/ledger").json()["keys"][key]
    assert [attempt["status"] for attempt in entry["attempts"]] == [500, 409]
    accepted = answers[1].headers["x-line-accepted-request-id"]
    assert entry["accepted_request_ids"] == [accepted]
    assert len(entry["message_ids"]) == 1


def test_ledger_lists_keyless_and_unauthorised_attempts(sandbox: SandboxClient) -> None:
    body = {"to": sandbox.friend(), "messages": [text("a")]}
    sandbox.push(body["to"])
    sandbox.post("/v2/bot/message/push", body, headers={"Authorization": "Bearer wrong"})
    attempts = sandbox.get("/inspect/ledger").json()["keyless"]
    assert [attempt["status"] for attempt in attempts] == [200, 401]


def test_app_with_its_token_is_kept_out(sandbox: SandboxClient) -> None:
    assert sandbox.line("GET", "/inspect/messages").status_code == 403


def test_page_shows_the_newest_first_with_reasons_in_words(sandbox: SandboxClient) -> None:
    mother = sandbox.friend()
    sandbox.push(mother, text("第一則"))
    sandbox.post(f"/phone/{mother}/block")
    sandbox.push(mother, text("第二則"))
    page = sandbox.get("/inspect/").text
    assert page.index("第二則") < page.index("第一則")
    assert "沒有送到：已封鎖帳號" in page
    assert "有聲" in page
    other = sandbox.get("/inspect/", params={"user_id": sandbox.user_id("林志遠")}).text
    assert "還沒有訊息" in other


def test_page_writes_messages_as_text_not_as_html(sandbox: SandboxClient) -> None:
    sandbox.push(sandbox.friend(), text("<script>alert(1)</script>"))
    assert "<script>alert" not in sandbox.get("/inspect/").text
