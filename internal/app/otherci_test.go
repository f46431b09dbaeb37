package app_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/ci/citest"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/golden"
	"github.com/slipway/slipway/internal/lazyregexp"
	"github.com/slipway/slipway/internal/sshtest"
	"github.com/slipway/slipway/internal/sshtest/hosttest"
)

const ciExamples = "../../examples/ci"

// password is the secret of the example's step, which prints it.
const password = "t0p-secret-Passw0rd"

// ciJob is the job of an example that deploys, as its CI runs it: the script that builds, the variables, the script that deploys.
type ciJob struct {
	build, deploy string
	env           map[string]string
}

// secrets are what an example takes from its CI: texts, and as Jenkins has them files.
type secrets struct{ key, knownHosts string }

func (s secrets) named(name string) string {
	return map[string]string{
		"SSH_KEY": base64.StdEncoding.EncodeToString([]byte(s.key)), "KNOWN_HOSTS": s.knownHosts, "PASSWORD": password,
	}[strings.ToUpper(name)]
}

// examples are how each CI reads its example.
func examples() map[string]example {
	return map[string]example{
		"gitlab":     {".gitlab-ci.yml", gitlabJob},
		"gitea":      {"gitea.yml", actionsJob},
		"forgejo":    {"forgejo.yml", actionsJob},
		"woodpecker": {".woodpecker.yml", pluginJob},
		"drone":      {".drone.yml", pluginJob},
		"bitbucket":  {"bitbucket-pipelines.yml", bitbucketJob},
		"jenkins":    {"Jenkinsfile", jenkinsJob},
	}
}

// example is the file of a CI, and how that CI reads it.
type example struct {
	file string
	read func(t *testing.T, text string, s secrets) ciJob
}

func read(t *testing.T, text string, into any) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(text), into); err != nil {
		t.Fatal(err)
	}
}

var gitlabVariable = lazyregexp.New(`\$\{?([A-Z_]+)\}?`)

// gitlabJob puts variables into the job's, and leaves $NAME where there is none of that name.
func gitlabJob(t *testing.T, text string, s secrets) ciJob {
	var file struct {
		Build, Deploy struct {
			Extends   string
			Script    []string
			Variables map[string]string
			Artifacts struct{ Reports map[string]string }
		}
		Slipway struct {
			Variables map[string]string
			Image     struct{ Entrypoint []string }
		} `yaml:".slipway"`
	}
	read(t, text, &file)
	if len(file.Slipway.Image.Entrypoint) != 1 || file.Slipway.Image.Entrypoint[0] != "" {
		t.Errorf("the entrypoint is %q: GitLab starts a shell", file.Slipway.Image.Entrypoint)
	}
	env := maps.Clone(file.Slipway.Variables)
	maps.Copy(env, file.Deploy.Variables)
	if reports := file.Deploy.Artifacts.Reports; reports["dotenv"] != env["SLIPWAY_DOTENV"] || reports["annotations"] != env["SLIPWAY_ANNOTATIONS"] || len(reports) != 2 {
		t.Errorf("reports %v, and the files are %s and %s", reports, env["SLIPWAY_DOTENV"], env["SLIPWAY_ANNOTATIONS"])
	}
	for name, value := range env {
		env[name] = gitlabVariable.ReplaceAllStringFunc(value, func(ref string) string {
			if value := s.named(strings.Trim(ref, "${}")); value != "" {
				return value
			}
			return ref
		})
	}
	return ciJob{strings.Join(file.Build.Script, "\n"), strings.Join(file.Deploy.Script, "\n"), env}
}

var actionsSecret = lazyregexp.New(`\$\{\{ *secrets\.([A-Z_]+) *\}\}`)

// actionsJob makes INPUT_ variables of what an action is given.
func actionsJob(t *testing.T, text string, s secrets) ciJob {
	var file struct {
		Jobs map[string]struct {
			Steps []struct {
				Run, Uses string
				With      map[string]string
			}
		}
	}
	read(t, text, &file)
	made := ciJob{env: map[string]string{}, deploy: "slipway"}
	for _, step := range file.Jobs["site"].Steps {
		made.build += step.Run
		if !strings.Contains(step.Uses, "slipway/slipway@") {
			continue
		}
		for name, value := range step.With {
			if strings.Contains(value, "github.event_name") {
				value = "deploy"
			}
			made.env["INPUT_"+strings.ToUpper(name)] = actionsSecret.ReplaceAllStringFunc(value, func(ref string) string {
				return s.named(actionsSecret.FindStringSubmatch(ref)[1])
			})
		}
	}
	return made
}

