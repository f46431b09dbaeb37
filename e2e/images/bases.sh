#!/bin/sh
# Makes sure that the images that our Dockerfiles start from are there: kept when present, else pulled, else, where no
# registry is in reach, stood in for by what Debian's archive offers. A stand-in carries the real image's tag, so that
# the Dockerfile that is tested is the one that users build. That of the golang image brings along what this machine has
# fetched and compiled of our modules, and is made again when these change.
#
# Needs docker; for stand-ins also root, debootstrap and the Go toolchain.
set -eu

images=$(cd "$(dirname "$0")" && pwd)
repository=$images/../..
suite=bookworm
# The programs that images are built of, each a module: slipway, and what verifies attestations.
programs="$repository $repository/slipway-verify"
modules=$(for program in $programs; do cat "$program/go.mod" "$program/go.sum"; done | sha256sum | cut -d ' ' -f 1)
# On a stand-in, the modules that it was made with.
label=slipway.modules
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

present() {
	made_with=$(docker image inspect --format "{{index .Config.Labels \"$label\"}}" "$1" 2>/dev/null) || {
		docker pull -q "$1" 2>/dev/null
		return
	}
	[ -z "$made_with" ] || [ "$made_with" = "$modules" ]
}

stand_in_debian() {
	root=$work/debian
	log=$(mktemp)
	# In two stages, so that the second heeds what the real image has, too: files that go with the container are not synced one by
	# one, and nobody reads manuals there.
	{
		debootstrap --foreign --variant=minbase --include=ca-certificates "$suite" "$root" http://deb.debian.org/debian &&
			printf 'force-unsafe-io\npath-exclude /usr/share/doc/*\npath-exclude /usr/share/man/*\npath-exclude /usr/share/locale/*\n' \
				>"$root/etc/dpkg/dpkg.cfg.d/container" &&
			chroot "$root" /debootstrap/debootstrap --second-stage
	} >"$log" 2>&1 || {
		tail -n 20 "$log" >&2
		echo "bases: debootstrap failed; its whole log is $log" >&2
		exit 1
	}
	rm -rf "$log" "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*
	tar -C "$root" -c . | docker import -c 'CMD ["bash"]' - "$1"
}

stand_in_busybox() {
	docker build -q --force-rm -t "$1" - <"$images/busybox.Dockerfile"
}

# copy_modules FOLDER: the modules of all go.mod, as they are downloaded. What each is unpacked to is left out.
copy_modules() {
	mkdir "$1"
	cd "$(go env GOMODCACHE)/cache/download"
	for program in $programs; do (cd "$program" && go mod download -json); done | sed -nE "s#^\t\"(Info|GoMod|Zip)\": \"$PWD/(.*)\",?\$#\2#p" |
		sed 'p; s/\.zip$/.ziphash/' | sort -u | xargs cp --parents -t "$1"
}

# copy_compiled FOLDER: every package that the programs consist of, compiled as the Dockerfiles do it. An entry of Go's cache
# is a file ...-a, which names an action, and its output, ...-d.
copy_compiled() {
	mkdir "$1"
	cd "$(go env GOCACHE)"
	for program in $programs; do
		(cd "$program" && GOFLAGS='' CGO_ENABLED=0 go list -trimpath -buildvcs=false -export -deps -f '{{.Export}}' .)
	done |
		sed -n "s|^$PWD/||p" >"$1.outputs"
	sed 's|.*/||; s|-d$||' "$1.outputs" | grep -rlF -f - --include='*-a' . | xargs cp --parents -t "$1"
	sort -u "$1.outputs" | xargs cp --parents -t "$1"
}

stand_in_golang() {
	want=go${1#golang:}
	want=${want%%-*}
	have=$(go env GOVERSION)
	if [ "$have" != "$want" ]; then
		echo "bases: the Dockerfile wants $want and this machine has $have: install $want, or change the Dockerfile" >&2
		exit 1
	fi
	copy_modules "$work/modules"
	copy_compiled "$work/compiled"
	# No build reads the toolchain's own source and tests.
	tar -c --exclude='*_test.go' --exclude=testdata --exclude=src/cmd -C "$(go env GOROOT)" bin pkg src VERSION go.env \
		-C /etc/ssl/certs ca-certificates.crt -C "$images" golang.Dockerfile -C "$work" modules compiled |
		docker build -q --force-rm --label "$label=$modules" -t "$1" -f golang.Dockerfile -
}

# The tags that the Dockerfile names, Debian first: the other stand-ins are built on it.
for image in "debian:$suite-slim" $(sed -n 's/^ARG [A-Z]*_IMAGE=//p' "$repository/Dockerfile"); do
	if present "$image"; then
		continue
	fi
	echo "bases: making a stand-in for $image"
	case $image in
	debian:*) stand_in_debian "$image" ;;
	busybox:*) stand_in_busybox "$image" ;;
	golang:*) stand_in_golang "$image" ;;
	*)
		echo "bases: $image is neither here nor in a registry, and has no stand-in" >&2
		exit 1
		;;
	esac
done
