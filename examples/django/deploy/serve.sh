#!/bin/sh
# supervisor starts this through <deploy path>/current. The link is resolved once, here: a process stays whole in the
# release that it was started with, whatever `current` names later.
set -eu
cd -P "$(dirname "$0")/.."
exec "$PWD/venv/bin/python" -m gunicorn --config deploy/gunicorn.conf.py project.wsgi