// pluginJob makes PLUGIN_ variables of settings as Woodpecker and Drone do: a list of texts is joined by commas, a map is JSON.
func pluginJob(t *testing.T, text string, s secrets) ciJob {
	var file struct {
		Steps []struct {
			Commands []string
			Settings map[string]any
		}
	}
	read(t, text, &file)
	made := ciJob{env: map[string]string{}, deploy: "slipway"}
	var resolve func(value any) any
	resolve = func(value any) any {
		object, isMap := value.(map[string]any)
		if !isMap {
			return value
		}
		if name, ok := object["from_secret"].(string); ok {
			return s.named(name)
		}
		for key := range object {
			object[key] = resolve(object[key])
		}
		return object
	}
	for _, step := range file.Steps {
		made.build += strings.Join(step.Commands, "\n")
		for name, value := range step.Settings {
			switch value := resolve(value).(type) {
			case string:
				made.env["PLUGIN_"+strings.ToUpper(name)] = value
			case []any:
				var parts []string
				for _, part := range value {
					parts = append(parts, fmt.Sprint(part))
				}
				made.env["PLUGIN_"+strings.ToUpper(name)] = strings.Join(parts, ",")
			default:
				encoded, err := json.Marshal(value)
				if err != nil {
					t.Fatal(err)
				}
				made.env["PLUGIN_"+strings.ToUpper(name)] = string(encoded)
			}
		}
	}
	return made
}

// bitbucketJob runs a step's script with the variables of its deployment environment.
func bitbucketJob(t *testing.T, text string, s secrets) ciJob {
	var file struct {
		Pipelines struct {
			Branches map[string][]struct {
				Step struct {
					Script     []string
					Deployment string
				}
			}
		}
	}
	read(t, text, &file)
	made := ciJob{env: map[string]string{"SSH_KEY": s.named("SSH_KEY"), "PASSWORD": password}}
	for _, entry := range file.Pipelines.Branches["main"] {
		if script := strings.Join(entry.Step.Script, "\n"); entry.Step.Deployment == "" {
			made.build += script
		} else {
			made.deploy += script
		}
	}
	return made
}

var (
	groovyVariable = lazyregexp.New(`(?m)^ +([A-Z_]+) = '([^']*)'$`)
	groovyScript   = lazyregexp.New(`(?m)^ +sh '([^']*)'$`)
)

