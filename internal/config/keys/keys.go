// Package keys is the table of the deploy file's keys: which there are, what each takes, and what holds where it is not given.
// Its structs are the one source of decoding, of the JSON schema and of the reference page; yamlfile.Field says which tags there
// are.
//
// The package must not know what a value is good for: each is judged by itself, and none against another.
package keys

import (
	"time"

	"github.com/slipway/slipway/internal/yamlfile"
)

// What a key takes. Each knows where it was written.

type (
	// Text is a text.
	Text = yamlfile.Value[string]
	// Scalar is a text, a number, or true or false.
	Scalar = yamlfile.Value[yamlfile.Scalar]
	// Number is a whole number.
	Number = yamlfile.Value[int]
	// Boolean is true or false.
	Boolean = yamlfile.Value[bool]
	// Duration is a time like 90s or 5m.
	Duration = yamlfile.Value[time.Duration]
	// Dict is a map of names to scalars.
	Dict = yamlfile.Dict[Scalar]
	// Params are the parameters of a recipe: each a scalar, or a list of them.
	Params = yamlfile.Dict[yamlfile.OneOrMore[Scalar]]
	// Statuses are one status of HTTP, or several.
	Statuses = yamlfile.OneOrMore[Number]
	// Lines are one text, or several.
	Lines = yamlfile.OneOrMore[Text]
)

// File is the whole file.
type File struct {
	Settings
	Extends      Text                    `key:"extends" doc:"A deploy file that this one is laid over, relative to it, like ../common.yml: many applications share one. Maps are merged, lists replace. That file extends no other."`
	Environments yamlfile.Dict[Settings] `key:"environments" doc:"Where to deploy, by name. An entry takes every key of the file but this one. Its maps are merged with the file's, its lists replace them."`
}

