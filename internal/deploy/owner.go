package deploy

import "fmt"

// Owner is the application that a deploy path belongs to, in an environment.
type Owner struct{ App, Environment string }

func (o Owner) String() string {
	if o.Environment == "" {
		return o.App
	}
	return o.App + " (" + o.Environment + ")"
}

// Refuse is why another may not use the owner's deploy path; nil where it may, because there is no owner so far, or because it
// says that it replaces this one.
func (o Owner) Refuse(deployPath string, other Owner, replaces string) *Error {
	if o.App == "" || o == other || o.App == replaces {
		return nil
	}
	return &Error{
		Cause: fmt.Errorf("%s belongs to %s, and this is %s", deployPath, o, other),
		Hint:  "correct `deploy_path`, which each application and environment has of its own; where it is to take the other's place: `replace_app: " + o.App + "`",
	}
}
