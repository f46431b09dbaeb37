package app_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/slipway/slipway/internal/attest/protocol"
	"github.com/slipway/slipway/internal/github/githubtest"
)

// ciState is the CI of a script.
type ciState struct {
	server *githubtest.Server
	repo   githubtest.Repo
	nextID int64
}

// ci is GitHub as far as a workflow of acme/site asks it. The first use starts it, and sets what a runner sets.
//
//	ci branch NAME COMMIT...       a branch and its commits, the newest last
//	ci tag NAME COMMIT
//	ci run ID COMMIT [OPTION]...   a run: branch=, event=, workflow=, status=, conclusion=, from=OWNER/NAME; its artifacts:
//	                               zip:NAME=FILE in a zip, file:NAME=FILE as it is, expired:NAME=FILE
//	ci asset TAG FILE              of the release of a tag
//	ci pull NUMBER COMMIT          a pull request and its merge
//	ci merge NUMBER USER TITLE COMMIT...  a pull request that brought commits
//	ci deployed FILE               writes all deployments to a file, and below each its statuses
//	ci records FILE                writes the organisation's deployment records to a file
//	ci hang PIECE...               paths with a piece get no answer
//	ci post FILE                   ends the main step, whose state is in a file: what it kept is set as the post step sees it
//	ci say NUMBER USER TEXT        a comment on it
//	ci said FILE                   writes all comments to a file, each with its user
//	ci check COMMIT NAME STATE     a check run; with status before STATE a commit status
//	ci member TEAM USER [STATE]    who is in a team, for $INPUT_POLICY_TOKEN alone; active, or invited: pending
//	ci holds COMMIT PATH FILE      a file of the repository in a commit
//	ci attest FILE                 an attestation of a file, which says nothing: a script has a verifier of its own
//	ci lacks PERMISSION            what the token may not
//	ci limited PIECE               the next answer for paths with a piece is that there were too many, for two hours
//	ci asked PIECE COUNT           how often a path with a piece was asked for so far
//	ci cut BYTES                   the storage breaks each connection after so many
//	ci serve FILE                  HTTPS server of a file, at $FILE_URL, whom $SSL_CERT_FILE lets one trust
func ciServer(ts *testscript.TestScript, neg bool, args []string) {
	state := ts.Value("ci").(*ciState)
	if neg || len(args) < 2 && args[0] != "hang" {
		ts.Fatalf("usage: ci branch|tag|run|asset|pull|merge|say|said|deployed|records|check|member|holds|attest|lacks|limited|hang|asked|cut|serve|post ...")
	}
	if state.server == nil {
		state.start(ts)
	}
	switch what, args := args[0], args[1:]; what {
	case "branch":
		state.repo.Branches[args[0]] = args[1:]
	case "tag":
		state.repo.Tags[args[0]] = args[1]
	case "run":
		state.run(ts, args)
	case "asset":
		state.repo.Releases[args[0]] = append(state.repo.Releases[args[0]], state.file(ts, path.Base(args[1]), args[1], false))
	case "pull":
		state.repo.Pulls[args[0]+"/merge"] = args[1]
	case "merge":
		number, err := strconv.Atoi(args[0])
		ts.Check(err)
		state.repo.Merges = append(state.repo.Merges, githubtest.Merge{Number: number, User: args[1], Title: args[2], Commits: args[3:]})
	case "deployed", "records":
		ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(state.told(what)), 0o600))
	case "hang":
		state.server.Hang(args...)
	case "post":
		setState(ts, args[0])
	case "say":
		state.server.Say(args[0], args[1], args[2])
	case "said":
		var text strings.Builder
		for _, c := range state.server.Comments() {
			fmt.Fprintf(&text, "%d %s on %s: %s\n", c.ID, c.User, c.Pull, c.Body)
		}
		ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text.String()), 0o600))
	case "check":
		state.nextID++
		state.repo.Checks = append(state.repo.Checks, githubtest.Check{Commit: args[0], Name: args[1], Status: len(args) > 3, State: args[len(args)-1], ID: state.nextID})
	case "member":
		if state.repo.Teams[args[0]] == nil {
			state.repo.Teams[args[0]] = map[string]string{}
		}
		state.repo.Teams[args[0]][args[1]] = append(args, "active")[2]
	case "holds":
		if state.repo.Files[args[0]] == nil {
			state.repo.Files[args[0]] = map[string]string{}
		}
		state.repo.Files[args[0]][args[1]] = ts.ReadFile(args[2])
	case "attest":
		sum := sha256.Sum256([]byte(ts.ReadFile(args[0])))
		state.repo.Attestations = append(state.repo.Attestations, githubtest.Attestation{
			Digest: fmt.Sprintf("sha256:%x", sum), Kind: protocol.ProvenanceType, Bundle: []byte(`{}`),
		})
	case "lacks":
		state.server.Lack(args[0])
	case "limited":
		state.server.Fail(args[0], githubtest.Answer{Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"7200"}}})
	case "asked":
		asked := slices.DeleteFunc(state.server.Asked(), func(path string) bool { return !strings.Contains(path, args[0]) })
		if fmt.Sprint(len(asked)) != args[1] {
			ts.Fatalf("%d calls of %s, wanted %s", len(asked), args[0], args[1])
		}
	case "cut":
		var err error
		state.server.Cut, err = strconv.ParseInt(args[0], 10, 64)
		ts.Check(err)
	case "serve":
		serveFile(ts, args[0])
	default:
		ts.Fatalf("ci has no %s", what)
	}
	state.server.Set(state.repo)
}

