#!/bin/sh
# Starts gunicorn in the background, by paths through `current`: those that it keeps when a later release takes over. After a reboot the
# port is the one that it was started with before.
set -eu
current=${0%/*}
shared=${current%/*}/shared
port=${1:-$(cat "$shared/port")}
echo "$port" >"$shared/port"
cd "$current"
exec "$current/venv/bin/python" "$current/venv/bin/gunicorn" -c "$current/gunicorn.conf.py" --bind "127.0.0.1:$port" \
	--pid "$shared/gunicorn.pid" --error-logfile "$shared/gunicorn.log" --daemon wsgi
