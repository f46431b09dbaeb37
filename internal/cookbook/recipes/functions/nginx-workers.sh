# Whether a reload of nginx took effect. It needs processes.sh, and $before and $master of its recipe.
# shellcheck disable=SC2154

# taken says whether nginx runs on its new configuration: it has new workers, and the old ones accept nothing any more.
taken() {
	new=
	for worker in $(children "$master"); do
		case "
$before
" in
		*"
$worker
"*)
			case $(command_line "$worker") in
			*'worker process'*'shutting down'* | '') ;;
			*'worker process'*) return 1 ;;
			esac
			;;
		*) new=yes ;;
		esac
	done
	[ -n "$new" ]
}
