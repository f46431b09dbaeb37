package deploy

// Finding is what a check before a deployment found on a host.
type Finding struct {
	Host  string       `json:"host"`
	Check string       `json:"check"` // "space"
	State FindingState `json:"state"`
	Text  string       `json:"text,omitempty"` // what was found; "" where all is well
	Mend  string       `json:"mend,omitempty"` // what to do about it, with the command where one mends it
}

// FindingState says whether a check lets a deployment through.
type FindingState string

// The states of a finding.
const (
	FindingOK   FindingState = "ok"
	FindingWarn FindingState = "warn" // a deployment goes on, and a person should know
	FindingFail FindingState = "FAIL" // a deployment is refused
)

// The checks, in the order in which they are told.
const (
	CheckConnection = "connection"
	CheckHostKey    = "host key"
	CheckKey        = "key"
	CheckAnswer     = "answer" // the log-in runs commands, and what lies at the deploy path can be read
	CheckTools      = "tools"
	CheckRights     = "rights" // to write to the deploy path
	CheckSpace      = "space"
	CheckInodes     = "inodes"
	CheckClock      = "clock"
	CheckLayout     = "layout" // what lies at the deploy path, and whose it is
	CheckOwner      = "owner"
	CheckCurrent    = "current"
	CheckShared     = "shared files"
	CheckSudo       = "sudo"
	CheckLock       = "lock"
	CheckHold       = "hold"
	CheckLeftovers  = "leftovers" // of deployments that did not end
)

// Checks are all checks, in order.
var Checks = []string{
	CheckConnection, CheckHostKey, CheckKey, CheckAnswer, CheckTools, CheckRights, CheckSpace, CheckInodes, CheckClock, CheckLayout,
	CheckOwner, CheckCurrent, CheckShared, CheckSudo, CheckLock, CheckHold, CheckLeftovers,
}
