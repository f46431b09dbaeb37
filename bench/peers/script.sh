#!/bin/sh
# Deploys a tarball with ssh, and with scp or rsync, as well as that is done by hand: all hosts at once. Unlike Slipway it waits for
# no other host, and brings nobody back when one fails.
#
# usage: script.sh deploy|rollback scp|rsync SSH_CONFIG TARBALL RELEASE VERIFY HOST:PATH ...
#
# The first host is where the migration runs. With VERIFY, yes or no, files are checked against the SHA256SUMS that the build put
# into the tarball.
set -eu
action=$1 how=$2 config=$3 tarball=$4 release=$5 verify=$6
shift 6
script=${0%/*}/on-host.sh

send_by_scp() {
	scp -q -F "$config" "$tarball" "$1:$2/$release.tar.gz"
}

# Files that the running release has with the same content are hard links to its own. Every build gives them new times, so these say
# nothing, and are not kept: a link has the times of what it links to.
send_by_rsync() {
	rsync -a --no-times --checksum --compress --compress-choice=zstd --compress-level=3 --mkpath \
		--link-dest="$2/current/" -e "ssh -F $config" "$tree/" "$1:$2/releases/$release/"
}

run() {
	[ "$action" = rollback ] || "send_by_$how" "$1" "$2"
	ssh -F "$config" "$1" "sh -s -- $action $2 $release $verify $3" <"$script"
}

if [ "$action/$how" = deploy/rsync ]; then
	tree=$(mktemp -d)
	trap 'rm -rf "$tree"' EXIT
	tar -xzf "$tarball" -C "$tree"
fi
migrate=yes pids=
for target; do
	run "${target%%:*}" "${target#*:}" "$migrate" &
	pids="$pids $!"
	migrate=no
done
for pid in $pids; do
	wait "$pid"
done
