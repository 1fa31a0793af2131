"""The documents say what is true: settings, commands, links and terms."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from pydantic import SecretStr

from app import main
from core.db import metadata
from core.errors import ConfigError
from core.settings import Settings, load_settings

ROOT = Path(__file__).resolve().parents[1]
CONFIGURATION = ROOT / "docs" / "configuration.md"
EXAMPLE = ROOT / ".env.example"
GLOSSARY = ROOT / "docs" / "glossary.md"
READMES = sorted(ROOT.glob("README*.md"))
PAGES = [*READMES, *sorted(ROOT.glob("docs/**/*.md"))]
SETTINGS = {name.upper() for name in Settings.model_fields}
PARTS = ["Meaning", "Default", "Example", "When wrong"]

FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`[^`\n]+`")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)|(?:src|href|srcset)=\"([^\"]+)\"")
SECTION = re.compile(r"^### `([A-Z0-9_]+)`\n(.*?)(?=^##|\Z)", re.MULTILINE | re.DOTALL)
ASSIGNMENT = re.compile(r"^#?([A-Z0-9_]+)=(.*)$", re.MULTILINE)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _code(path: Path) -> str:
    text = _text(path)
    return "\n".join(FENCED.findall(text) + SPAN.findall(FENCED.sub("", text)))


def _anchors(path: Path) -> set[str]:
    headings = HEADING.findall(FENCED.sub("", _text(path)))
    return {re.sub(r"[^\w\- ]", "", one.strip().lower()).replace(" ", "-") for one in headings}


def _relative_links(path: Path) -> Iterator[str]:
    prose = SPAN.sub("", FENCED.sub("", _text(path)))
    for markdown, html in LINK.findall(prose):
        target = markdown or html
        if not re.match(r"[a-z][a-z+.-]*:|//", target):
            yield target


def _resolves(page: Path, target: str) -> bool:
    name, _, anchor = target.partition("#")
    aim = (page.parent / name) if name else page
    if not aim.exists():
        return False
    return not anchor or aim.suffix != ".md" or anchor in _anchors(aim)


def _named_commands() -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for page in PAGES:
        found.update(re.findall(r"\bapp\.py ([a-z][a-z-]*)(?: ([a-z][a-z-]*))?", _code(page)))
    return found


def _is_command(name: str, second: str) -> bool:
    command = main.commands.get(name)
    if isinstance(command, click.Group):
        return not second or second in command.commands
    return command is not None


def test_configuration_page_has_a_section_for_every_setting_and_nothing_else() -> None:
    sections = [name for name, _ in SECTION.findall(_text(CONFIGURATION))]
    assert len(sections) == len(set(sections))
    assert set(sections) == SETTINGS


def test_every_section_says_meaning_default_example_and_what_goes_wrong() -> None:
    for name, body in SECTION.findall(_text(CONFIGURATION)):
        assert re.findall(r"^- \*\*(.+?)\*\*: ", body, re.MULTILINE) == PARTS, name


def test_table_of_required_settings_is_what_production_refuses_to_go_without() -> None:
    rows = dict(
        re.findall(r"^\| \[`([A-Z0-9_]+)`\].*\| (\w+) \|$", _text(CONFIGURATION), re.MULTILINE)
    )
    with pytest.raises(ConfigError) as refused:
        load_settings(_env_file=None, app_env="production")
    wanted = {fault.name for fault in refused.value.faults} | {"APP_ENV"}
    assert set(rows) == SETTINGS
    assert {name for name, need in rows.items() if need == "required"} == wanted


def test_secrets_that_may_come_from_a_file_are_named() -> None:
    section = _text(CONFIGURATION).split("### Secrets from files")[1].split("\n### ")[0]
    secrets = {
        name.upper()
        for name, field in Settings.model_fields.items()
        if field.annotation is SecretStr
    }
    assert {name for name in SETTINGS if f"`{name}`" in section} == secrets


def test_example_file_names_every_setting_once_and_nothing_else() -> None:
    names = [name for name, _ in ASSIGNMENT.findall(_text(EXAMPLE))]
    assert len(names) == len(set(names))
    assert set(names) == SETTINGS


def test_every_setting_of_the_example_file_has_one_line_of_comment() -> None:
    _, *groups = _text(EXAMPLE).strip().split("\n\n")
    for lines in (group.splitlines() for group in groups):
        assert all(line.startswith("# ") for line in lines[0::2]), lines
        assert all(ASSIGNMENT.match(line) for line in lines[1::2]), lines
        assert len(lines) % 2 == 0, lines


def test_example_file_as_it_stands_changes_nothing() -> None:
    active = [line for line in _text(EXAMPLE).splitlines() if line and not line.startswith("#")]
    assert active == []


def test_values_of_the_example_file_are_the_development_defaults() -> None:
    values = {name.lower(): value for name, value in ASSIGNMENT.findall(_text(EXAMPLE))}
    settings = load_settings(_env_file=None, **values)
    changed = {
        name
        for name, field in Settings.model_fields.items()
        if getattr(settings, name) != field.default
    }
    # The clock has no default to show: it is the true time.
    assert changed == {"clock_now"}


def test_every_make_target_a_readme_names_exists() -> None:
    named = {name for page in READMES for name in re.findall(r"\bmake ([a-z-]+)", _code(page))}
    if not named:
        pytest.skip("no README names a make target")
    targets = re.findall(r"^([a-z-]+):", _text(ROOT / "Makefile"), re.MULTILINE)
    assert named <= set(targets)


def test_every_command_a_page_names_exists() -> None:
    named = _named_commands()
    assert named
    assert [" ".join(one).strip() for one in sorted(named) if not _is_command(*one)] == []


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_relative_link_resolves(page: Path) -> None:
    assert [target for target in _relative_links(page) if not _resolves(page, target)] == []


def test_every_table_is_a_term_of_the_glossary() -> None:
    terms = set(re.findall(r"`(\w+)` \(table\)", _text(GLOSSARY)))
    assert terms == set(metadata().tables)
