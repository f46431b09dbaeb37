#!/bin/sh
# Runs PostgreSQL in front.
set -eu
exec pg_ctlcluster --foreground "$(ls /etc/postgresql)" main start
