#compdef slipway
# Completion of slipway for zsh: source <(slipway completion zsh), after compinit
_slipway() {
	local line
	local -a found
	while IFS= read -r line; do
		found+=("${${line//:/\\:}/$'\t'/:}")
	done < <("$words[1]" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)
	if (( $#found )); then
		_describe slipway found
	else
		_files
	fi
}
if [[ $funcstack[1] == _slipway ]]; then
	_slipway "$@"
else
	compdef _slipway slipway
fi
