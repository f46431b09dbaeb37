# Tells what a host keeps of past deployments, and changes nothing. Only regular files are read.
#
# $1      the deploy path
# $2      the most journals to tell of: the newest ones
# $3      the most bytes of the history to read: its end
#
# Standard output is records, each ended by a NUL: key=value. The last one is end=1. The functions of process.sh and journals.sh
# stand before it.
LC_ALL=C
export LC_ALL
most=$2 bytes=$3
cd "$1/" 2>/dev/null || {
	printf 'end=1\0'
	exit 0
}
boot=-
boot

if [ -f .slipway/history.jsonl ]; then
	printf 'history='; tail -c "$bytes" .slipway/history.jsonl | tr '\000' ' '; printf '\0'
fi

# The time of a journal's folder is that of its last change of plan or outcome.
stat -c '%Y %n' .slipway/deployments/* 2>/dev/null | sort -rn | head -n "$most" | while read -r _ folder; do
	[ -f "$folder/plan.json" ] || continue
	printf 'journal=%s\0' "${folder##*/}"
	printf 'begun='; stat -L -c %Y "$folder/plan.json"; printf '\0'
	if [ -s "$folder/outcome" ] && [ -f "$folder/outcome" ]; then
		line=
		read -r line <"$folder/outcome"
		printf 'outcome=%.40s\0' "$line"
		printf 'ended='; stat -L -c %Y "$folder/outcome"; printf '\0'
	fi
	if [ -f "$folder/activation.jsonl" ]; then
		printf 'failed='; tail -c 262144 "$folder/activation.jsonl" | grep '"state":"failed"' | tail -n 20; printf '\0'
	fi
	[ ! -d "$folder/steps" ] || tries "$folder" "$boot"
done
printf 'end=1\0'
