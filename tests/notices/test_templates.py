"""Messages from templates say, byte for byte, what the builder of bubbles says."""

from datetime import timedelta
from typing import Any

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.kinds import NoticeKind
from core.notices.bubbles import messages_for
from core.notices.templates import CHILD, PAGE, content_of, frozen, template_of
from core.people.names import clean_name, given_name
from tests.notices.test_bubbles import LOCK_SCREEN, at, facts

NAMES = st.one_of(
    st.text(alphabet="晴禾恩睿妍翔宇·A ", min_size=1, max_size=12),
    st.text(min_size=1, max_size=40).map(lambda text: clean_name(text) or "小明").map(given_name),
)
LIFF = "https://liff.line.me/1650000000-sandbox1"


@given(case=st.sampled_from(LOCK_SCREEN), child=NAMES, page=st.uuids(), later=st.integers(0, 59))
@example(case=LOCK_SCREEN[3], child='"\\晴', page="x", later=0)
@example(case=LOCK_SCREEN[0], child="娜 Lee 娜", page="x", later=59)
def test_template_says_what_the_builder_says(
    case: Any, child: str, page: object, later: int
) -> None:
    kind, changed, _ = case
    known = {"child": child, "link": f"{LIFF}/children/{page}", "at": at(7, 41)} | changed
    if known["at"] is not None:
        known["at"] += timedelta(seconds=later)
    said = facts(**known)
    assert content_of(kind, said) == frozen(messages_for(kind, said))


def test_children_of_one_minute_share_a_template() -> None:
    template_of.cache_clear()
    for child, second in (("小晴", 1), ("小安", 30), ("以安", 59)):
        moment = at(7, 41).replace(second=second)
        content_of(NoticeKind.ARRIVAL, facts(child=child, at=moment))
    assert template_of.cache_info().misses == 1


def test_name_with_quotes_stays_inside_its_text() -> None:
    said = orjson.loads(content_of(NoticeKind.ARRIVAL, facts(child='小"}]晴')))
    assert said[0]["altText"] == '小"}]晴 07:41 到校'


def test_missing_fact_is_an_error_with_a_template_too() -> None:
    with pytest.raises(KeyError):
        content_of(NoticeKind.NO_SHOW, facts(cutoff=None))


def test_no_mark_is_left_in_a_message() -> None:
    for kind, changed, _ in LOCK_SCREEN:
        content = content_of(kind, facts(**changed)).decode()
        assert CHILD not in content
        assert PAGE not in content
