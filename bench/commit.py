"""Which commit a run was of."""

import os
import subprocess

from bench.programs import ROOT

# Written by runs themselves, so they do not make a commit a changed one.
WRITTEN = ("docs/promises.json", "docs/promises.md", "README.md", "README.zh-TW.md")


def commit_now() -> str:
    """Return the commit the files are of, with a + where they were changed since."""
    changed = [f":(exclude){path}" for path in WRITTEN]
    commit = _git("rev-parse", "--short=10", "HEAD")
    return commit + "+" * bool(_git("status", "--porcelain", "--", ".", *changed))


def _git(*arguments: str) -> str:
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0"}
    done = subprocess.run(
        ["git", *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    return done.stdout.strip()
