"""gunicorn's settings. LISTEN comes from .env; by itself only a proxy on the same host reaches the site."""

import os

from project.env import load

load()
bind = os.environ.get("LISTEN", "127.0.0.1:8001")
workers = 2
threads = 4
