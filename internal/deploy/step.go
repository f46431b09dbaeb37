package deploy

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/slipway/slipway/internal/lazyregexp"
)

// Step is one named command of a phase, complete: defaults filled in, recipe rendered, hosts selected.
type Step struct {
	Name            string
	Phase           Phase
	Number          int    // place in its phase, from 1
	Run             string // a script for Shell, whole
	Undo            string // a script for Shell, whole: takes back what Run did; "" where nothing does
	UndoneOnFailure bool   `json:",omitempty"` // of migrate: Undo runs where the deployment fails
	Stop            string // of a restart: a script for Shell, whole: ends what Run started; "" where nothing does
	Log             string // of a restart: a script for Shell, whole: prints the end of the program's own log; "" where nothing does
	Rights          string `json:"-"` // a script for sh, whole: prints the commands that the others run by sudo, a line each; "" where there are none
	Preview         string `json:"-"` // a script for sh, whole, which changes nothing: run in the live release, prints a note of what Run would do; "" where nothing can tell
	Tools           []Tool `json:"-"` // programs that it needs on a host, as its recipe says
	Shell           string // the interpreter and its arguments: "sh -eu" unless given
	Dir             string // working directory: relative to the release, or absolute; "" is the release itself
	Timeout         time.Duration
	Retries         int // further tries after a failure, 0 is none
	Once            bool
	Roles           []string          // hosts with one of them; none is every host
	Vars            map[string]string // over the host's variables
	Secrets         []string          // names of the secrets in its environment
	Uses            string            // the recipe it came from, for people; "" for run
	NoProgram       bool              `json:",omitempty"` // it runs nothing of the application
	Via             string            // of ensure: the role whose hosts run it, also those without releases; "" is the hosts of Roles
	Hosts           []string          // names of the hosts that run it, in the plan's order; set by plan.Build
	At              Position

	// Of a step that the runner carries out, once, by requests and not by Run: it is the only one of its Hosts.
	Runner   bool      `json:",omitempty"`
	Requests []Request `json:",omitempty"`
	Required bool      `json:",omitempty"` // its failure is the deployment's, and no mere warning

	// Of a step of prepare that runs once: the other hosts of its roles get what it made, and do not make it again.
	Produces  []string // files and folders that it makes, relative to the release
	Links     []string `json:",omitempty"` // absolute targets that links among them may have: those that the artifact's may have
	Source    string   // name of the host that they get it from: of Hosts, or one where it was made before; set by plan.Build
	Receivers []string // names of those hosts, in the plan's order; set by plan.Build

	// What it promises when a deployment goes on where an earlier attempt stopped, or is cancelled.
	Idempotent  bool   // may run again when nobody saw how it ended
	Check       string // a script for Shell, whole, run like the step: exit 0 says that its work is done; "" when nothing can tell
	Always      bool   // runs in every attempt, also where it succeeded in an earlier one; such a step is Idempotent
	Rerun       bool   // a once step: runs again when it was changed after it succeeded, and is not refused
	FinishFirst bool   // a cancelled deployment leaves it to finish, and does not end it
	Fingerprint string // of what it does on one host: set by plan.Plan.On; "" in a plan, whose steps are for several hosts
}

// Tool is a program that a step needs on a host.
type Tool struct {
	Name    string // "supervisorctl", or an absolute path; ${NAME} stands for a variable
	Param   string // the parameter of the recipe that names it; "" is none
	Package string // Debian's, where it is known
}

var notInSlug = lazyregexp.New(`[^a-z0-9]+`)

// maxSlug is how long a slug may be.
const maxSlug = 40

// Slug is the step's name as a part of a path: lower-case letters and digits with dashes between them. Two names have one slug
// only where they differ in nothing but case and signs; no phase of a deploy file has two of those.
func (s Step) Slug() string {
	slug := strings.Trim(notInSlug.ReplaceAllString(strings.ToLower(s.Name), "-"), "-")
	foreign := func(r rune) bool { return r > unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsNumber(r)) }
	if slug != "" && len(slug) <= maxSlug && !strings.ContainsFunc(s.Name, foreign) {
		return slug
	}
	sum := sha256.Sum256([]byte(s.Name))
	hash := hex.EncodeToString(sum[:4])
	slug = strings.Trim(slug[:min(len(slug), maxSlug-1-len(hash))], "-")
	return strings.TrimPrefix(slug+"-"+hash, "-")
}

