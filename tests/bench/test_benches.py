"""Each bench runs from end to end and writes its numbers; how large they are is nobody's test."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Each starts several programs, which takes its time on a busy machine.
PATIENCE_SECONDS = 240
pytestmark = pytest.mark.timeout(PATIENCE_SECONDS + 30)


def _run(name: str, folder: Path, *arguments: str, **environment: str) -> Any:
    command = [sys.executable, "-m", f"bench.{name}", "--results", str(folder), *arguments]
    output = folder / "output.txt"
    with (
        output.open("w") as log,
        subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **environment}, stdout=log, stderr=log
        ) as bench,
    ):
        try:
            bench.wait(PATIENCE_SECONDS)
        finally:
            bench.terminate()
    assert bench.returncode == 0, output.read_text(encoding="utf-8")
    return json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_ingest_bench_measures_three_sides(
    engine: str, tmp_path: Path, postgres_server: str
) -> None:
    arguments = ("--small", "--engine", engine)
    cases = _run("ingest", tmp_path, *arguments, TEST_DATABASE_URL=postgres_server)[engine]["cases"]
    assert [(case["batch"], case["connections"]) for case in cases] == [(1, 1), (1, 8), (20, 2)]
    for case in cases:
        assert set(case["taps_per_second"]) == {"ours", "orm", "bare"}


def test_no_show_bench_tells_of_the_same_children_on_both_sides(
    tmp_path: Path, postgres_server: str
) -> None:
    results = _run("no_show", tmp_path, "--small", TEST_DATABASE_URL=postgres_server)
    assert results["sqlite"]["notices"] == results["postgresql"]["notices"] == 16


def test_retention_bench_leaves_nothing_on_any_side(tmp_path: Path, postgres_server: str) -> None:
    results = _run("retention", tmp_path, "--small", TEST_DATABASE_URL=postgres_server)
    assert {engine: set(one) for engine, one in results.items() if engine != "machine"} == {
        "sqlite": {"taps", "rows"},
        "postgresql": {"taps", "rows", "months"},
    }


def test_tap_to_push_bench_gets_every_push_accepted(tmp_path: Path) -> None:
    results = _run("tap_to_push", tmp_path, "--rate", "20", "--taps", "5")
    assert len(results["ours"]) == len(results["usual_bot"]) == 5


def test_sandbox_bench_gets_every_push_accepted(tmp_path: Path) -> None:
    results = _run("sandbox", tmp_path, "--count", "500", "--rounds", "1")
    assert set(results["per_cpu_second"]) == set(results["per_second"]) == {"sandbox", "bare"}


def test_pages_bench_looks_at_every_page(tmp_path: Path) -> None:
    arguments = ("--guardians", "4", "--seconds", "2", "--pause", "0.2", "--alone", "1")
    results = _run("pages", tmp_path, *arguments, "--workers", "1", "--children", "10")
    assert results["together"]["home"]
    assert {name: len(times) for name, times in results["alone"].items()} == dict.fromkeys(
        results["together"], 1
    )


def test_chat_bench_gets_every_message_answered(tmp_path: Path) -> None:
    load = ("--events", "5", "--taps", "20", "--seconds", "1", "--warm-up", "2")
    results = _run("chat", tmp_path, *load, "--children", "40", "--engine", "sqlite")["sqlite"]
    sent = len(results["cold"]) + len(results["answered"])
    assert (sent, results["done"], results["dead"]) == (15, 15, 0)


def test_delivery_bench_runs_each_part(tmp_path: Path, postgres_server: str) -> None:
    results = _run("delivery", tmp_path, "--small", TEST_DATABASE_URL=postgres_server)
    assert {"postgresql", "sqlite_unpaced", "fresh", "bare"} <= set(results["rates"])
    assert results["delays"][0]["messages"] == 10
    assert set(results["singles"]) == {"sqlite_unpaced"}
    assert results["growth"]["sqlite"][0]["no_show_micros"]
    assert set(results["outbox"]) == {"sqlite", "postgresql"}
