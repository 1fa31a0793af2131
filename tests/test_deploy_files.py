"""What operators copy is true: settings and series exist, files can be read, alerts have pages."""

import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from app import assemble, main
from core.db import transaction
from core.duty.scheduler import TICKS
from core.house import House
from core.settings import Settings
from core.watch.metrics import metrics_page
from core.watch.writing import WriteProbe
from liff.signed import sign
from liff.staff.roster import MOST_BODY
from tests.plain_yaml import NotPlain, read_yaml
from tests.watch.series import fill_every_series

ROOT = Path(__file__).resolve().parents[1]
DEPLOY = ROOT / "docs" / "deploy"
RUNBOOKS = ROOT / "docs" / "runbooks"
HEADINGS = ["What it means", "Look at", "Do", "Over when"]
YAML = sorted([*DEPLOY.glob("*.yml"), *DEPLOY.glob("*.yaml")])
UNITS = sorted([*DEPLOY.glob("*.service"), *DEPLOY.glob("*.timer")])
# What belongs to PostgreSQL's library and to its image.
NOT_OURS = {"PGPASSFILE", "POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD_FILE"}
SETTINGS = {name.upper() for name in Settings.model_fields}
SERIES = re.compile(r"\bgate_[a-z_]+")


def text_of(name: str) -> str:
    return (DEPLOY / name).read_text(encoding="utf-8")