// Sees reports whether it makes a difference to the step which value a secret has: any program that it runs may read it, and where it
// runs none of the application's, its scripts name what they read.
func (s Step) Sees(secret string) bool {
	return slices.Contains(s.Secrets, secret) && (!s.NoProgram || strings.Contains(s.Run+s.Undo, secret))
}

// Check is one verification of a host after its restart, or of the fleet after the last batch. Exactly one of HTTP, TCP
// and Run is set.
type Check struct {
	Name      string
	HTTP      *HTTPCheck
	TCP       string // host:port
	Run       *Step
	Runner    bool          // asked from the runner, not from the host
	Within    time.Duration // how long it may take to pass
	Interval  time.Duration // between two tries
	Successes int           // consecutive ones that it takes, at least 1
	At        Position

	Metric *Metric `json:",omitempty"` // of HTTP: what a value in the answer must be; nil is no demand
}

// Watched reports whether the check goes on being asked for a while after it passed.
func (c Check) Watched() bool { return c.Metric != nil && c.Metric.For > 0 }

// NotMetrics are the checks that look at no value. A metric shows what was before, too: after a rollback, the release that was left.
func NotMetrics(checks []Check) []Check {
	return slices.DeleteFunc(slices.Clone(checks), func(c Check) bool { return c.Metric != nil })
}

// Metric is a value in a JSON answer, and what it must be. At least one of Above, Below and Equals is given.
type Metric struct {
	Path          string   // of the value, as in data.result[0].value[1]
	Above         *float64 `json:",omitempty"` // less than the value
	Below         *float64 `json:",omitempty"` // more than the value
	Equals        string   `json:",omitempty"` // the value itself, compared as a number where both are one; "" is no demand
	MissingPasses bool     `json:",omitempty"` // no value will do

	For   time.Duration `json:",omitempty"` // how long it must go on holding after it first held; 0 is not at all
	Every time.Duration `json:",omitempty"` // how often it is asked meanwhile
}

// HTTPCheck is a request and what its answer must be. Variables are expanded.
type HTTPCheck struct {
	URL     string
	Method  string            // GET unless given
	Headers map[string]string // of the request
	Status  []int             // any of them is wanted; none is any of 200 to 299
	Header  []string          // "Name: value", each of which the response must carry
	Body    string            // text that the response must contain; "" is no demand

	Params map[string]string `json:",omitempty"` // of the URL's query, not encoded
	// Sealed are headers in which secrets are named, as they are written: their values are put in when the request is sent, and are kept
	// nowhere.
	Sealed map[string]string `json:"-"`

	Insecure bool   `json:",omitempty"` // any certificate will do
	CA       string `json:",omitempty"` // PEM: the authorities that are trusted in the place of the runner's; "" is the runner's
}

// Names reports whether a header names a secret.
func (c HTTPCheck) Names(secret string) bool {
	for _, value := range c.Sealed {
		if strings.Contains(value, "${"+secret+"}") {
			return true
		}
	}
	return false
}

// Activation is how one host takes a release into service. It is stored on the host with the release, so that unwinding
// restarts and verifies the earlier release in the earlier release's own way.
type Activation struct {
	Drain     []Drain `json:",omitempty"` // a plan has it apart, and none stored with a release: it is the balancers' matter
	Restart   []Step
	Verify    []Check
	StableFor time.Duration // how long the checks must go on passing after they all passed; 0 is not at all
}

// Drain takes a host out of a load balancer before it is switched, and puts it back once it is verified.
type Drain struct {
	Step                    // Run drains, Undo undrains
	Role      string        // whose hosts run it for the drained host; "" where that runs it itself
	Executors []string      // those hosts
	Wait      time.Duration // that open requests may take to end
}
