package ci

import (
	"iter"
	"reflect"
	"slices"
	"strings"

	"github.com/slipway/slipway/internal/lazyregexp"
)

// Inputs are the inputs of the action as they were given: text, not yet judged. config reads them together with the
// deploy file. The struct is the one source of action.yml's inputs, of the command line's flags (app/cmdline reads the tags) and
// of the inputs' documentation.
//
// Tags: name as in action.yml; help, one sentence; action, what action.yml hands over when nothing is given;
// fallback, what holds then by itself, for the documentation only (config decides it, after the deploy file);
// of, the only commands that take it; required, that the first of them needs it; secret, its value is never shown; file, as a flag it may name a file, @path;
// group, the heading of its flag in the command line's help.
type Inputs struct {
	Command     string `flag:"-" name:"command" help:"What to do: any command of slipway." action:"deploy"`
	Config      string `name:"config" group:"what" help:"The deploy file. It may be missing unless it is named here." fallback:"slipway.yml"`
	Environment string `name:"environment" short:"e" group:"what" help:"An entry of environments in the deploy file." fallback:"the only one"`

	Artifact               string `name:"artifact" group:"what" help:"Path or glob of the tarball; it must match exactly one file."`
	GitHubArtifact         string `name:"github_artifact" aliases:"github-artifact" group:"what" help:"Name of the artifact that CI built of ref, in the place of artifact: its run is found, and it is downloaded. One that was uploaded without a zip has the name of its file."`
	GitHubArtifactWorkflow string `name:"github_artifact_workflow" aliases:"github-artifact-workflow" group:"what" help:"The workflow that built it: its file or its name." fallback:"any"`
	Ref                    string `name:"ref" group:"what" help:"Branch, tag or commit of which github_artifact is deployed. It is looked up once: a re-run deploys the same commit." fallback:"the run's commit"`
	ArtifactURL            string `name:"artifact_url" aliases:"artifact-url" group:"what" help:"HTTPS address of the tarball, in the place of artifact. An asset of a release in this repository is fetched with github_token."`
	ArtifactSHA256         string `name:"artifact_sha256" aliases:"artifact-sha256" group:"what" help:"SHA-256 of what lies at artifact_url. It is mandatory there."`
	Pull                   string `name:"pull" group:"what" help:"true has the hosts themselves fetch what lies at artifact_url, where all of it would be sent." fallback:"false"`
	GitHubToken            string `name:"github_token" aliases:"github-token" group:"what" secret:"yes" file:"yes" action:"${{ github.token }}" help:"Token for GitHub's API. The job's own needs permissions: actions: read for github_artifact, promote and rollback, contents: read for ref, for a tag in to and for allow.branches, checks: read and statuses: read for allow.checks, attestations: read for attestation, pull-requests: write for comment, deployments: write for github_deployment, artifact-metadata: write for deployment_record; contents: read and pull-requests: read to say what was shipped."`

	Revision        string `name:"revision" group:"what" help:"Commit that the artifact was built of, where that is another than the run's." fallback:"what the artifact itself says, else the run's commit"`
	MaxSize         string `name:"max_size" aliases:"max-size" group:"what" help:"How much the artifact may unpack to, like 500MB; more is refused before it is read." fallback:"20GB"`
	StripComponents string `name:"strip_components" aliases:"strip-components" group:"what" help:"How many leading folders of the tarball's names to drop." fallback:"0"`

	App        string `name:"app" group:"what" help:"Name of the application." fallback:"the repository's name"`
	Hosts      string `name:"hosts" group:"hosts" help:"Where to deploy: user@host:port roles=web,db primary, one host per line. deploy@web[01:12].example.com is twelve hosts."`
	HostsFrom  string `name:"hosts_from" aliases:"hosts-from" group:"hosts" help:"JSON file with the hosts, that an earlier step of the job wrote: an array of user@host texts or host objects."`
	Limit      string `name:"limit" group:"hosts" help:"Only these hosts, by name, role or range like web[01:03]; the others keep what they run, and the fleet is split." fallback:"all hosts"`
	DeployPath string `name:"deploy_path" aliases:"deploy-path" group:"hosts" help:"Absolute path on the hosts that holds releases, shared files and current."`

	SSHKey             string `name:"ssh_key" aliases:"ssh-key" group:"login" secret:"yes" file:"yes" help:"Private key to log in with: OpenSSH or PEM, as it is or in base64."`
	SSHKeyPassphrase   string `name:"ssh_key_passphrase" aliases:"ssh-key-passphrase" group:"login" secret:"yes" file:"yes" help:"Passphrase of the private key."`
	SSHCertificate     string `name:"ssh_certificate" aliases:"ssh-certificate" group:"login" file:"yes" help:"User certificate that goes with the private key."`
	SSHCertificateFrom string `name:"ssh_certificate_from" aliases:"ssh-certificate-from" group:"login" file:"yes" help:"Who signs a certificate to log in with for the job's OIDC token, in the place of ssh_key: the YAML map that the deploy file takes, like {vault: https://vault.example.com, role: deploy}. The job needs permissions: id-token: write." fallback:"ssh_certificate_from in the deploy file"`
	KnownHosts         string `name:"known_hosts" aliases:"known-hosts" group:"login" file:"yes" help:"Host identity: lines of known_hosts, as ssh-keyscan prints them. This or host_fingerprints is mandatory."`
	HostFingerprints   string `name:"host_fingerprints" aliases:"host-fingerprints" group:"login" help:"Host identity: SHA256:... fingerprints of the hosts' keys, or the lines of ssh-keygen -lf, one per line. This or known_hosts is mandatory."`
	SSHConfig          string `name:"ssh_config" aliases:"ssh-config" group:"login" file:"yes" help:"An OpenSSH client configuration, its path or its text: HostName, User, Port, IdentityFile, CertificateFile, ProxyJump, ProxyCommand, UserKnownHostsFile and HostKeyAlias of the hosts are taken from it where nothing else says them."`
	Jump               string `name:"jump" group:"login" help:"Bastions to go through, in order: user@host:port, one per line."`
	ProxyCommand       string `name:"proxy_command" aliases:"proxy-command" group:"login" help:"A program that is the connection to a host, and its arguments, as ProxyCommand of ssh_config: %h is the host, %p the port, %r the user, %% the character. It runs where Slipway does: a container action sees no program of the runner's."`

	Vars    string `name:"vars" group:"steps" help:"Variables of the steps: NAME=value lines, NAME<<END blocks, or a JSON object."`
	Secrets string `name:"secrets" group:"steps" secret:"yes" file:"yes" help:"Secrets of the steps, written like vars; every value is masked."`

	Prepare string `name:"prepare" group:"steps" help:"POSIX script, run with sh -eu in the new release on every host before it goes live."`
	Migrate string `name:"migrate" group:"steps" help:"POSIX script, run once, on the primary, after every host is prepared."`
	Restart string `name:"restart" group:"steps" help:"POSIX script, run on every host after the switch."`
	Verify  string `name:"verify" group:"steps" help:"A URL or a POSIX script that says, on every host, whether the new release works."`

	SharedDirs     string `name:"shared_dirs" aliases:"shared-dirs" group:"releases" help:"Folders that outlive a release, linked from shared/, one per line."`
	SharedFiles    string `name:"shared_files" aliases:"shared-files" group:"releases" help:"Files that outlive a release, linked from shared/, one per line. A missing one is an error."`
	KeepReleases   string `name:"keep_releases" aliases:"keep-releases,keep" group:"releases" help:"How many successful releases stay on a host." fallback:"5"`
	Batch          string `name:"batch" group:"policy" help:"How many hosts are switched at the same time: a number, or a share like 25%." fallback:"all hosts"`
	BandwidthLimit string `name:"bandwidth_limit" aliases:"bandwidth-limit" group:"policy" help:"How many bytes a second are sent to all hosts together, like 10MB/s." fallback:"no limit"`
	CacheDir       string `name:"cache_dir" aliases:"cache-dir" group:"policy" help:"A folder of the runner that keeps the artifacts that it deployed, so that less has to be asked and sent. It outlives the job only where it is kept, as actions/cache does." fallback:"nothing is kept"`
	Timeout        string `name:"timeout" group:"policy" help:"How long the whole deployment may take, like 30m." fallback:"30m"`
	LockWait       string `name:"lock_wait" aliases:"lock-wait" group:"policy" help:"How long to wait for another deployment that holds the hosts; 0s is not at all." fallback:"10m"`
	OtelEndpoint   string `name:"otel_endpoint" aliases:"otel-endpoint" group:"policy" help:"Base address of an OTLP/HTTP receiver, to which the deployment is sent as one trace." fallback:"none is sent"`
	OtelHeaders    string `name:"otel_headers" aliases:"otel-headers" group:"policy" secret:"yes" file:"yes" help:"Headers for it, as name=value,name=value."`
	IfSuperseded   string `name:"if_superseded" aliases:"if-superseded" group:"policy" help:"How a run ends that finds its hosts on a newer run's release: fail, with exit 6, or pass." fallback:"fail"`

	PolicyFrom        string `name:"policy_from" aliases:"policy-from" group:"policy" help:"A branch whose deploy file holds in the place of the checkout's, but for the steps: hosts, allow, provenance, names of secrets. It is read by the API, so that a pull request cannot change it." fallback:"the checkout's deploy file"`
	PolicyToken       string `name:"policy_token" aliases:"policy-token" group:"policy" secret:"yes" file:"yes" help:"Token that may read who is in a team, for allow.teams: of an app or a person, since the job's own may not."`
	AttestationBundle string `name:"attestation_bundle" aliases:"attestation-bundle" of:"deploy, plan" group:"policy" help:"File with the attestation of the artifact, where the deploy file asks for one: Sigstore bundles, as the output bundle-path of actions/attest names them." fallback:"GitHub is asked, by the artifact's digest"`
	TrustedRoot       string `name:"trusted_root" aliases:"trusted-root" of:"deploy, promote, plan" group:"policy" file:"yes" help:"Whom to trust with attestations, and nobody is asked: what gh attestation trusted-root prints, its path or its text." fallback:"the public roots of Sigstore and of GitHub, which are fetched"`

	OverrideReason string `name:"override_reason" aliases:"override-reason" of:"deploy, rollback, promote, plan" group:"policy" help:"Why a dispatched run may go on although allow.not_on stands against it. It is recorded, with who said it."`

	To            string `name:"to" group:"releases" help:"Release to roll back to: its ID, or its commit or the digest of its content (sha256:...), or the beginning of either; in GitHub Actions also a branch or tag." fallback:"the previous one"`
	DeploymentKey string `name:"deployment_key" aliases:"deployment-key" group:"policy" help:"Tells the legs of a matrix apart. Each leg is a deployment of its own: hosts that are to be switched together belong into one job. With shard it names the one deployment that the jobs make together."`
	Shard         string `name:"shard" of:"deploy" group:"policy" help:"Which part of the hosts this job prepares, and nothing else: 2/5, of a job matrix with five legs. A job with rest/5 goes on with all hosts. They are one deployment, and have the same deployment_key." fallback:"one job deploys to all hosts"`
	MatrixJobs    string `name:"matrix_jobs" hidden:"" group:"policy" action:"${{ strategy.job-total }}" help:"How many legs the matrix of the job has: the runner fills it in. A deployment by one of several legs without a deployment_key is warned of."`
	CheckRunID    string `name:"check_run_id" aliases:"check-run-id" hidden:"" of:"deploy, promote, rollback" group:"policy" action:"${{ job.check_run_id }}" help:"Which job of the run this is: the runner fills it in, for the address of its log."`
	LogLines      string `name:"log_lines" aliases:"log-lines" group:"policy" help:"Live lines of a step per host, fewer where there are more than 8 hosts; the rest stays in the journal on the host." fallback:"500"`

	GitHubDeployment string `name:"github_deployment" aliases:"github-deployment" of:"deploy, promote, rollback" group:"policy" help:"true keeps a deployment on GitHub up to date while it runs: its state, the log, the environment's URL. The job needs permissions: deployments: write." fallback:"false"`
	DeploymentRecord string `name:"deployment_record" aliases:"deployment-record" of:"deploy, promote, rollback" group:"policy" help:"true writes down in the organisation's deployment records where the artifact runs, by its digest. The job needs permissions: artifact-metadata: write." fallback:"false"`

	// What one command alone takes.
	From           string `name:"from" of:"promote, plan" group:"what" help:"The environment whose release is promoted." fallback:"from in the environment's entry"`
	FromSSHKey     string `name:"from_ssh_key" aliases:"from-ssh-key" of:"promote, plan" group:"login" secret:"yes" file:"yes" help:"Private key to log in with to the hosts of that environment." fallback:"ssh_key"`
	FromKnownHosts string `name:"from_known_hosts" aliases:"from-known-hosts" of:"promote, plan" group:"login" file:"yes" help:"Lines of known_hosts for the hosts of that environment." fallback:"known_hosts"`
	FromJump       string `name:"from_jump" aliases:"from-jump" of:"promote, plan" group:"login" help:"Bastions to the hosts of that environment." fallback:"jump"`
	Reason         string `name:"reason" of:"hold" group:"what" required:"" help:"Why, for whoever wants to deploy: it is shown to them."`
	Deployment     string `name:"deployment" of:"resolve, logs" group:"what" required:"" help:"ID of the deployment, as its run printed it. For logs the ID of its release will do, and the newest is meant where nothing is given."`
	Host           string `name:"host" of:"resolve, logs, exec" group:"what" required:"" help:"The host that the step ran on; of exec the hosts to run it on, separated by commas or spaces (default: all)."`
	Step           string `name:"step" of:"resolve, logs" group:"what" required:"" help:"Name of the step."`
	As             string `name:"as" of:"resolve" group:"what" help:"What became of the step: done, it did what it should, or rerun, let it run again."`
	Role           string `name:"role" of:"exec" group:"what" help:"Roles of the hosts to run it on, separated by commas or spaces." fallback:"all hosts"`
	Run            string `flag:"-" name:"run" of:"exec" help:"The command: a POSIX script, run with sh -eu in current."`
	Force          string `flag:"-" name:"force" of:"unlock" help:"true takes the lock from an owner that may be alive: what that still sends is refused." fallback:"false"`
	Offline        string `flag:"-" name:"offline" of:"plan" help:"true asks no host: the steps alone are shown." fallback:"false"`
	Comment        string `flag:"-" name:"comment" of:"plan, deploy, promote, rollback" help:"For a plan true shows it in one comment on the pull request, which each run brings up to date; for a deployment shipped comments on each pull request that it ships. The job needs permissions: pull-requests: write." fallback:"false"`
	Drift          string `flag:"-" name:"drift" of:"status" help:"true also compares the files of the live release with those that were deployed." fallback:"false"`
	JSON           string `flag:"-" name:"json" of:"plan, status, history, logs, doctor" help:"true prints the answer as JSON." fallback:"false"`
	HTML           string `flag:"-" name:"html" of:"history" help:"A file to write the history to, as a page."`
	Commits        string `flag:"-" name:"commits" of:"history" help:"For the page: a file with commits and their times, as git log --format='%H %cI' prints them."`
	AllowLogs      string `flag:"-" name:"allow_logs" of:"logs" help:"true shows logs in CI: this run cannot mask the secrets of earlier ones." fallback:"false"`
	Dir            string `flag:"-" name:"dir" of:"pack" help:"The folder to pack." fallback:"."`
	Output         string `flag:"-" name:"output" of:"pack" help:"The tarball: .tar, .tar.gz or .tar.zst." fallback:"release.tar.gz"`

	// Given has the names of the inputs that were set at all, also to nothing: an ssh_key that is given and empty is a
	// secret that did not arrive. GitHub sets every input of action.yml, to nothing where the workflow says nothing; so
	// there, given and empty can mean either.
	Given map[string]bool `flag:"-"`
	// BorrowedLogin says that the log-in was given for another environment: what the deploy file says of this one goes before it.
	BorrowedLogin bool `flag:"-"`
	// Plugin has the names of those that came as a setting of a Woodpecker or Drone plugin.
	Plugin map[string]bool `flag:"-"`
}