// told is what GitHub was told of deployments.
func (c *ciState) told(what string) string {
	var text strings.Builder
	for _, r := range c.server.Records() {
		if what == "records" {
			fmt.Fprintln(&text, r)
		}
	}
	for _, d := range c.server.Deployments() {
		if what == "deployed" {
			fmt.Fprintf(&text, "%d %s of %.7s to %s: %s\n", d.ID, d.Task, d.SHA, d.Environment, d.Description)
			for _, s := range d.Statuses {
				fmt.Fprintf(&text, "%d %s: %s %s %s\n", d.ID, s.State, s.Description, s.LogURL, s.EnvironmentURL)
			}
			fmt.Fprintf(&text, "%d is %s\n", d.ID, d.State())
		}
	}
	return text.String()
}

// setState sets what a step kept, as the runner does for its post step.
func setState(ts *testscript.TestScript, file string) {
	for line := range strings.Lines(ts.ReadFile(file)) {
		name, value, _ := strings.Cut(strings.TrimRight(line, "\n"), "=")
		ts.Setenv("STATE_"+name, value)
	}
	ts.Check(os.Remove(ts.MkAbs(file)))
}

func (c *ciState) start(ts *testscript.TestScript) {
	c.repo = githubtest.Repo{Branches: map[string][]string{}, Tags: map[string]string{}, Pulls: map[string]string{}, Releases: map[string][]githubtest.File{}}
	c.repo.Teams, c.repo.Files = map[string]map[string]string{}, map[string]map[string]string{}
	c.server = githubtest.Start("acme/site", "ghs_correct_horse")
	c.server.PolicyToken = "ghp_battery_staple"
	ts.Defer(func() {
		c.server.Close()
		for _, wrong := range c.server.Wrong() {
			ts.Value("t").(testing.TB).Errorf("the API was asked badly: %s", wrong)
		}
	})
	for name, value := range map[string]string{
		"GITHUB_ACTIONS": "true", "GITHUB_API_URL": c.server.API(), "GITHUB_SERVER_URL": "https://github.example", "GITHUB_REPOSITORY": "acme/site",
		"GITHUB_REPOSITORY_ID": "7", "GITHUB_RUN_ID": "900", "GITHUB_RUN_ATTEMPT": "1", "GITHUB_JOB": "deploy", "INPUT_GITHUB_TOKEN": "ghs_correct_horse",
	} {
		ts.Setenv(name, value)
	}
}

func (c *ciState) run(ts *testscript.TestScript, args []string) {
	id, err := strconv.ParseInt(args[0], 10, 64)
	ts.Check(err)
	run := githubtest.Run{ID: id, Commit: args[1], Branch: "main"}
	for _, arg := range args[2:] {
		name, value, _ := strings.Cut(arg, "=")
		kind, artifact, isFile := strings.Cut(name, ":")
		text := map[string]*string{
			"branch": &run.Branch, "event": &run.Event, "workflow": &run.Workflow, "status": &run.Status, "conclusion": &run.Conclusion, "from": &run.From,
		}[name]
		switch {
		case isFile:
			file := c.file(ts, artifact, value, kind == "zip")
			file.Expired = kind == "expired"
			run.Artifacts = append(run.Artifacts, file)
		case text != nil:
			*text = value
		default:
			ts.Fatalf("a run has no %s", name)
		}
	}
	c.repo.Runs = append([]githubtest.Run{run}, c.repo.Runs...)
}

// file is a file of the script as CI keeps it.
func (c *ciState) file(ts *testscript.TestScript, name, path string, zipped bool) githubtest.File {
	content, err := os.ReadFile(ts.MkAbs(path))
	ts.Check(err)
	if zipped {
		var buf bytes.Buffer
		w := zip.NewWriter(&buf)
		f, err := w.Create(path)
		ts.Check(err)
		_, err = f.Write(content)
		ts.Check(err)
		ts.Check(w.Close())
		content = buf.Bytes()
	}
	c.nextID++
	return githubtest.File{ID: c.nextID, Name: name, Content: content}
}

func serveFile(ts *testscript.TestScript, file string) {
	server := httptest.NewTLSServer(http.FileServer(http.Dir(ts.MkAbs("."))))
	ts.Defer(server.Close)
	ts.Setenv("FILE_URL", server.URL+"/"+file)
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	ts.Check(os.WriteFile(ts.MkAbs("authority.pem"), authority, 0o600))
	ts.Setenv("SSL_CERT_FILE", ts.MkAbs("authority.pem"))
}
