package release

// Required are the programs that the scripts of this repository call on a host, besides sh and its builtins.
var Required = []string{
	"cat", "chmod", "cp", "date", "dd", "df", "env", "find", "grep", "head", "id", "ln", "mkdir", "mkfifo", "mv", "readlink", "rm", "rmdir",
	"sed", "sha256sum", "sleep", "sort", "stat", "sync", "tail", "tar", "tr", "uniq",
}

// Optional are the programs that scripts use where a host has them: setsid gives a step a session of its own, zstd and
// gzip unpack the payload (a host needs one of them), openssl hashes fast.
var Optional = []string{"setsid", "zstd", "gzip", "gunzip", "openssl", "bash", "python3"}
