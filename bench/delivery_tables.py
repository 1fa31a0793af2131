"""The tables of the delivery bench."""

from collections.abc import Mapping
from typing import Any

from bench.report import print_table, ratio, spread

LABELS = {
    "postgresql_unpaced": "ours, PostgreSQL, no limit",
    "postgresql": "ours, PostgreSQL, 1,800/s",
    "sqlite_unpaced": "ours, SQLite, no limit",
    "sqlite": "ours, SQLite, 1,800/s",
    "kept": "usual bot, client kept",
    "fresh": "usual bot, new client each",
    "dramatiq_sdk": "dramatiq + Redis, client kept",
    "dramatiq_lean": "dramatiq + Redis, ready bytes, urllib3",
    "pgqueuer": "pgqueuer, ready bytes, aiohttp",
    "bare": "bare aiohttp loop",
    "bare_ours": "bare loop, our client",
}
OUTBOX = {
    "ours": "batched (ours)",
    "row_settle": "claimed by 200, settled by row",
    "row_by_row": "row by row",
}
MAKING = {"ours": "template (ours)", "builder": "built each time", "sdk": "line-bot-sdk models"}


def print_rates(title: str, rates: Mapping[str, Any]) -> None:
    """Print what each side reached, compared with the first."""
    first = next(iter(rates.values()))
    rows = [
        (
            LABELS[name],
            spread(of["rate"]),
            ratio(first["rate"], of["rate"]),
            spread(of["cpu_micros"]),
            ratio(of["cpu_micros"], first["cpu_micros"]),
        )
        for name, of in rates.items()
    ]
    heads = ("", "messages/s", "first ÷ it", "CPU µs a message", "it ÷ first")
    print_table(f"{title}: median (lowest–highest)", heads, rows)


def print_delays(delays: list[dict[str, Any]]) -> None:
    """Print how late messages and answers were at each load."""
    rows = [
        (
            f"{one['per_second']:,}/s {LABELS[one['side']]}",
            f"{one['messages']:,}",
            f"{one['reached']:,.0f}",
            _milliseconds(one, "accepted"),
            _milliseconds(one, "answered"),
            f"{one['cores']:.2f}",
        )
        for one in delays
    ]
    heads = ("", "n", "told/s", "tap → accepted p50 / p99 ms", "POST p50 / p99 ms", "cores")
    print_table("taps at a steady rate, times from when each was due", heads, rows)


def _milliseconds(delays: Mapping[str, float], what: str) -> str:
    return f"{delays[f'{what}_p50'] * 1000:.1f} / {delays[f'{what}_p99'] * 1000:.1f}"


def print_growth(growth: Mapping[str, Any]) -> None:
    """Print what a message costs at each size."""
    rows = [
        (
            f"{engine}, {one['students']:,} students",
            spread(one["cpu_micros"]),
            ratio(one["cpu_micros"], sizes[0]["cpu_micros"]),
            spread(one["rate"]),
            spread(one["no_show_micros"], 1),
            ratio(one["no_show_micros"], sizes[0]["no_show_micros"]),
        )
        for engine, sizes in growth.items()
        for one in sizes
    ]
    heads = (
        "", "CPU µs a message", "÷ smallest", "messages/s", "no-show µs a student", "÷ smallest"
    )  # fmt: skip
    print_table("as many settled notices as students", heads, rows)


def print_outbox(outbox: Mapping[str, Any]) -> None:
    """Print how fast each way through the outbox is, compared with ours."""
    rows = [
        (f"{engine}, {OUTBOX[way]}", spread(rates), ratio(ways["ours"], rates))
        for engine, ways in outbox.items()
        for way, rates in ways.items()
    ]
    print_table("outbox alone: claim and settle", ("", "notices/s", "ours ÷ it"), rows)


def print_making(making: Mapping[str, Any]) -> None:
    """Print what a message costs to make, each way."""
    rows = [(MAKING[way], spread(taken, 1)) for way, taken in making.items()]
    print_table("making a message", ("", "µs a message"), rows)