// Settings are what the file, an environment entry and the inputs all may say.
type Settings struct {
	App          Text         `key:"app" pattern:"^[A-Za-z0-9][A-Za-z0-9._-]*$" say:"letters, digits, . _ and -" doc:"Name of the application. Where it is not given, the name of the repository."`
	Django       Django       `key:"django" doc:"What the recipes of Django and Celery have in common, said once."`
	Preset       Text         `key:"preset" doc:"The usual steps of a kind of application: django, laravel, node, rails or static. Your steps take the place of those of the same name."`
	Skip         []Text       `key:"skip" doc:"Names of steps of the preset that are not wanted."`
	Artifact     Text         `key:"artifact" doc:"Path or glob of the tarball; it must match exactly one file."`
	Pull         Boolean      `key:"pull" default:"false" doc:"Whether the hosts themselves fetch what lies at artifact_url, where all of it would be sent: with curl or GNU's wget. One that cannot is sent it."`
	Strip        Number       `key:"strip_components" default:"0" min:"0" max:"100" doc:"How many leading folders of the tarball's names to drop."`
	MaxSize      Text         `key:"max_size" default:"20GB" pattern:"^[0-9]{1,6}(\\.[0-9]{1,3})? ?(kB|MB|GB|TB)$" say:"an amount like 500MB or 2.5GB" doc:"How much the artifact may unpack to. More is refused before it is read."`
	AllowLinks   []Text       `key:"allow_links" pattern:"^/[^\\n]*$" say:"absolute paths" doc:"Absolute targets that links may have, of the artifact or of what a step produces, like the /usr/bin/python3 of a venv. All others must stay inside the release."`
	DeployPath   Text         `key:"deploy_path" doc:"Absolute path on the hosts that holds releases, shared files and current. Each app has its own. ${APP} and ${ENVIRONMENT} stand for their names."`
	ReplaceApp   Text         `key:"replace_app" pattern:"^[A-Za-z0-9][A-Za-z0-9._-]*$" say:"the name of an application" doc:"Name of the application that this one takes the deploy path from: a deploy path belongs to the application and the environment that were deployed there first, and others are refused."`
	KeepReleases Number       `key:"keep_releases" default:"5" min:"1" max:"1000" doc:"How many successful releases stay on a host."`
	PruneCommand Text         `key:"prune_command" pattern:"^[A-Za-z0-9_./][A-Za-z0-9_./=+-]*( +[A-Za-z0-9_./=+-]+)*$" say:"a command and its arguments, without quotes, as in sudo rm -rf --" doc:"Command that removes an old release which the deploy user may not remove, like sudo rm -rf --. The path of that release is its last argument."`
	DriftIgnore  []Text       `key:"drift_ignore" doc:"Paths in a release that status --drift does not compare, relative to it, beside those that it never does (__pycache__, *.pyc, *.pid, sockets): files that the program, or a step after prepare, writes to. * and ** are wildcards."`
	Umask        Text         `key:"umask" default:"022" pattern:"^0?0[0-7][0-7]$" say:"an octal mask like 022, or 002 where the group writes, too" doc:"Mask of the modes of everything that Slipway makes on a host. 002 leaves the group what the owner may."`
	Timeout      Duration     `key:"timeout" default:"30m" min:"10s" max:"24h" doc:"How long the whole deployment may take."`
	Shared       Shared       `key:"shared" doc:"What outlives releases: it lies in shared/ and is linked into each release."`
	Vars         Dict         `key:"vars" doc:"Variables of the steps, also for verify and with. A host's own are laid over them."`
	Secrets      []Text       `key:"secrets" doc:"Names of the secrets that steps see in their environment. Their values come from the input secrets."`
	SecretFiles  []SecretFile `key:"secret_files" doc:"Files of a release that hold a secret, with mode 0600. They change and roll back with it."`
	URL          Text         `key:"url" doc:"Address of the site, for people: shown in the report."`
	Hosts        []Host       `key:"hosts" doc:"Where to deploy: user@host:port, or a map. deploy@web[01:12].example.com is twelve hosts."`
	HostsFrom    Text         `key:"hosts_from" doc:"A JSON file with the hosts, that an earlier step of the job wrote: an array of what hosts takes. In the place of hosts."`
	Issuer       Issuer       `key:"ssh_certificate_from" doc:"Who signs the certificate to log in with, for the job's OIDC token, in the place of the input ssh_key: no long-lived secret is stored in the CI. See docs/keyless.md."`
	Rollout      Rollout      `key:"rollout" doc:"How a deployment goes over the hosts."`
	From         Text         `key:"from" doc:"The environment that promote takes the release from."`
	Soak         Duration     `key:"soak" min:"0s" max:"8760h" doc:"How long the release must have been live there before promote takes it."`
	Allow        Allow        `key:"allow" doc:"Who may deploy here, when, and which commits: see docs/who-may.md. It holds for runs of CI; of a person's machine only not_on does."`
	Provenance   Provenance   `key:"provenance" doc:"Which run must have built what is deployed here: only what github_artifact brings has one, or what is attested, and only a run of this repository that ended in success counts. A rollback goes by what was recorded when the release first went live."`
	Attestation  Attestation  `key:"attestation" doc:"Whether what is deployed here must have an attestation of its build, signed by a workflow: required, or a map of what that must say. It takes the program slipway-verify: see docs/attestation.md. A rollback goes by what was recorded when the release first went live."`
	Prepare      []Step       `key:"prepare" variant:"Step of prepare" without:"undo,on_failure,from,required" doc:"Steps on every host before anything live is touched, in the new release."`
	Migrate      []Step       `key:"migrate" variant:"Step of migrate" without:"produces,from,required" doc:"Steps after every host is prepared, before any is switched. Unless they say otherwise, they run once, on the primary."`
	Ensure       []EnsureStep `key:"ensure" doc:"What must be so while the site changes, like a maintenance page: run before migrate, taken back by undo after activate, or by whoever deploys next where this run died."`
	Activate     Activate     `key:"activate" doc:"How a host takes the release into service, after current is switched."`
	Finish       []Step       `key:"finish" variant:"Step of finish and on_failure" without:"undo,on_failure,produces" doc:"Steps after every host is activated. Their failure undoes nothing."`
	OnFailure    []Step       `key:"on_failure" variant:"Step of finish and on_failure" without:"undo,on_failure,produces" doc:"Steps after a deployment failed in migrate or later."`
	Notify       []Notify     `key:"notify" doc:"Who is told how deployments go: chats and webhooks. See docs/notify.md."`
	OtelEndpoint Text         `key:"otel_endpoint" doc:"Base address of an OTLP/HTTP receiver, like https://otel.example.com:4318: each deployment is sent there as one trace, and steps see TRACEPARENT. See docs/notify.md."`
	OtelHeaders  Text         `key:"otel_headers" doc:"Name of the secret that holds the headers for it, written as name=value,name=value."`
}

