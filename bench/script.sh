#!/bin/sh
# Deploys a tarball with scp and ssh, as well as that is done by hand: all hosts at once, one copy and one command each.
#
# usage: script.sh SSH_CONFIG TARBALL RELEASE VERIFY HOST:PATH ...
#
# The first host is where the migration runs. With VERIFY, yes or no, files are checked against the SHA256SUMS that the
# build put into the tarball. Unlike Slipway it waits for no other host, and brings nobody back when one fails.
set -eu
config=$1 tarball=$2 release=$3 verify=$4
shift 4

# Runs on the host: $1 deploy path, $2 release, $3 whether the migration runs here, $4 whether to verify.
# shellcheck disable=SC2016 # the host's shell expands it
on_host='
set -eu
cd "$1"
mkdir -p "releases/$2" shared/media
tar -xzf "$2.tar.gz" -C "releases/$2"
rm "$2.tar.gz"
cd "releases/$2"
if [ "$4" = yes ]; then
	sha256sum --quiet -c SHA256SUMS
fi
rm -rf media
ln -s ../../shared/media media
sh deploy/install.sh
sh deploy/collect.sh
if [ "$3" = yes ]; then
	sh deploy/migrate.sh
fi
cd ../..
ln -s "releases/$2" current.new
mv -fT current.new current
cd "releases/$2"
sh deploy/restart.sh
tries=0
until sh deploy/verify.sh; do
	tries=$((tries + 1))
	[ "$tries" -lt 30 ]
	sleep 1
done
cd ..
ls -1t | tail -n +3 | xargs -r rm -rf
'

deploy() {
	scp -q -F "$config" "$tarball" "$1:$2/$release.tar.gz"
	printf '%s\n' "$on_host" | ssh -F "$config" "$1" "sh -s -- $2 $release $3 $verify"
}

migrate=yes pids=
for target; do
	deploy "${target%%:*}" "${target#*:}" "$migrate" &
	pids="$pids $!"
	migrate=no
done
for pid in $pids; do
	wait "$pid"
done
