# Tells what there is at a deploy path, and changes nothing.
#
# $1      the deploy path
# $2      names of programs to look for, separated by spaces
# $3      the deployment that asks, '' for none
# $4      'yes' to tell the hashes of the live release's secret files, else ''
# $5      PATH of steps
# $6      names of programs that steps need, a line each
# $7...   shared files that must be there
#
# Only regular files are read, and only those of a sensible size: a record that is a pipe, or a device, or of gigabytes, is
# named and left alone.
# Standard output is records, each ended by a NUL: key=value. The last one is end=1.
# The functions of lock.sh, process.sh, journals.sh and secrets.sh stand before it.
# It runs in every deployment, so it starts few programs: none for what the shell can find out by itself.
LC_ALL=C
export LC_ALL
root=$1 programs=$2 own=$3 secrets=$4 path=$5 needed=$6
shift 6

# Prints what distinguishes this machine from others, also from those that were made from an image of it.
machine() {
	id='' boot='' name='' key=''
	for file in /etc/machine-id /var/lib/dbus/machine-id; do
		[ -n "$id" ] || [ ! -f "$file" ] || read -r id <"$file"
	done
	read -r boot </proc/sys/kernel/random/boot_id
	read -r name </proc/sys/kernel/hostname
	for file in /etc/ssh/ssh_host_ed25519_key.pub /etc/ssh/ssh_host_ecdsa_key.pub /etc/ssh/ssh_host_rsa_key.pub; do
		[ -n "$key" ] || [ ! -f "$file" ] || read -r _ key _ <"$file"
	done
	printf 'machine=%s %s %s %s\0' "${id:--}" "${boot:--}" "${name:--}" "${key:--}"
} 2>/dev/null

# Prints the newest lines of the history. Of a very long one no more is read than what they can take.
newest() {
	if [ -n "$long" ]; then
		tail -c 1048576 .slipway/history.jsonl | sed 1d | tail -n 200
	else
		tail -n 200 .slipway/history.jsonl
	fi
}

if ! command -v date >/dev/null 2>&1; then
	printf 'nopath=%s\0' "$PATH"
	exit 0
fi
# What a script prints by a program, all users of this host can read in the list of processes. On PATH=/ a shell finds what it does itself.
path_was=$PATH own_printf=yes
# shellcheck disable=SC2123 # meant
PATH=/
command -v printf >/dev/null || own_printf=''
PATH=$path_was
if [ -z "$own_printf" ]; then
	printf 'noprintf=1\0'
	exit 0
fi
printf 'clock='; date +%s; printf '\0'
user=${USER:-}
[ -n "$user" ] || user=$(id -un 2>/dev/null) || user=$(id -u)
printf 'user=%s\0' "$user"
machine

for program in $programs; do
	printf 'tool=%s ' "$program"
	command -v "$program"
	printf '\0'
