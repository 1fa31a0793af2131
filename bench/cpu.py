"""CPU of programs with everything they started, as the kernel counts it. Source: proc(5)."""

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from sqlalchemy import create_engine, text

TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
# In what follows the name in brackets: the parent, then the times of a process and of the children
# it has buried.
PARENT, FIRST_TIME, LAST_TIME = 1, 11, 14


def cpu_seconds(roots: Iterable[int]) -> float:
    """Return the CPU seconds of these processes and all below them, ended ones too."""
    stats = {int(path.name): _stat(path) for path in Path("/proc").glob("[0-9]*")}
    children: dict[int, list[int]] = {}
    for pid, fields in stats.items():
        if fields:
            children.setdefault(int(fields[PARENT]), []).append(pid)
    waiting, ticks = list(roots), 0
    while waiting:
        pid = waiting.pop()
        ticks += sum(int(one) for one in stats.get(pid, [])[FIRST_TIME : LAST_TIME + 1])
        waiting += children.get(pid, [])
    return ticks / TICKS_A_SECOND


class CpuMeter:
    """CPU seconds that `programs`, by name their processes, spend from when it is made."""

    def __init__(self, programs: Mapping[str, Sequence[int]]) -> None:
        self._programs = programs
        self._before = self._spent()

    def seconds(self) -> dict[str, float]:
        """Return them by the programs' names."""
        return {name: spent - self._before[name] for name, spent in self._spent().items()}

    def _spent(self) -> dict[str, float]:
        return {name: cpu_seconds(roots) for name, roots in self._programs.items()}


def postmaster_of(url: str) -> int:
    """Return the process id of the PostgreSQL server at `url`, which runs on this machine."""
    engine = create_engine(url)
    with engine.connect() as connection:
        pid: int = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
    parent = int(_stat(Path(f"/proc/{pid}"))[PARENT])
    engine.dispose()
    return parent


def _stat(folder: Path) -> list[str]:
    try:
        return (folder / "stat").read_text().rpartition(") ")[2].split()
    except OSError:
        # It ended meanwhile.
        return []