// Django is what the recipes of the groups django, celery and database take for their parameters of these names, where a step gives none.
type Django struct {
	Manage Text `key:"manage" doc:"manage.py of the release, relative to it."`
	Python Text `key:"python" doc:"The interpreter, like ve/bin/python. Where it is not given, venv/bin/python of the release if that exists, else python3."`
	App    Text `key:"app" doc:"The module that has Celery's application, as in celery -A."`
}

// Shared is what outlives releases.
type Shared struct {
	Dirs  []Text `key:"dirs" doc:"Folders, relative to the release. A folder of the first release is copied to shared/."`
	Files []Text `key:"files" doc:"Files, relative to the release. One that is missing on a host is an error: put it there first."`
}

// Rollout is how a deployment goes over the hosts.
type Rollout struct {
	Batch         Portion  `key:"batch" doc:"How many hosts are activated at the same time: a number, or a share like 25%. Where it is not given, all."`
	Canary        Number   `key:"canary" default:"0" min:"0" max:"1000" doc:"How many hosts go first, alone: of each role in order that has more."`
	CanaryWait    Duration `key:"canary_wait" default:"0s" min:"0s" max:"24h" doc:"How long a canary is live, and still passes its checks, before the others follow."`
	BatchWait     Duration `key:"batch_wait" default:"0s" min:"0s" max:"24h" doc:"How long to wait after each batch but the last, before the next one begins: as long as a balancer leaves out a host that failed a request."`
	Order         []Text   `key:"order" doc:"Roles: the hosts of the first are activated first, those of none of them last."`
	MaxParallel   Number   `key:"max_parallel" default:"50" min:"2" max:"1000" doc:"How many connections to hosts are open at the same time, in every phase. At least one for 20 hosts: the lock gives signs of life on all of them."`
	Bandwidth     Text     `key:"bandwidth_limit" pattern:"^([1-9][0-9]{0,5}(\\.[0-9]{1,3})?|0\\.[0-9]{0,2}[1-9]) ?(kB|MB|GB)/s$" say:"bytes a second, like 10MB/s; 80 Mbit/s are 10MB/s" doc:"How many bytes a second a command sends to all hosts together, at least 10kB/s: a runner's uplink has others on it, too. Where it is not given, as many as go."`
	FailureBudget Number   `key:"failure_budget" default:"0" min:"0" max:"1000" doc:"How many hosts may be out of reach or fail while the others go on; a primary and a canary may not. The run ends with exit 7 then."`
	LockWait      Duration `key:"lock_wait" default:"10m" min:"0s" max:"24h" doc:"How long to wait for another deployment that holds the hosts; 0s is not at all."`
}

// SecretFile is a file of a release that holds a secret.
type SecretFile struct {
	Path Text `key:"path" required:"yes" doc:"Relative to the release."`
	From Text `key:"from" required:"yes" doc:"Name of the secret that is its content."`
}

// Allow is who may deploy, when, and which commits.
type Allow struct {
	Refs          []Text  `key:"refs" doc:"Refs whose runs may deploy here, like refs/heads/production; * and ** are wildcards. None given: every ref."`
	Events        []Text  `key:"events" pattern:"^[a-z_]+$" say:"the name of an event, like push" doc:"Events that may have started the run, like push or workflow_dispatch. None given: any."`
	Actors        []Text  `key:"actors" pattern:"^[A-Za-z0-9_][A-Za-z0-9_.-]*(\\[bot\\])?$" say:"the name of a user" doc:"Users who may deploy here: who started the run, or who started its re-run. With teams, either is enough."`
	Teams         []Text  `key:"teams" pattern:"^[A-Za-z0-9][A-Za-z0-9-]*/[a-z0-9][a-z0-9_.-]*$" say:"organisation/team, the team as its page's address has it" doc:"Teams of GitHub whose members may deploy here, like acme/deployers. It takes the input policy_token."`
	Branches      []Text  `key:"branches" doc:"Branches, one of which must contain the commit that is deployed, like main. Not asked of a rollback."`
	Checks        []Text  `key:"checks" doc:"Check runs (in GitHub Actions, a job's name) and commit statuses that must have passed on the commit; the newest of each counts. Not asked of a rollback."`
	NotOn         Lines   `key:"not_on" doc:"When nothing is deployed: Fri 15:00-Mon 08:00 Europe/Berlin, of each day 22:00-06:00 Europe/Berlin, or once 2026-12-23 12:00 - 2027-01-04 08:00 Europe/Berlin; one, or a list. A dispatch with override_reason goes on; so does a rollback."`
	NotOnRollback Boolean `key:"not_on_rollback" default:"false" doc:"Whether not_on holds for a rollback, too."`
}