// jenkinsJob takes the environment, the scripts and the credentials of a Jenkinsfile: a key and known_hosts are files there.
func jenkinsJob(t *testing.T, text string, s secrets) ciJob {
	made := ciJob{env: map[string]string{"PASSWORD": password}}
	for name, content := range map[string]string{"KEY": s.key, "KNOWN_HOSTS": s.knownHosts} {
		if !regexp.MustCompile(`[vV]ariable: '` + name + `'`).MatchString(text) {
			t.Errorf("no credential is bound to %s", name)
		}
		made.env[name] = filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(made.env[name], []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, match := range groovyVariable.FindAllStringSubmatch(text, -1) {
		made.env[match[1]] = match[2]
	}
	scripts := groovyScript.FindAllStringSubmatch(text, -1)
	if len(scripts) != 2 {
		t.Fatalf("%d scripts", len(scripts))
	}
	made.build, made.deploy = scripts[0][1], scripts[1][1]
	return made
}

// otherCI is a CI that runs its example against two hosts.
type otherCI struct {
	name  string
	dir   string // the workspace
	job   ciJob
	hosts []hosttest.Host
}

func newOtherCI(t *testing.T, name string) *otherCI {
	t.Helper()
	c := &otherCI{name: name, dir: filepath.Join(t.TempDir(), "workspace")}
	if err := os.CopyFS(c.dir, os.DirFS(ciExamples)); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(ciExamples, examples()[name].file))
	if err != nil {
		t.Fatal(err)
	}
	key, authorized := sshtest.ClientKey()
	known := ""
	replace := []string{}
	for i := range 2 {
		host := hosttest.Start(t, sshtest.Options{AuthorizedKey: authorized})
		c.hosts = append(c.hosts, host)
		known += host.KnownHosts + "\n"
		address := fmt.Sprintf("%s@%s:%d", host.Address.User, host.Address.Host, host.Address.Port)
		replace = append(replace, fmt.Sprintf("deploy@10.0.0.1%d", i+1), fmt.Sprintf("%s name=web%d deploy_path=%s/site", address, i+1, host.Root))
	}
	written := strings.NewReplacer(replace...).Replace(string(text))
	if strings.Count(string(text), "deploy@10.0.0.1") != 2 {
		t.Fatalf("%s does not name the two hosts", name)
	}
	if err := os.WriteFile(filepath.Join(c.dir, "known_hosts"), []byte(known), 0o644); err != nil {
		t.Fatal(err)
	}
	c.job = examples()[name].read(t, written, secrets{key: key.Reveal(), knownHosts: known})
	return c
}

// run runs a script of the job, with what the CI sets laid over by changes, and gives its exit code and its log.
func (c *otherCI) run(t *testing.T, script string, changes map[string]string) (int, string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sh", "-euc", script)
	cmd.Dir = c.dir
	env := citest.Environment(c.name, changes)
	maps.Copy(env, c.job.env)
	env["PATH"], env["HOME"], env["TMPDIR"] = os.Getenv("PATH"), c.dir, t.TempDir()
	for name, value := range env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	out, err := cmd.CombinedOutput()
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		t.Fatal(err)
	}
	for what, value := range map[string]string{"password": password, "key": c.job.env["INPUT_SSH_KEY"] + c.job.env["PLUGIN_SSH_KEY"]} {
		shown := slices.DeleteFunc(strings.Split(string(out), "\n"), func(line string) bool { return strings.HasPrefix(line, "::add-mask::") })
		if value != "" && strings.Contains(strings.Join(shown, "\n"), value) {
			t.Errorf("the log shows the %s:\n%s", what, out)
		}
	}
	return cmd.ProcessState.ExitCode(), string(out)
}

// write makes a version of the site, and builds it.
func (c *otherCI) write(t *testing.T, page string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(c.dir, "site", "index.html"), []byte("<h1>Hello</h1> "+page), 0o644); err != nil {
		t.Fatal(err)
	}
	if code, out := c.run(t, c.job.build, nil); code != 0 {
		t.Fatalf("build: exit %d\n%s", code, out)
	}
}

func (c *otherCI) live(t *testing.T, page string) {
	t.Helper()
	for i, host := range c.hosts {
		text, err := os.ReadFile(filepath.Join(host.Root, "site/current/index.html"))
		if err != nil || !strings.HasSuffix(string(text), page) {
			t.Errorf("web%d runs %q, %v; wanted %s", i+1, text, err, page)
		}
	}
}

// later are the variables of another run, and of one of the first that is started again.
func later() map[string]struct{ next, again map[string]string } {
	return map[string]struct{ next, again map[string]string }{
		"gitlab":     {map[string]string{"CI_PIPELINE_ID": "9002"}, map[string]string{"CI_JOB_ID": "55999", "GITLAB_USER_LOGIN": "ben"}},
		"gitea":      {map[string]string{"GITHUB_RUN_ID": "902", "GITHUB_RUN_NUMBER": "13"}, nil},
		"forgejo":    {map[string]string{"GITHUB_RUN_ID": "902", "GITHUB_RUN_NUMBER": "13"}, map[string]string{"GITHUB_RUN_ATTEMPT": "2"}},
		"woodpecker": {map[string]string{"CI_PIPELINE_NUMBER": "413"}, map[string]string{"CI_PIPELINE_NUMBER": "414", "CI_PIPELINE_PARENT": "412"}},
		"drone":      {map[string]string{"DRONE_BUILD_NUMBER": "413"}, nil},
		"bitbucket":  {map[string]string{"BITBUCKET_BUILD_NUMBER": "413"}, map[string]string{"BITBUCKET_STEP_RUN_NUMBER": "2"}},
		"jenkins":    {map[string]string{"BUILD_NUMBER": "413", "BUILD_TAG": "jenkins-acme-site-main-413"}, nil},
	}
}