def alerts() -> list[dict[str, Any]]:
    groups: Any = read_yaml(text_of("alerts.yml"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def expressions() -> Iterator[str]:
    yield from (rule["expr"] for rule in alerts())
    for panel in json.loads(text_of("grafana.json"))["panels"]:
        yield from (target["expr"] for target in panel["targets"])


@pytest.mark.parametrize("path", YAML, ids=lambda one: one.name)
def test_yaml_can_be_read(path: Path) -> None:
    assert read_yaml(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "line", ["a: b", "a: {b: 1}", " a: 1", "a: |", "a", "a: 'b'", "a: 1\na: 2"]
)
def test_yaml_that_could_be_read_in_two_ways_is_refused(line: str) -> None:
    with pytest.raises(NotPlain):
        read_yaml(line)


@pytest.fixture
def series(house: House) -> set[str]:
    """The names of all series, as Prometheus reads them on a full day."""
    with transaction(house.engine) as session:
        fill_every_series(session, house.clock.now())
    settings = house.settings.model_copy(update={"canary_line_user_id": "U" + "c" * 32})
    page = metrics_page(replace(house, settings=settings), WriteProbe()).decode()
    return {re.split("[{ ]", line)[0] for line in page.splitlines() if not line.startswith("#")}


def test_every_series_of_alerts_and_dashboard_is_on_the_page(series: set[str]) -> None:
    named = {name for one in expressions() for name in SERIES.findall(one)}
    assert len(named) > 15
    assert named - series == set()


def test_every_series_a_runbook_names_is_on_the_page(series: set[str]) -> None:
    pages = (path.read_text(encoding="utf-8") for path in RUNBOOKS.glob("*.md"))
    named = {name for page in pages for name in SERIES.findall(page)}
    assert named - series == set()


def test_every_label_an_expression_picks_is_one_the_page_has() -> None:
    source = (ROOT / "core/watch/metrics.py").read_text(encoding="utf-8")
    picked = {
        label
        for one in expressions()
        for inner in re.findall(r"gate_[a-z_]+\{([^}]*)\}", one)
        for label in re.findall(r"(\w+)=", inner)
    }
    assert picked
    assert [label for label in picked if f'"{label}"' not in source] == []


def test_every_alert_has_its_page_and_every_page_its_alert() -> None:
    names = [rule["alert"] for rule in alerts()]
    assert len(names) == len(set(names))
    assert {path.stem for path in RUNBOOKS.glob("*.md")} == set(names)
    for rule in alerts():
        assert rule["annotations"]["runbook"] == f"docs/runbooks/{rule['alert']}.md"
        assert rule["annotations"]["summary"]
        assert rule["labels"]["severity"] in ("page", "ticket")


def test_clock_alert_sees_every_tick_and_one_that_never_ran() -> None:
    [one] = [rule["expr"] for rule in alerts() if rule["alert"] == "ClockStands"]
    assert "{" not in one, "no tick is picked out"
    assert "gate_tick_age_seconds > 3 * gate_tick_every_seconds" in one
    # Nothing is compared where a series is missing: what never was is asked for by itself.
    for missing in ("gate_tick_age_seconds", "gate_counts_age_seconds"):
        assert f"unless {missing})" in one
    # The rarest ticks come first after ten minutes, and a new house must not page somebody.
    assert max(TICKS.values()) > 60
    assert "gate_tick_every_seconds <= 60 unless" in one


@pytest.mark.parametrize("path", sorted(RUNBOOKS.glob("*.md")), ids=lambda one: one.stem)
def test_every_page_says_what_it_means_what_to_look_at_what_to_do_and_when_it_is_over(
    path: Path,
) -> None:
    page = path.read_text(encoding="utf-8")
    assert page.startswith(f"# {path.stem}\n")
    assert re.findall(r"^## (.+)$", page, re.MULTILINE) == HEADINGS
    # Read at 03:00: one screen.
    assert len(page.splitlines()) < 40


def _assigned(name: str) -> set[str]:
    text = text_of(name)
    if name.endswith(".env"):
        return set(re.findall(r"^([A-Z_]+)=", text, re.MULTILINE))
    return set(re.findall(r"^ +([A-Z_]+): ", text, re.MULTILINE))


@pytest.mark.parametrize("name", ["gate.env", "compose.yaml"])
def test_every_setting_exists_and_production_lacks_none(name: str) -> None:
    given = {one for one in _assigned(name) if one not in NOT_OURS}
    plain = {one.removesuffix("_FILE") if one not in SETTINGS else one for one in given}
    assert plain <= SETTINGS
    needed = re.findall(
        r"^\| \[`([A-Z0-9_]+)`\].*\| required \|$",
        (ROOT / "docs/configuration.md").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    assert set(needed) <= plain


def test_no_setting_of_all_units_wins_over_one_of_a_unit() -> None:
    # Source: systemd.exec(5): what an EnvironmentFile= says overrides Environment=.
    own = {
        name
        for path in UNITS
        for name in re.findall(r"^Environment=(\w+)=", path.read_text(), re.M)
    }
    assert own == {"PORT"}
    assert own.isdisjoint(_assigned("gate.env"))


def test_program_by_hand_has_the_settings_of_the_units(tmp_path: Path) -> None:
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\necho "$PWD|$*|$APP_ENV|$DATABASE_URL"\n')
    python.chmod(0o755)
    script = tmp_path / "gate"
    script.write_text(text_of("gate").replace("/etc/gate/gate.env", str(DEPLOY / "gate.env")))
    done = subprocess.run(
        ["/bin/sh", script, "notices", "why", "a b"],
        env={"GATE_FOLDER": str(tmp_path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    folder, words, environment, url = done.stdout.strip().split("|")
    assert (folder, words, environment) == (str(tmp_path), "app.py notices why a b", "production")
    assert url.endswith("?sslmode=verify-full&sslrootcert=/etc/gate/db-ca.pem")


@pytest.mark.parametrize("path", UNITS, ids=lambda one: one.name)
def test_every_unit_is_whole_and_starts_a_command_that_exists(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    sections = re.findall(r"^\[(\w+)\]$", text, re.MULTILINE)
    assert sections[0] == "Unit"
    lines = [one for one in text.splitlines() if one and one[0] not in "#["]
    assert all(re.match(r"[A-Z]\w+=", one) for one in lines)
    for command in re.findall(r"app\.py (\w+)", text):
        assert command in main.commands


def test_units_leave_more_time_than_a_stop_takes() -> None:
    for path in DEPLOY.glob("gate-w*.service"):
        stop = re.search(r"^TimeoutStopSec=(\d+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
        assert stop and int(stop[1]) > 10


def test_nginx_takes_what_readers_may_send_and_braces_match() -> None:
    text = text_of("nginx.conf")
    assert text.count("{") == text.count("}")
    assert int(re.search(r"client_max_body_size (\d+)k;", text)[1]) * 1024 >= 1_000_000  # type: ignore[index]
    statements = [one.strip() for one in text.splitlines() if one.strip() and "#" not in one]
    assert all(one[-1] in "{};'" for one in statements)


def test_nginx_passes_on_the_files_that_pages_take(house: House) -> None:
    found = re.search(r"location ~ (\S+) \{\s+client_max_body_size (\d+)m;", text_of("nginx.conf"))
    assert found is not None
    place, megabytes = found[1], int(found[2])
    assert megabytes << 20 >= MOST_BODY
    taking = ("liff.send_roster", "liff.send_sms_file")
    paths = [str(one) for one in assemble(house).url_map.iter_rules() if one.endpoint in taking]
    assert [bool(re.fullmatch(place, path)) for path in paths] == [True, True]


def test_nginx_logs_no_link_that_opens_something_to_whoever_holds_it(house: House) -> None:
    text = text_of("nginx.conf")
    found = re.search(r'"~(\^\(\?<place>.+)" "\$\{place\}\.\.\.";', text)
    assert found is not None
    hidden = re.compile(found[1].replace("?<place>", "?P<place>"))
    assert "$logged_uri" in text
    # Its own complaints quote whole request lines.
    assert re.findall(r"error_log \S+ (\w+);", text) == ["crit"]
    assert not re.search(r"log_format[^;]*\$(?:uri|request_uri|request|args)\b", text)
    rules = [str(one) for one in assemble(house).url_map.iter_rules() if "<token>" in str(one)]
    assert len(rules) > 5
    # The shortest there is: an id and its signature.
    token = sign(house.settings, "salt", str(uuid4()))
    for rule in rules:
        logged = hidden.match(rule.replace("<token>", token))
        assert logged is not None, rule
        assert logged["place"] == rule.removesuffix("<token>")
    assert not hidden.match(f"/liff/children/{uuid4()}/delegates/{uuid4()}/end")
