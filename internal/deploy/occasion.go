package deploy

// Occasion is what happens in a deployment that people may want to be told of.
type Occasion string

// The occasions. One end may be several of them: a deployment that was brought back is a failure and a rollback.
const (
	OccasionStart    Occasion = "start"    // the hosts are held, and nothing was touched yet
	OccasionSuccess  Occasion = "success"  // the job is green
	OccasionFailure  Occasion = "failure"  // the job is red
	OccasionRollback Occasion = "rollback" // an earlier release is live again: by command, or because the new one failed
	OccasionPerson   Occasion = "person"   // somebody has to look now
)