// Each CI's example deploys, from its own file and with what that CI sets. An older run does not replace a newer one's release, neither late
// nor again, and "Retry" of the newest has nothing to do.
func TestOtherCIs(t *testing.T) {
	t.Parallel()
	for name := range examples() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newOtherCI(t, name)
			known := map[string]bool{}
			for _, doc := range ci.Names() {
				known[strings.ToUpper(doc.Name)] = true
			}
			for variable := range c.job.env {
				if input, found := strings.CutPrefix(strings.Replace(variable, "PLUGIN_", "INPUT_", 1), "INPUT_"); found && !known[input] {
					t.Errorf("%s is no input", variable)
				}
			}
			c.write(t, "one")
			code, log := c.run(t, c.job.deploy, nil)
			if code != deploy.ExitDone {
				t.Fatalf("exit %d\n%s", code, log)
			}
			golden.Check(t, "testdata/ci/"+name+".log", withoutChance(log))
			c.live(t, "one")
			if name == "gitlab" {
				c.reports(t)
			}
			c.write(t, "two")
			if code, log = c.run(t, c.job.deploy, later()[name].next); code != deploy.ExitDone {
				t.Fatalf("the next run: exit %d\n%s", code, log)
			}
			c.live(t, "two")
			if code, log = c.run(t, c.job.deploy, later()[name].next); code != deploy.ExitDone || !strings.Contains(log, "UNCHANGED") {
				t.Errorf("the same run again: exit %d\n%s", code, log)
			}
			c.write(t, "one")
			if code, log = c.run(t, c.job.deploy, later()[name].again); code != deploy.ExitSuperseded || !strings.Contains(log, "SUPERSEDED") {
				t.Errorf("the first run again: exit %d\n%s", code, log)
			}
			c.live(t, "two")
		})
	}
}

// Woodpecker says of the restart of a restart only that one: the host knows which pipeline brought its commit first.
func TestRestartOfRestart(t *testing.T) {
	t.Parallel()
	c := newOtherCI(t, "woodpecker")
	c.write(t, "one")
	if code, log := c.run(t, c.job.deploy, nil); code != deploy.ExitDone {
		t.Fatalf("exit %d\n%s", code, log)
	}
	c.write(t, "two")
	next := map[string]string{"CI_PIPELINE_NUMBER": "413", "CI_COMMIT_SHA": strings.Repeat("2", 40)}
	if code, log := c.run(t, c.job.deploy, next); code != deploy.ExitDone {
		t.Fatalf("the next run: exit %d\n%s", code, log)
	}
	c.write(t, "one")
	for number, parent := range map[string]string{"414": "412", "415": "414"} {
		again := map[string]string{"CI_PIPELINE_NUMBER": number, "CI_PIPELINE_PARENT": parent}
		if code, log := c.run(t, c.job.deploy, again); code != deploy.ExitSuperseded {
			t.Errorf("%s, a restart of %s: exit %d\n%s", number, parent, code, log)
		}
	}
	c.live(t, "two")
}

// reports are the files that GitLab takes from the job.
func (c *otherCI) reports(t *testing.T) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(c.dir, "slipway.env"))
	if err != nil {
		t.Fatal(err)
	}
	variables, err := citest.ReadDotenv(content)
	if err != nil || variables["SLIPWAY_URL"] != "https://www.example.com" || variables["SLIPWAY_OUTCOME"] != "activated" || variables["SLIPWAY_EXIT_CODE"] != "0" {
		t.Errorf("%v, %v", variables, err)
	}
	if content, err = os.ReadFile(filepath.Join(c.dir, "slipway-annotations.json")); err != nil {
		t.Fatal(err)
	}
	links, err := citest.ReadAnnotations(content)
	if err != nil || len(links["Slipway"]) != 1 || links["Slipway"][0].URL != "https://www.example.com" {
		t.Errorf("%v, %v", links, err)
	}
}

