package deploy

import "slices"

// shellVariables are the names that dash, BusyBox ash or bash does not let anybody set, or gives a value of its own.
var shellVariables = []string{
	"BASHOPTS", "BASHPID", "BASH_ALIASES", "BASH_ARGC", "BASH_ARGV", "BASH_CMDS", "BASH_COMMAND", "BASH_LINENO", "BASH_SOURCE", "BASH_SUBSHELL",
	"BASH_VERSINFO", "DIRSTACK", "EPOCHREALTIME", "EPOCHSECONDS", "EUID", "FUNCNAME", "GROUPS", "HISTCMD", "LINENO", "OPTIND", "PPID", "RANDOM",
	"SECONDS", "SHELLOPTS", "SHLVL", "SRANDOM", "UID", "_",
}

// ShellVariable reports whether a shell keeps a variable's name for itself, so that no step can be given a variable or a
// secret of that name.
func ShellVariable(name string) bool { return slices.Contains(shellVariables, name) }
