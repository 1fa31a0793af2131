"""A program that is told to stop ends, however often and whenever it is told."""

import os
import subprocess
import sys

from core.house import House

# The handler's own steps are interrupted by further signals.
TOLD_WHILE_TOLD = """
import os, signal, sys, threading
from core.duty.stop_signals import heed_stop_signals

told = 0

def tell_again(frame, event, argument):
    global told
    if told < 3:
        told += 1
        signal.raise_signal(signal.SIGTERM)
    return tell_again

wait_for_stop = heed_stop_signals()
threading.Timer(0.1, os.kill, [os.getpid(), signal.SIGTERM]).start()
sys.settrace(tell_again)
wait_for_stop()
sys.settrace(None)
assert told == 3
"""

# A tick that is told to stop while it is at work, and goes on for minutes.
AT_WORK = """
import os, signal, time
import app
from core.duty import scheduler, server

def take_minutes(house):
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(600)

server.LOOP_SECONDS = 0.5
app.MORE_TICKS.clear()
scheduler.TICKS.clear()
scheduler.TICKS[take_minutes] = 1
app.main(["clock"])
"""


def test_signals_that_interrupt_each_other_end_the_wait() -> None:
    ended = subprocess.run([sys.executable, "-c", TOLD_WHILE_TOLD], timeout=30)
    assert ended.returncode == 0


def test_clock_ends_in_time_though_a_tick_is_still_at_work(house: House) -> None:
    # Whatever time it is: ticks rest in the maintenance window.
    no_window = {"MAINTENANCE_FROM": "00:00", "MAINTENANCE_UNTIL": "00:00"}
    environment = {**os.environ, **no_window, "DATABASE_URL": house.settings.database_url}
    ended = subprocess.run([sys.executable, "-c", AT_WORK], timeout=60, env=environment)
    assert ended.returncode == 0