// A pull request that may be anybody's never meets the hosts, whatever the example's variables hold; where CI keeps the secrets back, a plan
// asks no host, and is green.
func TestPullRequestsOfOtherCIs(t *testing.T) {
	t.Parallel()
	fork := map[string]string{
		"CI_PIPELINE_SOURCE": "merge_request_event", "CI_COMMIT_BRANCH": "", "CI_MERGE_REQUEST_IID": "5", "CI_MERGE_REQUEST_PROJECT_ID": "77",
		"CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "99",
	}
	own := maps.Clone(fork)
	own["CI_MERGE_REQUEST_SOURCE_PROJECT_ID"] = "77"
	for title, test := range map[string]struct {
		ci      string
		changes map[string]string
		exposed bool
		without string // what the CI makes of a secret that the run does not get
	}{
		"GitLab with a fork's in the project":  {"gitlab", fork, true, ""},
		"GitLab without protected variables":   {"gitlab", own, false, "$SSH_KEY"},
		"Woodpecker":                           {"woodpecker", map[string]string{"CI_PIPELINE_EVENT": "pull_request"}, true, ""},
		"Drone":                                {"drone", map[string]string{"DRONE_BUILD_EVENT": "pull_request"}, true, ""},
		"Bitbucket":                            {"bitbucket", map[string]string{"BITBUCKET_PR_ID": "5"}, true, ""},
		"Jenkins with a fork's":                {"jenkins", map[string]string{"CHANGE_ID": "5", "CHANGE_FORK": "mallory", "BRANCH_NAME": "PR-5"}, true, ""},
		"Forgejo without secrets":              {"forgejo", map[string]string{"GITHUB_EVENT_NAME": "pull_request"}, false, ""},
		"Gitea and pull_request_target":        {"gitea", map[string]string{"GITHUB_EVENT_NAME": "pull_request_target"}, true, ""},
		"Gitea and workflow_run without event": {"gitea", map[string]string{"GITHUB_EVENT_NAME": "workflow_run"}, true, ""},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			c := newOtherCI(t, test.ci)
			c.write(t, "one")
			if test.exposed {
				if code, log := c.run(t, c.job.deploy, test.changes); code != deploy.ExitBadInput || !strings.Contains(log, "may not deploy") {
					t.Errorf("deploy: exit %d\n%s", code, log)
				}
			} else {
				for name := range c.job.env {
					if name == "INPUT_SSH_KEY" {
						c.job.env[name] = test.without
					}
				}
			}
			plan := strings.Replace(c.job.deploy, "slipway deploy", "slipway plan", 1)
			if plan == c.job.deploy { // the command is an input
				plan = "slipway plan"
			}
			code, log := c.run(t, plan, test.changes)
			if code != deploy.ExitDone || !strings.Contains(log, "no host is asked") {
				t.Errorf("plan: exit %d\n%s", code, log)
			}
			for _, host := range c.hosts {
				if _, err := os.Stat(filepath.Join(host.Root, "site")); err == nil {
					t.Error("a host was touched")
				}
			}
		})
	}
}

// byChance is what is another each time, and what stands for it.
func byChance() []replacement {
	return []replacement{
		{regexp.MustCompile(`(?m)^::add-mask::.*\n`), ""},
		{regexp.MustCompile(`\d{8}-\d{6}-[0-9a-f]{7}-[0-9a-f]{6}`), "RELEASE"},
		{regexp.MustCompile(`section_(start|end):\d+:`), "section_$1:TIME:"},
		{regexp.MustCompile(`\b[A-Z2-7]{26}\b`), "TOKEN"},
		{regexp.MustCompile(`(sha256:?) ?[0-9a-f]{6,}`), "$1 DIGEST"},
		{regexp.MustCompile(`\b\d+(\.\d+)? ?(k|M)?B\b`), "SIZE"},
		{regexp.MustCompile(`\b(\d+m)?\d+(\.\d+)? ?s\b`), "TIME"},
		{regexp.MustCompile(` {2,}`), "  "},
	}
}

type replacement struct {
	pattern *regexp.Regexp
	instead string
}

// withoutChance is a log without what is another each time, and with hosts that work at once in their order.
func withoutChance(log string) string {
	for _, c := range byChance() {
		log = c.pattern.ReplaceAllString(log, c.instead)
	}
	lines := strings.Split(log, "\n")
	for _, prefix := range []string{"  web", "activate"} {
		for from := 0; from < len(lines); from++ {
			to := from
			for to < len(lines) && strings.HasPrefix(lines[to], prefix) {
				to++
			}
			if to > from+1 {
				slices.Sort(lines[from:to])
				from = to
			}
		}
	}
	return strings.Join(lines, "\n")
}