// Provenance is which run must have built what is deployed.
type Provenance struct {
	Workflow Text   `key:"workflow" pattern:"^\\.github/workflows/[^/]+\\.ya?ml$" say:"a path like .github/workflows/build.yml" doc:"Path of the workflow's file. Where it is not given, any."`
	Branches []Text `key:"branches" doc:"Names of branches, or patterns like release/*, one of which the run was for; the branch must contain the commit. None given: any."`
	Events   []Text `key:"events" pattern:"^[a-z_]+$" say:"the name of an event, like push" doc:"Events that may have started the run, like push. None given: any but those of pull requests."`

	Node *yamlfile.Node
}

// HostMap is a host in its long form; Host is either form.
type HostMap struct {
	Name    Text    `key:"name" doc:"What logs call it, and SLIPWAY_HOST. Where it is not given, the host of the address."`
	Address Text    `key:"address" required:"yes" doc:"user@host:port, the port only where it is not 22, IPv6 in brackets. With a range like web[01:12] the entry is that many hosts; a name needs the range, too."`
	Roles   []Text  `key:"roles" doc:"Labels that steps select hosts by. Where none is given, web."`
	Primary Boolean `key:"primary" default:"false" doc:"Whether steps that run once run here. Where no host says so, they run on the first host with the step's role."`
	Vars    Dict    `key:"vars" doc:"Variables of this host, over those of the file."`

	DeployPath Text    `key:"deploy_path" doc:"Deploy path of this host, where it is another than the file's."`
	Release    Boolean `key:"release" default:"true" doc:"Whether it gets releases. A balancer does not: it runs only what others delegate to it with via."`
}

// Step is a command on hosts.
type Step struct {
	Name      Text     `key:"name" doc:"What the report calls it, unique in its list. Where it is not given, the recipe's name."`
	Run       Text     `key:"run" doc:"A POSIX script, run with sh -eu in the release. This or uses."`
	Undo      Text     `key:"undo" doc:"A script that takes back what run did, run like the step: of a drain, the undrain; of a step of migrate, what runs with on_failure. Where it is not given, the recipe's."`
	OnFailure Text     `key:"on_failure" enum:"undo" doc:"Of a step of migrate: undo has its undo run where the deployment fails in migrate, or fails later and every host is back on the release of before. Where it is not given, what the step did stays."`
	Uses      Text     `key:"uses" doc:"A recipe: one of the cookbook, or ./path of your own, without .yml."`
	With      Params   `key:"with" doc:"Parameters of the recipe. ${NAME} stands for a variable, $${NAME} for itself."`
	From      Text     `key:"from" default:"host" enum:"host,runner" doc:"Where it is carried out: on its hosts; or once, from the machine that Slipway runs on, by a recipe that sends requests: see docs/recipes.md. Such a step takes timeout (30s where it is not given), retries (2), only, vars, secrets, idempotent, always and required besides."`
	Required  Boolean  `key:"required" default:"false" doc:"Of a step of finish from the runner: whether its failure ends the run with exit 7. Else it is a warning."`
	Timeout   Duration `key:"timeout" default:"10m" min:"1s" max:"24h" doc:"How long one try may take; where it is not given, never longer than the deployment's timeout."`
	Retries   Number   `key:"retries" default:"0" min:"0" max:"10" doc:"How often it is tried again after it failed."`
	Once      Boolean  `key:"once" doc:"Whether it runs on one host only, the primary of its roles. In migrate true unless given, elsewhere false."`
	Roles     []Text   `key:"roles" doc:"Only on hosts with one of these roles. None given: on every host."`
	Only      []Text   `key:"only" doc:"Only in these environments. None given: in all."`
	Vars      Dict     `key:"vars" doc:"Variables of this step, over all others."`
	Secrets   []Text   `key:"secrets" doc:"Names of the secrets that it sees. Where it is not given, all that the file declares."`
	Dir       Text     `key:"dir" doc:"Working directory: relative to the release, or absolute."`
	Produces  []Text   `key:"produces" doc:"Files and folders that a step of prepare with once makes, relative to the release: the other hosts of its roles get them from its host, and do not make them again."`

	Shell Text `key:"shell" default:"sh -eu" pattern:"^[A-Za-z0-9_./][A-Za-z0-9_./=+-]*( +[A-Za-z0-9_./=+-]+)*$" say:"an interpreter and its arguments, without quotes, as in bash -eu" doc:"The interpreter of run, check and undo, and its arguments."`

	// What a step promises when a run goes on where an earlier attempt stopped, or is cancelled: see docs/re-runs.md.
	Idempotent Boolean `key:"idempotent" doc:"Whether it may run again when nobody saw how it ended. Where it is not given, what its recipe says; true in prepare, unless it runs once, and with always; else false."`
	Check      Text    `key:"check" doc:"A script, run like the step when nobody saw how that ended: exit 0 says that its work is done, any other that it runs again. Where it is not given, the recipe's."`
	Always     Boolean `key:"always" default:"false" doc:"Whether every attempt runs it, also after it succeeded in an earlier one. In on_failure true unless given."`
	Rerun      Boolean `key:"rerun" default:"false" doc:"Of a step that runs once: whether it runs again when it was changed after it succeeded. Else such a change is refused."`
	OnCancel   Text    `key:"on_cancel" enum:"finish,stop" doc:"What a cancelled run does with it: leave it to finish, or end it. In migrate finish unless given, elsewhere stop."`

	Node *yamlfile.Node
}

