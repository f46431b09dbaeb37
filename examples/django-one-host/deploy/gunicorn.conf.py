"""gunicorn's settings where it hands its socket on (USR2): each one keeps to the release that it was started with."""

import os
import sys

chdir = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
sys.path[:] = [os.path.realpath(path) for path in sys.path]
sys.path.insert(0, chdir)

from project.env import load  # noqa: E402

load()
bind = os.environ["LISTEN"]  # unix:/srv/www/broken_brackets/shared/run/web.sock
workers = 2
threads = 4
errorlog = "/home/deploy/web.log"
