"""Reads `.env`, which Slipway puts beside the release, into the environment."""

import os
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent  # the release itself: `current` is resolved


def load():
    """Lines of NAME=value; what the environment has already wins."""
    path = BASE_DIR / ".env"
    if not path.exists():
        return
    for line in path.read_text().splitlines():
        name, is_pair, value = line.partition("=")
        if is_pair and not name.startswith("#"):
            os.environ.setdefault(name.strip(), value.strip())
