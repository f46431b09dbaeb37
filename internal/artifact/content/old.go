package content

// Old is what a host has in some files that changed.
type Old struct {
	Paths []string // in the base, in the order in which their contents stand
	Bytes []byte   // the contents, one behind the other
	Next  []string // the paths of the files that they are the old contents of
}

// MaxPatched is how many bytes the old and the new contents of patched files may have together, for the memory of the runner, and that of
// hosts, which take as much.
const MaxPatched = 64 << 20

// What the runner's memory is for, in bytes, as measured with fleets and with patches (TestMemoryOfAPatch).
const (
	runnerMemory     = 256 << 20
	ownMemory        = 32 << 20
	connectionMemory = 3 << 18
	encoderMemory    = 64 << 20 // of a thorough patch, whatever its contents have
)

// PatchMemory is how much a thorough patch takes of contents of so many bytes.
func PatchMemory(contents int64) int64 { return encoderMemory + contents*3/2 }

// Patchable is how many bytes the old and the new contents of patched files may have together while so many connections are open, which
// take memory, too.
func Patchable(connections int) int64 {
	left := runnerMemory - ownMemory - encoderMemory - int64(connections)*connectionMemory
	return min(MaxPatched, max(0, left*2/3))
}
