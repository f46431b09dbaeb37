# Makes the layout below a deploy path where it is missing, and puts a deployment's plan in its journal.
#
# $1      the deploy path
# $2      version of the layout
# $3      an ID for the host, if it has none yet
# $4      the deployment's ID
# $5      the plan
# $6      whose the deploy path is from now on, a line; '' leaves that alone
# $7      a name that nothing else uses
# $8      the umask of what is not Slipway's own
#
# The function of reserve.sh stands before it.
#
# Ends 90 when the host has a newer layout.
LC_ALL=C
export LC_ALL
set -eu
root=$1 format=$2 id=$3 deployment=$4 plan=$5 owner=$6 new=.slipway/app.$7

umask "$8"
[ -d "$root" ] || mkdir -p "$root"
cd "$root/"
{ [ -d releases ] && [ -d shared ]; } || mkdir -p releases shared

umask 077
if [ ! -e .slipway/format ]; then
	[ -d .slipway ] || mkdir .slipway
	chmod 700 .slipway
fi
if [ -e .slipway/format ]; then
	read -r found <.slipway/format
	if [ "$found" -gt "$format" ]; then
		echo "the layout at $root has version $found, this Slipway knows $format" >&2
		exit 90
	fi
else
	printf '%s\n' "$format" >.slipway/format.new
	mv -f .slipway/format.new .slipway/format
	lock_reserve
fi

# Two deployments that find no ID at the same time must agree on one: a hard link can be made only once.
if [ ! -e .slipway/id ]; then
	printf '%s\n' "$id" >".slipway/id.$id"
	ln ".slipway/id.$id" .slipway/id 2>/dev/null || [ -e .slipway/id ]
	rm -f ".slipway/id.$id"
fi

if [ -n "$owner" ]; then
	found=
	[ ! -f .slipway/app ] || read -r found <.slipway/app || :
	if [ "$found" != "$owner" ]; then
		printf '%s\n' "$owner" >"$new"
		mv -f "$new" .slipway/app
	fi
fi

journal=.slipway/deployments/$deployment
mkdir -p "$journal/steps" .slipway/releases .slipway/secrets
[ ! -e "$journal/outcome" ] || rm -f "$journal/outcome"
# An earlier plan stays until the new one is whole. Of a journal that has none, one that is cut says as little.
if [ -e "$journal/plan.json" ]; then
	printf '%s\n' "$plan" >"$journal/plan.json.new"
	mv -f "$journal/plan.json.new" "$journal/plan.json"
else
	printf '%s\n' "$plan" >"$journal/plan.json"
fi