// Activate is how hosts take a release into service.
type Activate struct {
	Activation
	Roles yamlfile.Dict[Activation] `key:"roles" doc:"What is different on hosts with a role, by role, key by key. A host with several roles does what each says."`
	Fleet Fleet                     `key:"fleet" doc:"Once, after every host is activated."`
}

// Activation is what one host does after the switch.
type Activation struct {
	Drain   Drains                          `key:"drain" doc:"Takes the host out of its balancer before the switch, and puts it back after verify: one step, a list, or none."`
	Restart yamlfile.OneOrMore[RestartStep] `key:"restart" doc:"Steps that start the new release: one, or a list."`
	Verify  []Check                         `key:"verify" doc:"What must hold on the host after the restart. All must pass, else every switched host is brought back."`

	StableFor Duration `key:"stable_for" default:"0s" min:"0s" max:"1h" doc:"How long the checks of verify go on being asked after all of them passed, each at its interval. One failure fails the host: it was up, and down again."`
}

// EnsureStep is a step that holds while the site changes.
type EnsureStep struct {
	Step `without:"on_failure,produces,from,required"`
	Via  Text `key:"via" doc:"The role whose hosts run it, also those without releases: a page on the balancers. Where it is not given, the hosts of roles."`

	Node *yamlfile.Node
}

// RestartStep is a step that starts the new release.
type RestartStep struct {
	Step `without:"undo,on_failure,idempotent,check,always,rerun,produces,from,required"`
	Stop Text `key:"stop" doc:"A script that ends what run started, run like the step. Run where a first deployment failed and there is no release to go back to: what it started must not go on answering. Where it is not given, the recipe's."`
	Log  Text `key:"log" doc:"A script that prints the end of the program's own log, run like the step for at most 10 seconds. Read where the restart or a check failed, and shown with the failure. Where it is not given, the recipe's."`

	Node *yamlfile.Node
}

// DrainStep is a step that takes a host out of its balancer; Drains is one, a list, or none.
type DrainStep struct {
	Step `without:"on_failure,once,roles,idempotent,check,always,rerun,produces,from,required"`
	Via  Text     `key:"via" doc:"The role whose hosts run it, for one drained host at a time. Where it is not given, the drained host itself."`
	Wait Duration `key:"wait" default:"30s" min:"0s" max:"1h" doc:"How long open requests may take to end."`
}

// Fleet is what is done once, for all hosts.
type Fleet struct {
	Verify []Check `key:"verify" doc:"What must hold of the site as a whole. A failure brings every switched host back."`
}

