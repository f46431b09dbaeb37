# Prints what bash offers for the last word of a command line.
source <(slipway completion bash)
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_slipway slipway
((${#COMPREPLY[@]} == 0)) || printf '%s\n' "${COMPREPLY[@]}"