done
ours=$PATH
PATH=$path
# shellcheck disable=SC2154 # stands in journals.sh
needed=$needed$newline
while [ -n "$needed" ]; do
	program=${needed%%"$newline"*}
	needed=${needed#*"$newline"}
	[ -z "$program" ] || command -v -- "$program" >/dev/null 2>&1 || printf 'lacks=%s\0' "$program"
done
PATH=$ours
if command -v zstd >/dev/null 2>&1; then
	version=$(zstd --version 2>&1)
	printf 'zstd=%s\0' "${version%%"$newline"*}"
fi

# Prints space and inodes of the file system that a folder lies on, and its mount options. The list of mounts encodes names with
# odd characters: for those it prints no options. Of several mounts at one place the last one counts.
file_system() {
	space=$(df -Pk "$1" 2>/dev/null)
	printf 'space=%s\0' "$space"
	printf 'inodes='; df -Pi "$1" 2>/dev/null; printf '\0'
	found=
	while read -r _ point _ options _; do
		[ "$point" != "${space##*% }" ] || found=$options
	done 2>/dev/null </proc/self/mounts
	printf 'mounted=%s\0' "$found"
}

# Where the deploy path, or a part of it, does not exist yet, its nearest parent that exists counts.
place=$root
while [ ! -e "$place" ] && [ ! -L "$place" ]; do
	parent=${place%/*}
	[ -n "$parent" ] || parent=/
	[ "$parent" != "$place" ] || break
	place=$parent
done
if [ "$place" != "$root" ] || [ ! -d "$place" ]; then
	[ -d "$place" ] || printf 'nofolder=%s\0' "$place"
	{ [ -d "$place" ] && [ -w "$place" ] && [ -x "$place" ]; } || printf 'unwritable=%s\0' "$place"
	file_system "$place"
	for file do
		printf 'missing=%s\0' "$file"
	done
	printf 'current=none\0end=1\0'
	exit 0
fi

cd "$root/" || exit 1
for folder in . releases shared .slipway; do
	if [ -e "$folder" ] || [ -L "$folder" ]; then
		[ -d "$folder" ] || printf 'nofolder=%s\0' "$root/$folder"
		{ [ -w "$folder" ] && [ -x "$folder" ]; } || printf 'unwritable=%s\0' "$folder"
	fi
done
printf 'folder='; stat -c '%d:%i %a' . .slipway/. 2>/dev/null; printf '\0'
place=.
[ ! -d releases ] || place=releases
file_system "$place"

if [ -L current ]; then
	kind='link'
	[ -d current ] || kind=lost
	printf 'current=%s ' "$kind"; readlink -n current; printf '\0'
elif [ -d current ]; then
	printf 'current=directory\0'
elif [ -e current ]; then
	printf 'current=file\0'
else
	printf 'current=none\0'
fi

if [ -L previous ]; then
	printf 'previous='; readlink -n previous; printf '\0'
elif [ -e previous ]; then
	printf 'nolink=previous\0'
fi

for file do
	if [ -d "shared/$file" ]; then
		printf 'notfile=%s\0' "$file"
	elif [ ! -e "shared/$file" ]; then
		printf 'missing=%s\0' "$file"
	fi
done

# Folders of other tools are not listed.
for folder in releases/[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]-*; do
	id=${folder#releases/} adopted=
	# A link is a release where it is recorded as one: another tool's, which was adopted.
	if [ -L "$folder" ]; then
		{ [ -d "$folder" ] && [ -e ".slipway/releases/$id/staged" ]; } || continue
		adopted=$(readlink -f "$folder")
	fi
	if [ -d "$folder" ]; then
		marks=
		for mark in staged verified bad failed waiting; do
			[ ! -e ".slipway/releases/$id/$mark" ] || marks="$marks $mark"
		done
		printf 'release=%s%s\0' "$id" "$marks"
		if [ -f ".slipway/releases/$id/manifest/content" ]; then
			line=
			read -r line <".slipway/releases/$id/manifest/content"
			printf 'content=%s\0' "$line"
		fi
		if [ -n "$adopted" ]; then
			printf 'adopted=%s %s\0' "$id" "${adopted##*/}"
			[ "$adopted" != "$(readlink -f current)" ] || printf 'adopted-live=%s\0' "$id"
		fi
	fi
done

if [ -e .slipway ]; then
	if [ ! -r .slipway ] || [ ! -x .slipway ]; then
		printf 'unreadable=.slipway\0'
	fi
	long='' odd=''
	odd .slipway/format .slipway/id .slipway/app .slipway/hold .slipway/lock/*/owner.json .slipway/lock/*/heartbeat .slipway/history.jsonl
	case $odd in
	'') ;;
	.slipway/history.jsonl) long=yes ;; # or no file, which is told below
	*)
		printf 'odd=%s\0end=1\0' "$odd"
		exit 0
		;;
	esac
	for file in format id app; do
		if [ -e ".slipway/$file" ]; then
			line=
			read -r line <".slipway/$file"
			printf '%s=%s\0' "$file" "$line"
		fi
	done
	if [ -n "$secrets" ] && [ -L current ] && cd -P ./current/ 2>/dev/null; then
		live=${PWD##*/}
		cd "$root/" || exit 1
		if [ -d ".slipway/secrets/$live" ]; then
			printf 'secrets='; secret_sums "$live"; printf '\0'
		fi
	fi
	if [ -d .slipway/lock ]; then
		printf 'lock='; lock_state; printf '\0'
	fi
	if [ -e .slipway/hold ]; then
		printf 'hold='; cat .slipway/hold || printf '?'; printf '\0'
	fi
	boot=-
	boot
	if [ -n "$own" ] && [ -d ".slipway/deployments/$own" ]; then
		journal ".slipway/deployments/$own" own
		tries ".slipway/deployments/$own" "$boot"
		for claim in ".slipway/deployments/$own"/claim-*; do
			if [ -L "$claim" ]; then
				printf 'claim=%s ' "${claim##*/claim-}"; readlink -n "$claim"; printf '\0'
			fi
		done
	fi
	for live in .slipway/deployments/*/activation.jsonl; do
		folder=${live%/activation.jsonl}
		if [ -e "$live" ] && [ ! -s "$folder/outcome" ] && [ "$folder" != ".slipway/deployments/$own" ]; then
			journal "$folder" other
			# What it has begun to undo is gone on with by what became of its tries.
			! undoes "$folder" || tries "$folder" "$boot"
		fi
	done
	if [ -e .slipway/history.jsonl ]; then
		if [ ! -f .slipway/history.jsonl ]; then
			printf 'odd=.slipway/history.jsonl\0'
		elif [ -r .slipway/history.jsonl ]; then
			printf 'history='; newest; printf '\0'
		else
			printf 'unreadable=.slipway/history.jsonl\0'
		fi
	fi
fi
printf 'end=1\0'
