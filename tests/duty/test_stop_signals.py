"""A program that is told to stop ends, however often and whenever it is told."""

import subprocess
import sys

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


def test_signals_that_interrupt_each_other_end_the_wait() -> None:
    subprocess.run([sys.executable, "-c", TOLD_WHILE_TOLD], check=True, timeout=30)
