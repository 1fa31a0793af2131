"""CPU is counted of a program and of all it starts."""

import subprocess
import sys

from bench.cpu import CpuMeter, cpu_seconds

# Half a second of a processor's time, spent by a child that has ended when the word comes.
BUSY = "import time\nwhile time.process_time() < 0.5: pass"
PARENT = f"""
import subprocess, sys
subprocess.run([sys.executable, "-c", {BUSY!r}])
print(flush=True)
sys.stdin.read()
"""


def test_what_an_ended_child_has_spent_is_its_parents() -> None:
    command = [sys.executable, "-c", PARENT]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as program:
        meter = CpuMeter({"busy": [program.pid], "none": []})
        assert program.stdout is not None
        program.stdout.readline()
        spent = meter.seconds()
        assert 0.4 <= spent["busy"] <= cpu_seconds([program.pid])
        assert spent["none"] == 0.0
        program.communicate()
