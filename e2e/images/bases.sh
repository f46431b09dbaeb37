#!/bin/sh
# Makes sure that the images that our Dockerfiles start from are there: kept when present, else pulled, else, where no
# registry is in reach, stood in for by what Debian's archive offers. A stand-in carries the real image's tag, so that
# the Dockerfile that is tested is the one that users build.
#
# Needs docker; for stand-ins also root, debootstrap and the Go toolchain.
set -eu

images=$(dirname "$0")
suite=bookworm

present() {
	docker image inspect "$1" >/dev/null 2>&1 || docker pull -q "$1" 2>/dev/null
}

stand_in_debian() {
	root=$(mktemp -d)
	trap 'rm -rf "$root"' EXIT
	debootstrap --variant=minbase --include=ca-certificates "$suite" "$root" http://deb.debian.org/debian >"$root.log" 2>&1 || {
		tail -n 20 "$root.log" >&2
		echo "bases: debootstrap failed; its whole log is $root.log" >&2
		exit 1
	}
	# What the real image has, too: files that go with the container are not synced one by one, and nobody reads manuals there.
	printf 'force-unsafe-io\npath-exclude /usr/share/doc/*\npath-exclude /usr/share/man/*\npath-exclude /usr/share/locale/*\n' >"$root/etc/dpkg/dpkg.cfg.d/container"
	rm -rf "$root.log" "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*
	tar -C "$root" -c . | docker import -c 'CMD ["bash"]' - "$1"
}

stand_in_busybox() {
	docker build -q --force-rm -t "$1" - <"$images/busybox.Dockerfile"
}

stand_in_golang() {
	want=go${1#golang:}
	want=${want%%-*}
	have=$(go env GOVERSION)
	if [ "$have" != "$want" ]; then
		echo "bases: the Dockerfile wants $want and this machine has $have: install $want, or change the Dockerfile" >&2
		exit 1
	fi
	here=$(cd "$images" && pwd)
	goroot=$(go env GOROOT)
	tar -c -C "$goroot" bin pkg src VERSION go.env -C /etc/ssl/certs ca-certificates.crt -C "$here" golang.Dockerfile |
		docker build -q --force-rm -t "$1" -f golang.Dockerfile -
}

# The tags that the Dockerfile names, Debian first: the other stand-ins are built on it.
for image in "debian:$suite-slim" $(sed -n 's/^ARG [A-Z]*_IMAGE=//p' "$images/../../Dockerfile"); do
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