// Check is something that must hold.
type Check struct {
	Name      Text     `key:"name" doc:"What the report calls it. Where it is not given, HTTP, TCP or Script."`
	HTTP      Text     `key:"http" doc:"A URL that must answer. This, tcp or run. ${NAME} stands for a variable."`
	Params    Dict     `key:"params" doc:"Parameters of the URL's query, written as they are: each is encoded. ${NAME} stands for a variable."`
	Method    Text     `key:"method" default:"GET" enum:"GET,HEAD,POST,PUT,OPTIONS" doc:"Method of the request."`
	Headers   Dict     `key:"headers" doc:"Headers of the request. ${NAME} stands for a variable, in a check of fleet also for a secret."`
	Status    Statuses `key:"status" min:"100" max:"599" doc:"Status that the answer must have, or several of which it must have one. Where it is not given, any from 200 to 299. Redirects are not followed: they are the answer."`
	Header    Lines    `key:"header" doc:"A header that the answer must carry, or several: 'X-Release: ${SLIPWAY_RELEASE}'."`
	CA        Text     `key:"ca" doc:"Whom to trust with the site's certificate, in the place of the usual authorities: the path of a PEM file, relative to the deploy file, or its text."`
	Insecure  Boolean  `key:"insecure" default:"false" doc:"Take any certificate, of any name: where the host asks itself, it proves nothing."`
	Body      Text     `key:"body" doc:"Text that the answer must contain in its first MiB. ${NAME} stands for a variable."`
	TCP       Text     `key:"tcp" doc:"host:port that must accept a connection and keep it open. ${NAME} stands for a variable."`
	Run       Text     `key:"run" doc:"A POSIX script that must succeed, run like a step in the release. What it leaves in the background is not waited for."`
	From      Text     `key:"from" default:"host" enum:"host,runner" doc:"Who asks: the host itself, or the machine that Slipway runs on."`
	Within    Duration `key:"within" default:"30s" min:"1s" max:"1h" doc:"How long it may take to hold; it is asked again until then."`
	Interval  Duration `key:"interval" default:"1s" min:"100ms" max:"10m" doc:"How long to wait between two tries."`
	Successes Number   `key:"successes" default:"1" min:"1" max:"100" doc:"How many tries in a row must pass."`

	// Of a metric: see docs/metrics.md.
	JSON    Text     `key:"json" doc:"Of http in a check of fleet: where in the JSON answer a value stands, like data.result[0].value[1]. With above, below or equals."`
	Above   Scalar   `key:"above" doc:"Number that the value of json must be above."`
	Below   Scalar   `key:"below" doc:"Number that the value of json must be below. With above, both must hold."`
	Equals  Scalar   `key:"equals" doc:"What the value of json must be: a number, a text, true or false."`
	Missing Text     `key:"missing" default:"fail" enum:"fail,pass" doc:"What it means that there is no value: nothing is there, null, NaN, or, three times in a row, nothing answers."`
	For     Duration `key:"for" default:"0s" min:"0s" max:"24h" doc:"How long the value of json must go on being so after it first was, while the release is live. A value that is not fails at once, and brings every switched host back."`
	Every   Duration `key:"every" default:"15s" min:"1s" max:"10m" doc:"How often it is asked during for."`

	Node *yamlfile.Node
}

// Builtin are the variables that Slipway gives to every step and that checks and parameters may name. docs/packages.md lists them,
// too.
var Builtin = []string{
	"SLIPWAY_RELEASE", "SLIPWAY_DEPLOY_PATH", "SLIPWAY_RELEASE_PATH", "SLIPWAY_CURRENT_PATH", "SLIPWAY_SHARED_PATH", "SLIPWAY_REVISION",
	"SLIPWAY_ARTIFACT_SHA256", "SLIPWAY_HOST", "SLIPWAY_ENVIRONMENT", "SLIPWAY_DEPLOYMENT", "SLIPWAY_ACTOR",
}

// OfRunner are those that a step from the runner may name: nothing of a host, and when the run started and the request is sent, in
// seconds since 1970.
var OfRunner = []string{
	"SLIPWAY_RELEASE", "SLIPWAY_REVISION", "SLIPWAY_ARTIFACT_SHA256", "SLIPWAY_ENVIRONMENT", "SLIPWAY_DEPLOYMENT", "SLIPWAY_ACTOR",
	"SLIPWAY_STARTED_AT", "SLIPWAY_SENT_AT",
}

// OfFailure are those that say to a step of on_failure what failed.
var OfFailure = []string{"SLIPWAY_FAILED_PHASE", "SLIPWAY_FAILED_STEP", "SLIPWAY_FAILED_HOST"}
