"""The command line in processes of its own: begun from nothing, or forked from a warm copy.

What a command does is the same in both; from nothing takes the time of every import.
"""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.faults.programs import warm_forks
from tests.waiting import WAIT_SECONDS

ROOT = Path(__file__).resolve().parents[1]
Done = subprocess.CompletedProcess[str]


def run_cold(*arguments: str, **environment: str) -> Done:
    """Run `python app.py ARGUMENTS`."""
    return subprocess.run(
        [sys.executable, "app.py", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=WAIT_SECONDS,
    )


def run_warm(*arguments: str, **environment: str) -> Done:
    """Run it in a fork of a process that has imported it."""
    with TemporaryDirectory() as folder:
        outputs = [Path(folder) / name for name in ("stdout", "stderr")]
        facts = (arguments, {**os.environ, **environment}, outputs)
        process = warm_forks().Process(target=_be_the_command, args=facts)
        process.start()
        process.join(WAIT_SECONDS)
        assert process.exitcode is not None, f"{arguments} goes on and on"
        told, complained = (path.read_text(encoding="utf-8") for path in outputs)
        return subprocess.CompletedProcess(arguments, process.exitcode, told, complained)


def _be_the_command(
    arguments: Sequence[str], environment: Mapping[str, str], outputs: Sequence[Path]
) -> None:
    for number, path in enumerate(outputs, start=1):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND), number)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(ROOT)
    # Imported by the copy that is forked, not by whoever only starts from nothing.
    import app

    app.main(list(arguments), prog_name="app.py")
