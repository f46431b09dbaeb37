# Tells which other tool has deployed to a deploy path, and which commands this user may run by sudo. It changes nothing.
#
# $1      the deploy path
# $2...   scripts, each of which prints commands that are run by sudo, a line each
#
# Standard output is records, each ended by a NUL: key=value. The last one is end=1.
LC_ALL=C
export LC_ALL
root=$1
shift
cd "$root/current/" 2>/dev/null || cd "$root/" 2>/dev/null || cd /

# Says whether a name below releases/ matches one of the patterns.
named() {
	for pattern do
		for folder in "$root"/releases/$pattern; do
			[ ! -d "$folder" ] || return 0
		done
	done
	return 1
}

# Each tool by what it alone leaves: Deployer a folder .dep, Ansistrano times that end in Z or a .shared-copy, Capistrano a log of revisions or a
# bare repository beside plain times, Mina releases that are counted beside its scm/.
second='[0-9][0-9][0-9][0-9][01][0-9][0-3][0-9][0-2][0-9][0-5][0-9][0-6][0-9]'
if [ -d "$root/.dep" ]; then
	printf 'tool=Deployer\0'
elif [ -d "$root/.shared-copy" ] || named "${second}Z"; then
	printf 'tool=Ansistrano\0'
elif [ -f "$root/revisions.log" ] || [ -f "$root/repo/HEAD" ] || named "$second"; then
	printf 'tool=Capistrano\0'
elif [ -d "$root/scm" ] && named '[1-9]' '[1-9][0-9]*'; then
	printf 'tool=Mina\0'
fi

# A log-in's PATH often lacks the folders of what root runs; a step's has them.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

# Prints the path of a program, as a rule wants it. command -v has none of a program that is a builtin, too.
place() (
	set -f
	IFS=:
	case $1 in
	*/*) ;;
	*)
		for folder in $PATH; do
			if [ -f "$folder/$1" ] && [ -x "$folder/$1" ]; then
				echo "$folder/$1"
				return
			fi
		done
		;;
	esac
	echo "$1"
)

# sudo lists what may be run, and runs nothing (sudo(8), -l). A rule that wants a password counts where another one wants none:
# that is how sudo lists (sudoers(5), listpw).
for script do
	printf '%s\n' "$script" | sh -u 2>/dev/null
done | sort -u | while IFS= read -r line; do
	case $line in
	'sudo '*) ;;
	*) continue ;;
	esac
	line=${line% }
	if ! command -v sudo >/dev/null 2>&1; then
		printf 'nosudo=1\0'
		break
	fi
	set -f
	# shellcheck disable=SC2086 # the words of a command
	set -- ${line#sudo }
	if sudo -n -l "$@" </dev/null >/dev/null 2>&1; then
		printf 'allowed=%s\0' "$line"
		continue
	fi
	as=root
	while [ "$#" -gt 1 ]; do
		case $1 in
		-u) as=$2 && shift 2 ;;
		-*) shift ;;
		*) break ;;
		esac
	done
	program=$(place "$1")
	shift
	# What a rule would read as more than itself is escaped, and "" is no argument, where nothing would be any (sudoers(5)).
	arguments=$(printf '%s\n' "$*" | sed 's/[\,:=*?[]/\\&/g')
	printf 'denied=%s\n%s ALL=(%s) NOPASSWD: %s\0' "$line" "$(id -un)" "$as" "$program ${arguments:-\"\"}"
done
printf 'end=1\0'
