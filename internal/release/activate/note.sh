# Adds lines to a deployment's activation.jsonl, in one piece.
#
# $1      the deploy path
# $2      the deployment's ID
# $3...   the lines
LC_ALL=C
export LC_ALL
set -eu
umask 077
cd "$1/.slipway/deployments/$2"
shift 2
printf '%s\n' "$@" >>activation.jsonl
