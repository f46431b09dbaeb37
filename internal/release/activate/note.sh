# Adds a line to a deployment's activation.jsonl.
#
# $1      the deploy path
# $2      the deployment's ID
# $3      the line
LC_ALL=C
export LC_ALL
set -eu
umask 077
line=$3
cd "$1/.slipway/deployments/$2"
printf '%s\n' "$line" >>activation.jsonl
