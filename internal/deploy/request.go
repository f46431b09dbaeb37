package deploy

// Request is one HTTP request that a step sends from the runner. In its texts ${NAME} stands for a variable or a secret, and
// $${NAME} for itself: they are put in when it is sent.
type Request struct {
	Method  string
	URL     string
	Headers []string // "Name: value"
	JSON    any      // the body: string, Bare, bool, nil, []any and map[string]any; nil where it is no JSON
	Text    string   // the body where it is no JSON; "" is none
	Status  []int    // those that are a success; none is any of 200 to 299

	Idempotent bool // it may be sent again when nobody saw what became of it
}

// Bare is a number, true or false in a JSON body: it stands there without quotes.
type Bare string

// RunnerName stands in the place of a host for what is done on the machine that Slipway runs on. No host may have it.
const RunnerName = "runner"
