"""The table of the promises in both READMEs."""

import re

from tests.promises.runs import Record
from tests.promises.standing import USUAL_RUNS, Gap, Load, Repeats, Standing, standing
from tests.promises.table import Table

BEGIN, END = "<!-- promises: written by make faults -->", "<!-- /promises -->"
BETWEEN = re.compile(re.escape(BEGIN) + ".*?" + re.escape(END), re.DOTALL)
GAPS_ZH = {Gap.NOT_TRIED: "未試", Gap.SKIPPED: "略過", Gap.PARTLY: "部分略過"}
REPEATS_ZH = {
    Repeats.ENOUGH: "",
    Repeats.FEW: f"重複不到 {USUAL_RUNS} 次",
    Repeats.UNKNOWN: "重複次數不明",
}


def readme_table(table: Table, record: Record, *, is_chinese: bool) -> str:
    """Return what stands between the markers of a README, with the markers."""
    head = "| | 承諾 | 最近一次 |" if is_chinese else "| | promise | last run |"
    rows = [head, "|---|---|---|"]
    short = _short_zh if is_chinese else _short
    for promise in table.promises:
        says = promise.says_zh if is_chinese else promise.says
        anchor = f"[{promise.id}](docs/promises.md#{promise.id.lower()})"
        rows.append(f"| {anchor} | {says} | {short(standing(table, record, promise))} |")
    return "\n".join([BEGIN, *rows, END])


def load_words(load: Load | None) -> str:
    """Return the day, scale and hurry of a load and what was not held, empty without one."""
    if not load:
        return ""
    of = f"{load.parts[0]} of the city, parts {load.parts[1]} times shorter" if load.parts else ""
    missed = f", not held: {', '.join(load.not_held)}" if load.not_held else ""
    return f"load of {load.day} at {of or load.scale or 'unknown scale'}{missed}"


def gap_words(gaps: dict[int, Gap]) -> str:
    """Return the faults that were not wholly tried, empty if all were."""
    return ", ".join(f"fault {number} ({gap})" for number, gap in gaps.items())


def _short(now: Standing) -> str:
    load = load_words(now.load)
    if now.why:
        # How many went well says nothing where one did not.
        return "; ".join(filter(None, ["unproven", load]))
    state = f"proven but for {gap_words(now.gaps)}" if now.gaps else "proven"
    tests = f"{now.passed} tests passed" + f", {now.skipped} skipped" * bool(now.skipped)
    return "; ".join(filter(None, [f"{state}: {now.last[:10]}, {tests}", now.repeats, load]))


def _short_zh(now: Standing) -> str:
    load = _load_zh(now.load)
    if now.why:
        return "；".join(filter(None, ["未證實", load]))
    gaps = "、".join(f"故障 {number}（{GAPS_ZH[gap]}）" for number, gap in now.gaps.items())
    state = f"除{gaps}外已證實" if gaps else "已證實"
    tests = f"{now.passed} 項測試通過" + f"、{now.skipped} 項略過" * bool(now.skipped)
    words = [f"{state}：{now.last[:10]}，{tests}", REPEATS_ZH[now.repeats], load]
    return "；".join(filter(None, words))


def _load_zh(load: Load | None) -> str:
    if not load:
        return ""
    of = f"全市的 {load.parts[0]}、時間縮為 1/{load.parts[1]}" if load.parts else load.scale
    missed = f"，未達標：{'、'.join(load.not_held)}" if load.not_held else ""
    return f"{load.day} 負載：{of or '規模不明'}{missed}"


def with_table(readme: str, table: str) -> str:
    """Return a README with the table between its markers. Raises LookupError without them."""
    if not BETWEEN.search(readme):
        raise LookupError(f"a README lacks {BEGIN}")
    return BETWEEN.sub(lambda _: table, readme)
