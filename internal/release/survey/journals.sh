# Functions that read journals. They stand before the scripts that do, after those of process.sh.

# Puts the first of some files that is there and cannot be read as a record into odd, '' where there is none: no regular file, or
# one of over 1 MiB; of what was done to the live site, 4 MiB: a balancer's has whole the step and the variables of every drain of a fleet.
odd() {
	odd=
	for record do
		if [ -e "$record" ] || [ -L "$record" ]; then
			odd=$(find -L "$@" -prune \( ! -type f -o -size +2048 ! -name activation.jsonl -o -size +8192 \) 2>/dev/null)
			odd=${odd%%"$newline"*}
			break
		fi
	done
}
newline='
'

# Prints what a deployment's journal says: its plan, how it ended, what it did to the live site.
#
# $1      the deployment's folder
# $2      the record that begins it: own or other
journal() {
	odd "$1/plan.json" "$1/outcome" "$1/activation.jsonl"
	[ -z "$odd" ] || printf 'odd=%s\0' "$odd"
	printf '%s=%s\0' "$2" "${1##*/}"
	[ -z "$odd" ] || return 0
	if [ -e "$1/plan.json" ]; then
		printf 'plan='; cat "$1/plan.json"; printf '\0'
	fi
	if [ -s "$1/outcome" ]; then
		line=
		read -r line <"$1/outcome"
		printf 'outcome=%s\0' "$line"
	fi
	if [ -e "$1/activation.jsonl" ]; then
		printf 'live='; cat "$1/activation.jsonl"; printf '\0'
	fi
}

# Reports whether a deployment has begun to undo something.
#
# $1      the deployment's folder
undoes() {
	odd "$1/activation.jsonl"
	[ -z "$odd" ] && grep -q '"what":"undo"' "$1/activation.jsonl"
}

# Prints every try of every step of a deployment: its folder, what it was, how it ended, and whether it is running or void.
# One that was kept from beginning counts for nothing, like one that was undone.
#
# $1      the deployment's folder
# $2      this host's boot ID
tries() {
	odd "$1"/steps/*/*-*/meta "$1"/steps/*/*-*/status "$1"/steps/*/*-*/pid
	if [ -n "$odd" ]; then
		printf 'odd=%s\0' "$odd"
		return
	fi
	for try in "$1"/steps/*/*-*; do
		[ -d "$try" ] || continue
		meta='' flags=''
		[ ! -e "$try/meta" ] || read -r meta <"$try/meta"
		# The order matters: a try whose wrapper is not alive has its status by now, or never gets one.
		if ! ended "$try" && living "$try" "$2"; then
			flags=running
		fi
		! ended "$try" || flags=
		if [ -e "$try/void" ] || [ -L "$try/begun" ]; then
			flags="$flags void"
		fi
		# shellcheck disable=SC2154 # ended sets it
		printf 'try=%s\n%s\n%s\n%s\0' "${try#"$1"/steps/}" "$meta" "$status" "$flags"
	done
}

# Reports whether the wrapper of a try is alive.
#
# $1      the folder of the try
# $2      this host's boot ID
living() {
	[ -s "$1/pid" ] || return 1
	wrapper=0 since='' booted=''
	read -r _ _ wrapper since booted <"$1/pid"
	[ "$2" = "$booted" ] && alive "$wrapper" "$since"
}
