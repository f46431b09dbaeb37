// Package config turns inputs and the deploy file into one finished value, Config, or into every mistake in them.
//
// Terms: an input is what CI or a flag gives; the deploy file is slipway.yml; a preset is a set of usual steps; an
// environment entry is one of the deploy file's `environments`. What is given nearer wins: input, environment entry,
// file, preset; maps merge and lists replace. The keys of the deploy file stand in one table, config/keys, that drives
// decoding, the JSON schema and the reference page alike.
//
// The package must not know the state of any host, nor the clock: what it says of a file today it says for ever.
package config

import (
	"cmp"
	"io/fs"
	"path"
	"strings"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/policy"
	"github.com/slipway/slipway/internal/secret"
)

// Config is everything that inputs and the deploy file say, complete: defaults filled in, recipes rendered, the
// environment entry merged, every value checked.
type Config struct {
	App         string
	Environment string // "" where the deploy file has no environments and no input names one
	URL         string // of the environment, for people; may be empty

	Artifact        string          // path or glob, as written; "" where the command takes none
	ArtifactAt      deploy.Position // where it was written
	Remote          *Remote         // where the artifact comes from; nil where it is that path
	MaxSize         int64           // bytes that the artifact may unpack to
	AllowLinks      []string        // absolute targets that links of the artifact may have
	StripComponents int             // leading folders dropped from every member

	DeployPath   string // absolute, clean, never "/"
	ReplaceApp   string // the application that the deploy path may be taken from; "" is none
	KeepReleases int    // successes kept, at least 1
	PruneCommand string // removes a release that the user may not remove: words without quotes; "" is none
	Umask        string // of everything that Slipway makes on a host, octal: "022"

	DriftIgnore []string // patterns of paths in a release whose drift does not count

	Rollout   deploy.Rollout
	Timeout   time.Duration // of the whole deployment
	Bandwidth int64         // bytes a second that go to all hosts together; 0 is no limit
	LockWait  time.Duration // for another deployment that holds the hosts; 0 is not at all

	SharedDirs  []string // relative to the release, clean, slashes
	SharedFiles []string

	Hosts []deploy.Host // in the order of the text; Vars merged from file, environment entry, host and input

	// Unlimited are all hosts of the environment where the input limit selects some of them, which Hosts are then, together with those
	// that hold no release. Nil where Hosts are all there are.
	Unlimited []deploy.Host

	Vars map[string]string // those of no host: file, environment entry, input

	Secrets     map[string]secret.Secret // every declared name; all given when the command is deploy or rollback
	Masks       []secret.Secret          // every value of the input secrets, also those that nothing declares
	SecretFiles []SecretFile

	Notify []Notify // who is told how it goes
	Otel   *Otel    // where it is sent as a trace; nil is nowhere

	// Steps have Number set and Hosts not: plan selects hosts. Run is complete, recipes are rendered.
	Prepare, Migrate, Ensure, Finish, OnFailure []deploy.Step

	// Activation is by role; "" is what hosts do for a role that has no entry, and is always there. ActivationOf puts
	// together what one host does.
	Activation      map[string]deploy.Activation
	ActivationRoles []string       // the roles that have an entry, in the order of the text
	Fleet           []deploy.Check // once, after every host is activated

	From string        // the environment that promote takes the release from; "" is none
	Soak time.Duration // how long the release must have been live there

	Allow          policy.Rules           // who may change the environment, and when
	OverrideReason string                 // why a run goes on in a time of Allow.NotOn
	OwnSteps       bool                   // the steps are those of the artifact's own deploy file
	Provenance     *deploy.ProvenanceRule // what the run must be that built the artifact, and what must be attested of it; nil is any, or none
	Evidence       Evidence               // what that is verified with

	Login    Login
	Identity Identity
	Jump     []deploy.Address // bastions, first hop first

	Exec string // of the command exec: a script for sh; "" of others

	Revision      string       // commit that the artifact was built of, where an input says so
	LogLines      int          // live lines per step and host
	DeploymentKey string       // tells matrix legs apart
	Shard         deploy.Shard // of several jobs that make the deployment together, which one this is
	To            string       // rollback's target, "" is the previous release
	IfSuperseded  string       // how a run ends that a newer one has overtaken: "fail" or "pass"

	GitHub GitHub // what it is told of a deployment

	Remarks deploy.Problems // what may be meant, and is worth a look: each with its place, where it has one
}

// SecretFile is a file beside the release that holds a secret.
type SecretFile struct {
	Path   string // relative to the release, clean
	Secret string // the declared name of the secret that is its content
	At     deploy.Position
}

// Login is how Slipway logs in. For deploy and rollback one of Key, AgentSocket and From is set; From goes before AgentSocket.
type Login struct {
	Key         secret.Secret
	Passphrase  secret.Secret
	Certificate string
	AgentSocket string
	From        *deploy.CertificateFrom // who signs a certificate for a key that is made in the run; nil is nobody
}

// Identity is how a host proves who it is. For deploy and rollback one of the two is set.
type Identity struct {
	KnownHosts   string
	Fingerprints []string // lines, as written
}

// Env is what Load needs beside inputs and files.
type Env struct {
	DefaultApp  string                            // the repository's name, without its owner; may be empty
	AgentSocket string                            // of an SSH agent; may be empty
	Repository  string                            // address of the run's, https://github.com/acme/site; "" outside CI
	Exposed     string                            // a run that a change may be anybody's of, and that may have secrets: "a pull request's run"; "" for others
	LookPath    func(program string) error        // whether a program can be started here, by its name or path; nil: nobody knows
	ReadFile    func(path string) ([]byte, error) // a file of this machine, ~ being the home folder; nil: there are none
	Artifact    fs.FS                             // content of an artifact of another commit, whose own steps are taken if it has a deploy file; nil is none
	Policy      fs.FS                             // files of the branch whose deploy file holds but for the steps; nil: it is that of the working directory
	Dirs        []string                          // absolute names of the working directory: its own, and those that CI's expressions give it
}

// Inside is a path from the working directory, also of one that was given as absolute and lies in it. Every path that an input
// or the deploy file names goes through it.
func (e Env) Inside(name string) string {
	if !path.IsAbs(name) {
		return name
	}
	for _, dir := range e.Dirs {
		if rest, ok := strings.CutPrefix(path.Clean(name)+"/", strings.TrimSuffix(dir, "/")+"/"); ok {
			return cmp.Or(strings.TrimSuffix(rest, "/"), ".")
		}
	}
	return name
}

// What holds where the table of keys has no default of its own.
const (
	DefaultFile     = "slipway.yml"
	DefaultRole     = "web" // of a host that names none
	DefaultLogLines = 500
)