// InputDoc is what a person must know of an input.
type InputDoc struct {
	Name     string
	Aliases  []string // as a flag it has these names too
	Help     string   // one sentence
	Default  string   // what action.yml hands over when nothing is given; "" is nothing
	Fallback string   // what holds when nothing is given there nor in the deploy file; "" is nothing
	Of       string   // the only commands that take it, with commas; "" is every command that has a use for it
	Secret   bool     // its value is never shown
	File     bool     // as a flag it may name a file: @path
}

// Text is the input's description in action.yml: what it is, whose it is, and what holds without it.
func (d InputDoc) Text() string {
	text := d.Help
	if d.Of != "" {
		text = "For " + d.Of + ": " + text
	}
	if d.Fallback != "" {
		text = strings.TrimSuffix(text, ".") + " (default: " + d.Fallback + ")."
	}
	return text
}

// Names are all inputs, in the order in which people should read them.
func Names() []InputDoc {
	var docs []InputDoc
	for doc := range new(Inputs).All() {
		docs = append(docs, doc)
	}
	return docs
}

// All gives each input with its value, which may be set.
func (in *Inputs) All() iter.Seq2[InputDoc, *string] {
	return func(yield func(InputDoc, *string) bool) {
		v := reflect.ValueOf(in).Elem()
		for i := range v.NumField() {
			tag := v.Type().Field(i).Tag
			value, isText := v.Field(i).Addr().Interface().(*string)
			if !isText {
				continue
			}
			doc := InputDoc{
				Name: tag.Get("name"), Aliases: strings.FieldsFunc(tag.Get("aliases"), func(r rune) bool { return r == ',' }),
				Help: tag.Get("help"), Default: tag.Get("action"), Fallback: tag.Get("fallback"),
				Of: tag.Get("of"), Secret: tag.Get("secret") != "", File: tag.Get("file") != "",
			}
			if !yield(doc, value) {
				return
			}
		}
	}
}

