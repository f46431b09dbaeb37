package ci

import (
	"reflect"
	"strings"
)

// Inputs are the inputs of the action as they were given: text, not yet judged. config reads them together with the
// deploy file. The struct is the one source of action.yml's inputs, of the command line's flags (kong reads the tags) and
// of the inputs' documentation.
//
// Tags: name as in action.yml; help, one sentence; default, what action.yml hands over when nothing is given;
// fallback, what holds then by itself, for the documentation only (config decides it, after the deploy file).
type Inputs struct {
	Command     string `kong:"-" name:"command" help:"What to do: any command of slipway." default:"deploy"`
	Config      string `name:"config" help:"The deploy file. It may be missing unless it is named here." fallback:"slipway.yml"`
	Environment string `name:"environment" short:"e" help:"An entry of environments in the deploy file." fallback:"the only one"`

	Artifact        string `name:"artifact" help:"Path or glob of the tarball; it must match exactly one file."`
	StripComponents string `name:"strip_components" aliases:"strip-components" help:"How many leading folders of the tarball's names to drop." fallback:"0"`

	App        string `name:"app" help:"Name of the application." fallback:"the repository's name"`
	Hosts      string `name:"hosts" help:"Where to deploy: user@host:port roles=web,db primary, one host per line."`
	DeployPath string `name:"deploy_path" aliases:"deploy-path" help:"Absolute path on the hosts that holds releases, shared files and current."`

	SSHKey           string `name:"ssh_key" aliases:"ssh-key" help:"Private key to log in with."`
	SSHKeyPassphrase string `name:"ssh_key_passphrase" aliases:"ssh-key-passphrase" help:"Passphrase of the private key."`
	SSHCertificate   string `name:"ssh_certificate" aliases:"ssh-certificate" help:"User certificate that goes with the private key."`
	KnownHosts       string `name:"known_hosts" aliases:"known-hosts" help:"Host identity: lines of known_hosts, as ssh-keyscan prints them. This or host_fingerprints is mandatory."`
	HostFingerprints string `name:"host_fingerprints" aliases:"host-fingerprints" help:"Host identity: SHA256:... fingerprints of the hosts' keys, one per line. This or known_hosts is mandatory."`
	Jump             string `name:"jump" help:"Bastions to go through, in order: user@host:port, one per line."`

	Vars    string `name:"vars" help:"Variables of the steps: NAME=value lines, NAME<<END blocks, or a JSON object."`
	Secrets string `name:"secrets" help:"Secrets of the steps, written like vars; every value is masked."`

	Prepare string `name:"prepare" help:"POSIX script, run with sh -eu in the new release on every host before it goes live."`
	Migrate string `name:"migrate" help:"POSIX script, run once, on the primary, after every host is prepared."`
	Restart string `name:"restart" help:"POSIX script, run on every host after the switch."`
	Verify  string `name:"verify" help:"A URL or a POSIX script that says, on every host, whether the new release works."`

	SharedDirs   string `name:"shared_dirs" aliases:"shared-dirs" help:"Folders that outlive a release, linked from shared/, one per line."`
	SharedFiles  string `name:"shared_files" aliases:"shared-files" help:"Files that outlive a release, linked from shared/, one per line. A missing one is an error."`
	KeepReleases string `name:"keep_releases" aliases:"keep-releases" help:"How many successful releases stay on a host." fallback:"5"`
	Batch        string `name:"batch" help:"How many hosts are switched at the same time: a number, or a share like 25%." fallback:"all hosts"`
	Timeout      string `name:"timeout" help:"How long the whole deployment may take, like 30m." fallback:"30m"`
	LockWait     string `name:"lock_wait" aliases:"lock-wait" help:"How long to wait for another deployment that holds the hosts; 0s is not at all." fallback:"10m"`
	IfSuperseded string `name:"if_superseded" aliases:"if-superseded" help:"How a run ends that finds its hosts on a newer run's release: fail, with exit 6, or pass." fallback:"fail"`

	To            string `name:"to" help:"Release, or short commit of a release, to roll back to." fallback:"the previous one"`
	DeploymentKey string `name:"deployment_key" aliases:"deployment-key" help:"Tells the legs of a matrix apart."`
	LogLines      string `name:"log_lines" aliases:"log-lines" help:"Live lines of a step per host, fewer where there are more than 8 hosts; the rest stays in the journal on the host." fallback:"500"`

	// Given tells by name which inputs were set at all, also to nothing: an ssh_key that is given and empty is a secret
	// that did not arrive. GitHub sets every input of action.yml, to nothing where the workflow says nothing; so there,
	// given and empty can mean either.
	Given map[string]bool `kong:"-"`
}

// InputDoc is what a person must know of an input.
type InputDoc struct {
	Name     string
	Help     string // one sentence
	Default  string // what action.yml hands over when nothing is given; "" is nothing
	Fallback string // what holds when nothing is given there nor in the deploy file; "" is nothing
}

// Names are all inputs, in the order in which people should read them.
func Names() []InputDoc {
	var docs []InputDoc
	t := reflect.TypeFor[Inputs]()
	for i := range t.NumField() {
		tag := t.Field(i).Tag
		if name := tag.Get("name"); name != "" {
			docs = append(docs, InputDoc{Name: name, Help: tag.Get("help"), Default: tag.Get("default"), Fallback: tag.Get("fallback")})
		}
	}
	return docs
}

// FromEnv reads the inputs from the variables that CI makes of them (see Lookup for which). It reads no other variable:
// a job that happens to have PORT or SSH_HOST does not change a deployment.
func FromEnv(lookupEnv func(string) (string, bool)) Inputs {
	inputs := Inputs{Given: map[string]bool{}}
	lookup := lookupIn(lookupEnv)
	v := reflect.ValueOf(&inputs).Elem()
	for i := range v.NumField() {
		name := v.Type().Field(i).Tag.Get("name")
		if name == "" {
			continue
		}
		value, given := lookup(name)
		v.Field(i).SetString(value)
		if given {
			inputs.Given[name] = true
		}
	}
	return inputs
}

// Lookup finds an input by name: INPUT_NAME as GitHub, Gitea and Forgejo set it, then PLUGIN_NAME as Woodpecker and Drone
// do, and nothing else. ok is false when it was not set, or set to nothing.
func Lookup(getenv func(string) string) func(name string) (value string, ok bool) {
	lookup := lookupIn(func(name string) (string, bool) {
		value := getenv(name)
		return value, value != ""
	})
	return func(name string) (string, bool) {
		value, _ := lookup(name)
		return value, value != ""
	}
}

// lookupIn tells the value of an input and whether it was given at all. The first variable that is not empty wins.
func lookupIn(lookupEnv func(string) (string, bool)) func(name string) (value string, given bool) {
	return func(name string) (string, bool) {
		given := false
		for _, variable := range variables(name) {
			value, ok := lookupEnv(variable)
			given = given || ok
			if strings.TrimSpace(value) == "" {
				continue
			}
			if strings.HasPrefix(variable, "PLUGIN_") {
				value = fromPlugin(name, value)
			}
			return value, true
		}
		return "", given
	}
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
