#!/bin/sh
# Installs a release of slipway for the steps of a job that follow: the set-up action beside it runs this.
#
# It reads SLIPWAY_VERSION ("" is the release that the action belongs to), SLIPWAY_RELEASES_URL, SLIPWAY_ATTESTATION (true installs
# slipway-verify, too), and what a runner sets:
# RUNNER_TOOL_CACHE, GITHUB_PATH, GITHUB_OUTPUT. The program gets its place only by a rename, once its checksum was right: a job
# that is killed, and two jobs on one machine, leave nothing half there.
set -eu

# In a release VERSION and SHA256SUMS lie here, so that who pins the action by its commit has pinned the program.
here=$(cd "$(dirname "$0")" && pwd)

# fail TEXT: of one line, without anything that came from outside.
fail() {
    printf '::error title=slipway is not installed::%s\n' "$1"
    exit 1
}

# fetch ADDRESS FILE
fetch() {
    if command -v curl >/dev/null 2>&1; then
        curl --fail --silent --show-error --location --proto-redir '=https' --retry 3 --connect-timeout 20 --max-time 300 \
            --max-filesize 100000000 --output "$2" "$1"
    elif command -v wget >/dev/null 2>&1; then
        wget -q -T 60 -O "$2" "$1"
    else
        fail "neither curl nor wget is here: install one of them before this step"
    fi
}

# digest FILE
digest() {
    if command -v sha256sum >/dev/null 2>&1; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d ' ' -f 1
}

own=
[ ! -f "$here/VERSION" ] || own=$(cat "$here/VERSION")
version=${SLIPWAY_VERSION:-$own}
version=${version#v}
case $version in
'') fail "give version: this commit of the action is none of a release" ;;
*[!0-9.]* | .* | *. | *..* | *.*.*.*) fail "version is none: use one like 1.2.3" ;;
*.*.*) ;;
*) fail "version is none: use one like 1.2.3, with all three numbers" ;;
esac

releases=${SLIPWAY_RELEASES_URL%/}
case $releases in
https://* | http://127.0.0.1:* | http://localhost:*) ;;
*) fail "releases_url must begin with https://" ;;
esac

case $(uname -s) in
Linux) system=linux ;;
Darwin) system=darwin ;;
*) fail "there is no program for this system: use a runner with Linux or macOS" ;;
esac
case $(uname -m) in
x86_64 | amd64) machine=amd64 ;;
aarch64 | arm64) machine=arm64 ;;
*) fail "there is no program for this processor: use a runner of the architecture X64 or ARM64" ;;
esac
case ${SLIPWAY_ATTESTATION:-false} in
true | false) ;;
*) fail "attestation is true or false" ;;
esac

# Where tools of a runner lie. One of one's own keeps it between jobs.
folder=${RUNNER_TOOL_CACHE:-${HOME:-/tmp}/.cache}/slipway/$version/$machine
program=$folder/slipway
mkdir -p "$folder"
work=$(mktemp -d "$folder/.new.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' HUP INT TERM

sums=$here/SHA256SUMS
if [ "$version" != "$own" ] || [ ! -f "$sums" ]; then
    sums=$work/SHA256SUMS
    fetch "$releases/v$version/SHA256SUMS" "$sums" ||
        fail "no checksums of version $version could be fetched from releases_url: see the line above, and whether there is such a release"
fi
# install PROGRAM
install() {
    asset=$1_${system}_$machine
    want=$(awk -v name="$asset" '$2 == name { print $1 }' "$sums")
    case $want in
    *[!0-9a-f]* | '') fail "SHA256SUMS of version $version has no $asset" ;;
    esac
    # What lies there may have been changed by another job.
    if [ -f "$folder/$1" ] && [ "$(digest "$folder/$1")" = "$want" ]; then
        how='is here already'
        return
    fi
    fetch "$releases/v$version/$asset" "$work/$1" ||
        fail "$asset of version $version could not be fetched from releases_url: see the line above"
    have=$(digest "$work/$1")
    [ "$have" = "$want" ] || fail "$asset of version $version has the SHA-256 $have, and its release says $want: nothing was installed"
    chmod 755 "$work/$1"
    mv -f "$work/$1" "$folder/$1"
    how='was installed'
}
[ "${SLIPWAY_ATTESTATION:-false}" = false ] || install slipway-verify
install slipway

# By its second name the program is what the action's post step is.
ln -sf slipway "$folder/slipway-post"
"$program" version >/dev/null || fail "the program does not start: is the tool folder of the runner mounted noexec?"
[ -z "${GITHUB_PATH:-}" ] || printf '%s\n' "$folder" >>"$GITHUB_PATH"
[ -z "${GITHUB_OUTPUT:-}" ] || printf 'version=%s\npath=%s\n' "$version" "$program" >>"$GITHUB_OUTPUT"
printf 'slipway %s %s: %s\n' "$version" "$how" "$program"
