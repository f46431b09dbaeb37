# Judges parameters whose values only the host knows, because they name a variable.

# taken NAME KIND TAKES VALUE prints a parameter's value as scripts have it, and ends the script where that is not what it takes.
taken() {
	good_=true
	case $2 in
	integer) printf '%s\n' "$4" | grep -Eqx '0|[1-9][0-9]{0,8}' || good_=false ;;
	boolean) [ "$4" = true ] || [ "$4" = false ] || good_=false ;;
	duration)
		printf '%s\n' "$4" | grep -Eqx '0|[1-9][0-9]{0,8}|((0|[1-9][0-9]{0,5})h)?((0|[1-9][0-9]{0,6})m)?((0|[1-9][0-9]{0,8})s)?' || good_=false
		[ -n "$4" ] || good_=false ;;
	absolute) case $4 in /*) ;; *) good_=false ;; esac ;;
	path) case $4/ in /* | ./ | ../* | */../*) good_=false ;; esac ;;
	word)
		good_=false
		for word_ in $3; do
			if [ "$word_" = "$4" ] && [ "$word_" != or ]; then good_=true; fi
		done ;;
	esac
	case $4 in
	*'
'*) good_=false ;;
	esac
	if [ "$good_" = false ]; then
		echo "\`$1\` must be $3, not '$4'" >&2
		exit 1
	fi
	if [ "$2" = duration ]; then
		echo "$(($(printf '%s\n' "$4" | sed 's/h/*3600+/; s/m/*60+/; s/s//; s/+$//')))"
	else
		printf '%s\n' "$4"
	fi
}
