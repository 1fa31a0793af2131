"""`python app.py …` with a clock that is off by so many seconds from this machine's.

CLOCK_NOW starts when a program comes to it, so that of several programs each would be a little
later than the one before; here all agree to the millisecond.
"""

import os
import sys
from datetime import UTC, datetime, timedelta

import app

# A web server's processes load these after their clock has begun.
import bot.webhook  # noqa: F401
import liff  # noqa: F401

if __name__ == "__main__":
    shift = timedelta(seconds=float(sys.argv[1]))
    os.environ["CLOCK_NOW"] = (datetime.now(UTC) + shift).isoformat()
    app.main(sys.argv[2:])
