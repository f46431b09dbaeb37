//go:build cookbook

package pm2_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/slipway/slipway/internal/cookbook/recipetest"
	"github.com/slipway/slipway/internal/cookbook/shelltest"
	"github.com/slipway/slipway/internal/needtest"
)

func TestMain(m *testing.M) { needtest.RunWaiting(m) }

// standIn does what PM2's pages say of the commands that the recipe uses, with real processes: PM2 itself is in npm's registry alone. A
// process keeps the folder in which it was first started, as PM2's do.
const standIn = `#!/usr/bin/env node
const fs = require("fs"), path = require("path"), child = require("child_process")
const file = process.env.HOME + "/list.json"
const list = fs.existsSync(file) ? JSON.parse(fs.readFileSync(file)) : []
const [command, ecosystem, ...rest] = process.argv.slice(2)
const only = rest.includes("--only") ? rest[rest.indexOf("--only") + 1].split(",") : null
const alive = pid => { try { process.kill(pid, 0); return !fs.readFileSync("/proc/" + pid + "/stat", "utf8").includes(") Z") } catch { return false } }
const apps = () => require(path.resolve(ecosystem)).apps.filter(app => !only || only.includes(app.name))
const save = () => fs.writeFileSync(file, JSON.stringify(list))
if (command === "startOrReload") {
  for (const app of apps()) {
    let entry = list.find(e => e.name === app.name)
    if (!entry) list.push(entry = { name: app.name, cwd: app.cwd })
    if (entry.pid && alive(entry.pid)) process.kill(entry.pid, "SIGKILL")
    const log = process.env.HOME + "/" + app.name + ".err"
    entry.pid = child.spawn("node", [app.script], { cwd: entry.cwd, detached: true, stdio: ["ignore", "ignore", fs.openSync(log, "a")] }).pid
    entry.log = log
  }
  save()
  process.exit(0)
}
if (command === "jlist") {
  console.log("[PM2] Spawning PM2 daemon with pm2_home=" + process.env.HOME)
  console.log(JSON.stringify(list.map(e => ({ pid: e.pid, name: e.name,
    pm2_env: { status: alive(e.pid) ? "online" : "errored", pm_cwd: e.cwd, pm_err_log_path: e.log } }))))
}
if (command === "delete") {
  for (const app of apps()) {
    const entry = list.find(e => e.name === app.name)
    if (entry && alive(entry.pid)) process.kill(entry.pid, "SIGKILL")
  }
  list.length = 0
  save()
}
`

// TestReload: what is not online, or not in the new release, is said.
func TestReload(t *testing.T) {
	t.Parallel()
	needtest.Programs(t, "node", "dash", "busybox")
	d := recipetest.NewDeployPath(t, "")
	shelltest.Write(t, d.Dir, map[string]string{"home/x": "", "bin/pm2": standIn})
	pm2 := filepath.Join(d.Dir, "bin/pm2")
	if err := os.Chmod(pm2, 0o700); err != nil {
		t.Fatal(err)
	}
	ecosystem := func(release, cwd string) {
		shelltest.Write(t, filepath.Join(d.Dir, "releases", release), map[string]string{
			"ecosystem.config.js": fmt.Sprintf(`module.exports = { apps: ["web", "jobs"].map(name => ({ name, script: "app.js", cwd: %q })) }`, cwd),
			"app.js":              "setInterval(() => {}, 1000)\n",
		})
	}
	for _, release := range []string{"release-a", "release-b"} {
		ecosystem(release, filepath.Join(d.Dir, "current"))
	}
	tries := 0
	step := func(script string) shelltest.Outcome {
		tries++
		return d.Step(t, shelltest.Shells[tries%2], "export HOME="+d.Dir+"/home\n"+script)
	}
	with := map[string]string{"pm2": pm2, "boot": "1"}
	step(recipetest.Rendered(t, "pm2/reload", map[string]string{"pm2": "pm9"})).Expect(t, "no PM2", true, "there is no pm9 on this host")
	step(recipetest.Rendered(t, "pm2/reload", map[string]string{"pm2": pm2, "ecosystem": "none.js"})).Expect(t, "no file", true, "there is no none.js in the release")
	step(recipetest.Rendered(t, "pm2/reload", with)).Expect(t, "start", false, "")
	d.SwitchTo(t, "release-b")
	step(recipetest.Rendered(t, "pm2/reload", with)).Expect(t, "reload", false, "")
	step(recipetest.Rendered(t, "pm2/reload", map[string]string{"pm2": pm2, "boot": "1", "app": "web"})).Expect(t, "one of them", false, "")

	d.SwitchTo(t, "release-a")
	shelltest.Write(t, filepath.Join(d.Dir, "releases/release-a"), map[string]string{"app.js": "throw new Error('no such table')\n"})
	step(recipetest.Rendered(t, "pm2/reload", with)).Expect(t, "a program that ends", true, "no such table")
	step(recipetest.Logging(t, "pm2/reload", with)).Expect(t, "log", false, "no such table")
	step(recipetest.Stopping(t, "pm2/reload", with)).Expect(t, "stop", false, "")
	step(recipetest.Stopping(t, "pm2/reload", with)).Expect(t, "stop again", false, "")

	ecosystem("release-b", filepath.Join(d.Dir, "releases/release-a"))
	ecosystem("release-a", filepath.Join(d.Dir, "current"))
	d.SwitchTo(t, "release-b")
	step(recipetest.Rendered(t, "pm2/reload", with)).Expect(t, "another release", true, "the new workers run in "+d.Dir+"/releases/release-a")
	step(recipetest.Stopping(t, "pm2/reload", with)).Expect(t, "stop", false, "")
}
