package deploy

// EmptyWorkspace is the hint where a file is missing and the working directory is empty.
const EmptyWorkspace = "the workspace is empty: has this job a checkout or download-artifact step before this one? " +
	"Where a self-hosted runner is a container itself, its work folder must have the same path on the Docker daemon's machine"
