package deploy

// Override is why a run went on although a rule of the deploy file stood against it. It is zero where none did.
type Override struct {
	Reason  string `json:"reason"`  // as the actor gave it
	Against string `json:"against"` // the times of `not_on` that held
}

// IsZero reports whether no rule stood against the run.
func (o Override) IsZero() bool { return o == Override{} }
