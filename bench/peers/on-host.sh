#!/bin/sh
# What scp + ssh, rsync + ssh and Fabric run on a host once the release lies in its folder, or to go back to the one before.
# The shell that gets it is told: deploy|rollback DEPLOY_PATH RELEASE VERIFY MIGRATE
set -eu
action=$1 release=$3 verify=$4 migrate=$5
cd "$2"

if [ "$action" = rollback ]; then
	now=$(readlink current)
	release=$(cd releases && printf '%s\n' * | sort -r | sed -n "/^${now##*/}\$/{n;p;}")
	[ -n "$release" ]
else
	mkdir -p shared/media
	if [ -e "$release.tar.gz" ]; then
		mkdir -p "releases/$release"
		tar -xzf "$release.tar.gz" -C "releases/$release"
		rm "$release.tar.gz"
	fi
	cd "releases/$release"
	if [ "$verify" = yes ]; then
		sha256sum --quiet -c SHA256SUMS
	fi
	ln -s ../../shared/media media
	sh deploy/install.sh
	sh deploy/collect.sh
	if [ "$migrate" = yes ]; then
		sh deploy/migrate.sh
	fi
	cd ../..
fi

ln -s "releases/$release" current.new
mv -fT current.new current
cd "releases/$release"
sh deploy/restart.sh
tries=0
until sh deploy/verify.sh; do
	tries=$((tries + 1))
	[ "$tries" -lt 30 ]
	sleep 1
done
if [ "$action" = deploy ]; then
	cd ..
	printf '%s\n' * | sort -r | tail -n +3 | xargs -r rm -rf
fi