// FromEnv reads the inputs from the variables that CI makes of them: INPUT_NAME as GitHub, Gitea and Forgejo set it, then
// PLUGIN_NAME as Woodpecker and Drone do. It reads no other variable: a job that happens to have PORT or SSH_HOST does not
// change a deployment.
func FromEnv(lookupEnv func(string) (string, bool)) Inputs {
	inputs := Inputs{Given: map[string]bool{}, Plugin: map[string]bool{}}
	for doc, target := range inputs.All() {
		inputs.read(lookupEnv, doc.Name, target)
	}
	return inputs
}

// read takes one input from its variables: the first that is not empty wins.
func (in *Inputs) read(lookupEnv func(string) (string, bool), name string, target *string) {
	for _, variable := range variables(name) {
		value, ok := lookupEnv(variable)
		if ok {
			in.Given[name] = true
		}
		if strings.TrimSpace(value) == "" || unset(lookupEnv, value) {
			continue
		}
		switch *target = value; {
		case strings.HasPrefix(variable, "PLUGIN_"):
			*target, in.Plugin[name] = fromPlugin(name, value), true
		case name == "secrets":
			*target = unsetIn(lookupEnv, value)
		}
		return
	}
}

var reference = lazyregexp.New(`^\s*\$(?:[A-Za-z_][A-Za-z0-9_]*|\{[A-Za-z_][A-Za-z0-9_]*\})\s*$`)

