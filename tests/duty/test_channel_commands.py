"""The channel commands: what they set and show, and what they refuse."""

import pytest
from click.testing import CliRunner, Result

from core.db import transaction
from core.duty.channel_commands import channel_commands
from core.house import House
from core.settings import Settings, load_settings
from tests.factories import make_school


@pytest.fixture
def settings(house: House, database_url: str) -> Settings:
    """Settings of a process in the first semester of 115; one school."""
    with transaction(house.engine) as session:
        make_school(session)
    return load_settings(
        _env_file=None, database_url=database_url, clock_now="2026-11-23T07:20:00+08:00"
    )


def run(settings: Settings, *words: str) -> Result:
    return CliRunner().invoke(channel_commands, words, obj=settings)


def test_city_offers_and_a_school_narrows(settings: Settings) -> None:
    assert run(settings, "set", "email", "offered").output == "email offered\n"
    assert run(settings, "set", "email", "offered").output == "already so\n"
    narrowed = ("set", "email", "best_effort", "--note", "寄信較慢", "--school", "353607")
    assert run(settings, *narrowed).exit_code == 0
    assert run(settings, "list", "--school", "353607").output.splitlines() == [
        "353607 115-1",
        "line: offered",
        "email: best_effort 寄信較慢",
        "sms: not_offered",
        "app: not_offered (no sender)",
    ]
    assert "email: not_offered" in run(settings, "list", "--term", "next").output


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["line", "not_offered"], "best_effort is the least"),
        (["app", "offered"], "app has no sender here"),
        (["sms", "offered", "--school", "353607"], "a school can only narrow it"),
        (["line", "best_effort", "--note", "慢" * 41], "40 characters at most"),
        (["line", "best_effort", "--note", "看 https://x.example"], "no addresses"),
        (["line", "best_effort", "--school", "999999"], "There is no school 999999"),
    ],
)
def test_refusal_says_what_to_do_and_writes_nothing(
    settings: Settings, words: list[str], hint: str
) -> None:
    before = run(settings, "list").output
    result = run(settings, "set", *words)
    assert (result.exit_code, hint in result.output) == (1, True), result.output
    assert run(settings, "list").output == before
