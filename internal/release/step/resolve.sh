# Writes down what became of a try whose end nobody saw, or of an undo that failed. The functions of process.sh and drop.sh stand before it.
#
# $1      the deploy path
# $2      the folder of the try, below the deploy path
# $3      done: it counts as a success; rerun: it counts for nothing
#
# Ends 90 when it is known how it ended, and it is no undo that failed, 91 while it runs, 92 when the host cannot write.
LC_ALL=C
export LC_ALL
set -u
folder=$2 decision=$3 boot=-

refuse() {
	status=$1
	shift
	printf '%s\n' "$*" >&2
	exit "$status"
}

cd "$1/" || refuse 92 "$1 is not there"
[ -d "$folder" ] || refuse 90 "$PWD/$folder is not there"
umask 077
if ! ended "$folder" && ! drop "$folder"; then
	boot
	wrapper=0 since='' booted=''
	read -r step started wrapper since booted 2>/dev/null <"$folder/pid"
	if [ "$boot" = "$booted" ] && { alive "$wrapper" "$since" || alive "$step" "$started"; }; then
		refuse 91 "it is still running, as process $step"
	fi
fi

case $decision in
done)
	[ "$status" != "exit 0" ] || exit 0
	case $folder in
	*/undo-*) ;;
	*) [ -z "$status" ] || refuse 90 "it is known how it ended: $status" ;;
	esac
	if ! true >"$folder/resolved" || ! printf '%-31s\n' 'exit 0' 1<>"$folder/status"; then
		refuse 92 "$PWD/$folder cannot be written to"
	fi
	sync "$folder/status" "$folder"
	;;
rerun)
	true >"$folder/void" || refuse 92 "$PWD/$folder cannot be written to"
	sync "$folder/void" "$folder"
	;;
esac