// unset reports whether a value is what GitLab makes of INPUT_X: $NAME where there is no variable NAME: it leaves the text as it is. That
// is so for a protected variable in a pipeline of a branch that is not protected.
func unset(lookupEnv func(string) (string, bool), value string) bool {
	gitlab, _ := lookupEnv("GITLAB_CI")
	return gitlab == "true" && reference.MatchString(value)
}

var assignedReference = lazyregexp.New(`(?m)^(\s*[A-Za-z_][A-Za-z0-9_]*=)\$(?:[A-Za-z_][A-Za-z0-9_]*|\{[A-Za-z_][A-Za-z0-9_]*\})[ \t]*$`)

// unsetIn leaves secrets empty that have such a text for their value, PASSWORD=$PASSWORD: one that is not given is refused. In a block,
// NAME<<END, lines like that may be meant.
func unsetIn(lookupEnv func(string) (string, bool), value string) string {
	if gitlab, _ := lookupEnv("GITLAB_CI"); gitlab != "true" || strings.Contains(value, "<<") {
		return value
	}
	return assignedReference.ReplaceAllString(value, "$1")
}

// variables are the names under which CI may hand over an input. The runner keeps hyphens and makes spaces underscores;
// both spellings are read.
func variables(name string) []string {
	upper := strings.ToUpper(name)
	hyphens := strings.ReplaceAll(upper, "_", "-")
	names := []string{"INPUT_" + upper}
	if hyphens != upper {
		names = append(names, "INPUT_"+hyphens)
	}
	return append(names, "PLUGIN_"+upper)
}

// WithoutInputs are the variables of an environment, NAME=value, but for those that hold inputs: what Slipway starts here is not shown
// its secrets.
func WithoutInputs(environ []string) []string {
	return slices.DeleteFunc(slices.Clone(environ), func(variable string) bool {
		return strings.HasPrefix(variable, "INPUT_") || strings.HasPrefix(variable, "PLUGIN_")
	})
}
