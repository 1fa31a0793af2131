"""An announcement leads nobody to a page of others."""

import pytest

from core.announcements.texts import clean_body, foreign_hosts
from core.errors import InputError

OWN = "1660000001-Own1Page"


@pytest.mark.parametrize(
    "text",
    [
        "請看 https://www.gov.taipei/a?b=1，謝謝。",
        "請看https://rg.tp.edu.tw/form#x",
        "https://moe.gov.tw:8443/ www.edu.tw",
        "有疑問請寫信到 office@rg.tp.edu.tw。",
        "第 3.5 節、07:50、1/2、A.B",
        f"請假：https://liff.line.me/{OWN}/leaves/new?child=1，或 https://liff.line.me/{OWN}.",
    ],
)
def test_pages_of_the_city_and_the_schools_may_be_named(text: str) -> None:
    assert foreign_hosts(text, OWN) == []
    assert clean_body(text, OWN) == text


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ("https://evil.example/gov.tw", ["evil.example"]),
        ("請按http://bit.ly/2abc。", ["bit.ly"]),
        ("www.evil.com.", ["www.evil.com"]),
        ("evil.com/login", ["evil.com"]),
        ("https://notgov.tw/", ["notgov.tw"]),
        ("https://gov.tw@evil.com/", ["https://gov.tw@evil.com/"]),
        ("https://evil.com\\.gov.tw", ["https://evil.com\\.gov.tw"]),
        ("HTTPS://EVIL.COM HTTPS://evil.com", ["evil.com"]),
        ("a@evil.com", ["evil.com"]),
        # Anybody may have a LIFF app: the host says nothing of whose page it is.
        *(
            (address, [address])
            for address in (
                "https://liff.line.me/1650000000-Ev1lPage",
                "https://liff.line.me/",
                f"https://liff.line.me/{OWN}x/home",
                f"https://liff.line.me/{OWN}/../1650000000-Ev1lPage",
                f"https://liff.line.me/{OWN}/%2e%2e/1650000000-Ev1lPage",
                f"https://liff.line.me/{OWN}\\..\\1650000000-Ev1lPage",
                f"https://liff.line.me@evil.com/{OWN}",
            )
        ),
        (f"https://evil.liff.line.me/{OWN}", ["evil.liff.line.me"]),
    ],
)
def test_others_are_refused_by_their_host(text: str, hosts: list[str]) -> None:
    assert foreign_hosts(text, OWN) == hosts
    with pytest.raises(InputError) as refused:
        clean_body(text, OWN)
    assert refused.value.code == "foreign_link"
