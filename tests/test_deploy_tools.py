"""What operators copy, read by the programs it is for, where they are installed."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sandbox.login.line_front import write_certificate

DEPLOY = Path(__file__).parents[1] / "docs/deploy"
UNITS = sorted([*DEPLOY.glob("*.service"), *DEPLOY.glob("*.timer")])


def said_by(program: str, *arguments: str | Path) -> tuple[int, str]:
    """What a program says of a file, and its exit status."""
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"{program} is not installed")
    done = subprocess.run([found, *map(str, arguments)], capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("unit", UNITS, ids=lambda one: one.name)
def test_systemd_understands_every_unit(tmp_path: Path, unit: Path) -> None:
    for one in UNITS:
        text = one.read_text(encoding="utf-8")
        text = text.replace("/srv/gate/current/.venv/bin/python", sys.executable)
        (tmp_path / one.name.replace("@", "@8000")).write_text(text)
    status, said = said_by("systemd-analyze", "verify", tmp_path / unit.name.replace("@", "@8000"))
    # Others of the machine it reads along are not ours to mend.
    ours = [line for line in said.splitlines() if "gate-" in line]
    assert (status, ours) == (0, [])


def test_nginx_takes_the_example(tmp_path: Path) -> None:
    pem = write_certificate(tmp_path, "gate.example.tw")
    for name in ("fullchain.pem", "key.pem"):
        shutil.copy(pem, tmp_path / name)
    text = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    text = text.replace("/etc/ssl/gate", str(tmp_path)).replace("/var/log/nginx", str(tmp_path))
    (tmp_path / "gate.conf").write_text(text)
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    places = " ".join(f"{one}_temp_path {tmp_path}/{one};" for one in kinds)
    whole = tmp_path / "nginx.conf"
    whole.write_text(
        f"pid {tmp_path}/pid; events {{}} http {{ access_log off; {places}"
        f" include {tmp_path}/gate.conf; }}"
    )
    status, said = said_by("nginx", "-t", "-e", "stderr", "-c", whole)
    assert status == 0, said
    assert "[warn]" not in said


def test_prometheus_takes_the_rules_and_its_configuration(tmp_path: Path) -> None:
    (tmp_path / "token").touch()
    text = (DEPLOY / "prometheus.yml").read_text(encoding="utf-8")
    text = re.sub(r'credentials_file: ".*"', f'credentials_file: "{tmp_path}/token"', text)
    (tmp_path / "prometheus.yml").write_text(text)
    shutil.copy(DEPLOY / "alerts.yml", tmp_path)
    for what, name in (("rules", "alerts.yml"), ("config", "prometheus.yml")):
        status, said = said_by("promtool", "check", what, tmp_path / name)
        assert status == 0, said


def test_docker_takes_the_compose_file() -> None:
    if said_by("docker", "compose", "version")[0] != 0:
        pytest.skip("docker has no compose plugin")
    status, said = said_by("docker", "compose", "-f", DEPLOY / "compose.yaml", "config", "-q")
    assert status == 0, said
