"""Reading a file somebody sent over the web in a process of its own, with little memory and time.

A spreadsheet of five kilobytes can name a cell in its last row and column; the library then asks
for half a terabyte and ends the process it runs in. That process must not be the one that serves
pages. The child holds no secret: it gets the file and gives back cells.
"""

import json
import resource
import subprocess
import sys
from pathlib import Path

from core.roster.faults import Fault, RosterError, refuse
from core.roster.sheet import Row, Sheet, read_sheet

ROOT = Path(__file__).parents[2]
# A school's register has some 200 KB as a spreadsheet, 500 KB as text.
MOST_BYTES = 4_000_000
# What a zip in it may unpack to.
MOST_UNPACKED = 80_000_000
# The largest school has some 4,000.
MOST_ROWS = 6_000
MEMORY = 1_000_000_000
CPU_SECONDS = 20
PATIENCE_SECONDS = 30


def read_sheet_apart(data: bytes, file_name: str) -> Sheet:
    """Return the first sheet of a file that may be anything. Raises RosterError; takes seconds."""
    if len(data) > MOST_BYTES:
        raise refuse("too_big", str(MOST_BYTES // 1_000_000))
    try:
        done = subprocess.run(
            [sys.executable, "-m", "core.roster.apart"],
            input=json.dumps(file_name).encode() + b"\n" + data,
            capture_output=True,
            cwd=ROOT,
            env={},
            timeout=PATIENCE_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise refuse("unopenable") from None
    if done.returncode != 0:
        raise refuse("unopenable")
    return _sheet(json.loads(done.stdout))


def _sheet(said: dict[str, object]) -> Sheet:
    match said:
        case {"faults": list(faults)}:
            raise RosterError([Fault(*fault) for fault in faults])
        case {"rows": list(rows), "is_lossy": bool(is_lossy)}:
            return Sheet([Row(number, cells) for number, cells in rows], is_lossy)
    raise refuse("unopenable")


def _answer(file_name: str, data: bytes) -> dict[str, object]:
    try:
        sheet = read_sheet(data, file_name, most_unpacked=MOST_UNPACKED)
        if len(sheet.rows) > MOST_ROWS + 1:
            raise refuse("too_many_rows", f"{MOST_ROWS:,}")
    except RosterError as refused:
        return {"faults": [[one.row, one.column, one.code, one.found] for one in refused.faults]}
    return {"rows": [[row.number, row.cells] for row in sheet.rows], "is_lossy": sheet.is_lossy}


def main() -> None:
    """Read a name and a file from standard input, write the cells to standard output."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    name, _, data = sys.stdin.buffer.read().partition(b"\n")
    sys.stdout.write(json.dumps(_answer(json.loads(name), data)))


if __name__ == "__main__":
    main()
