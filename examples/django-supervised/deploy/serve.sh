#!/bin/sh
# serve.sh NUMBER: supervisor starts this through <deploy path>/current, on port 8000 + NUMBER. The link is resolved once, here: a
# process stays whole in the release that it was started with, whatever `current` names later.
set -eu
cd -P "$(dirname "$0")/.."
exec "$PWD/venv/bin/python" -m gunicorn --config deploy/gunicorn.conf.py --bind "127.0.0.1:800$1" --pid "${PWD%/releases/*}/shared/run/web-$1.pid" project.wsgi
