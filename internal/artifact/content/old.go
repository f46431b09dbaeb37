package content

// Old is what a host has in some files that changed.
type Old struct {
	Paths []string // in the base, in the order in which their contents stand
	Bytes []byte   // the contents, one behind the other
	Next  []string // the paths of the files that they are the old contents of
}

// MaxPatched is how many bytes the old and the new contents of patched files may have together, for the memory of the runner, which takes
// as much and some 100 MB, and that of hosts, which take as much.
const MaxPatched = 64 << 20
