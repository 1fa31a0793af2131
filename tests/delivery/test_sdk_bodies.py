"""Each template, sent by LINE's own SDK and by our sender: LINE receives the same JSON."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import orjson
import pytest
from linebot.v3.messaging import ApiClient, Configuration, MessagingApi, PushMessageRequest

from core.delivery.line import open_line
from core.kinds import NoticeKind
from core.notices import staff_bubbles
from core.notices.announcement_notices import AnnouncementNews, messages_of
from core.notices.staff_words import Said
from core.notices.templates import content_of, frozen
from core.postback import Action
from core.settings import load_settings
from tests.delivery.test_line import push_of
from tests.factories import MEI
from tests.fakes import FakeLine, fake_line
from tests.notices.test_bubbles import LOCK_SCREEN, facts

PAGE = "https://liff.line.me/1650000000-sandbox1/notices"
NOT_ON_LINE = {NoticeKind.EMAIL_DIGEST}
SAID = Said("標題", "鎖定畫面", ["一句話", "又一句"])
DATA = {action: f"data of {action}" for action in Action}
FOOT = [
    staff_bubbles.open_list(PAGE),
    staff_bubbles.open_announcement(PAGE),
    staff_bubbles.type_word("今日", "今日"),
]
DETAIL = [staff_bubbles.names(["12 王○明"] * 12), staff_bubbles.in_bold("「您好」")]
CHANGES: defaultdict[NoticeKind, list[dict[str, Any]]] = defaultdict(lambda: [{}])
for _kind, _changed, _ in LOCK_SCREEN:
    CHANGES[_kind].append(_changed)


def templates_of(kind: NoticeKind) -> list[bytes]:
    """Return the messages a notice of this kind can hold, at least one."""
    match kind:
        case NoticeKind.ANNOUNCEMENT:
            news = AnnouncementNews(
                announcement_id=uuid4(), number=1, school="榕光國小", title="校慶", body="下週六"
            )
            return [frozen(messages_of(news, PAGE, datetime.now(UTC)))]
        case NoticeKind.REVIEW:
            rows = [staff_bubbles.ReviewRow("12 王○明", DATA)] * 25
            return [frozen(one) for one in staff_bubbles.reviews(SAID, "603", rows)]
        case NoticeKind.HELD:
            return [frozen(staff_bubbles.held(SAID, "603", DATA, PAGE))]
        case NoticeKind.MAKE_UP_ASKED:
            return [frozen(staff_bubbles.asked_tap(SAID, "603", DATA, PAGE))]
        case NoticeKind.HELP_ASKED:
            return [frozen(staff_bubbles.help_asked(SAID, "603", DATA, "王○明"))]
    try:
        return [content_of(kind, facts(**changed)) for changed in CHANGES[kind]]
    except KeyError as error:
        # For staff.
        assert error.args == (kind,)
    return [frozen(staff_bubbles.news(kind, SAID, "603", detail=DETAIL, foot=FOOT))]


@pytest.fixture(scope="module")
def line() -> Iterator[FakeLine]:
    """A LINE that both send to."""
    with fake_line() as line:
        yield line


@pytest.fixture(scope="module")
def sdk(line: FakeLine) -> Iterator[MessagingApi]:
    """LINE's own way."""
    with ApiClient(Configuration(host=line.origin, access_token="the-token")) as client:
        yield MessagingApi(client)


def _sent_by_us(line: FakeLine, content: bytes, *, is_silent: bool) -> None:
    async def push() -> None:
        settings = load_settings(_env_file=None, line_api_base=line.origin)
        async with open_line(settings, 1) as ours:
            await ours.push(push_of(content, is_silent=is_silent), "the-token")

    asyncio.run(push())


def _sent_by_sdk(sdk: MessagingApi, content: bytes, *, is_silent: bool) -> None:
    body = {"to": MEI, "messages": orjson.loads(content), "notificationDisabled": is_silent}
    request = PushMessageRequest.from_dict(body)
    assert request is not None
    sdk.push_message(request, x_line_retry_key=str(uuid4()), _request_timeout=(3, 10))


@pytest.mark.parametrize("is_silent", [False, True])
@pytest.mark.parametrize("kind", [kind for kind in NoticeKind if kind not in NOT_ON_LINE])
def test_line_receives_of_us_what_it_receives_of_its_sdk(
    kind: NoticeKind, is_silent: bool, line: FakeLine, sdk: MessagingApi
) -> None:
    for content in templates_of(kind):
        _sent_by_us(line, content, is_silent=is_silent)
        _sent_by_sdk(sdk, content, is_silent=is_silent)
        ours, theirs = (
            {name: part for name, part in request.items() if name != "key"}
            for request in line.requests[-2:]
        )
        assert ours == theirs
        assert ours["messages"] == orjson.loads(content)
