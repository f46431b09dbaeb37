//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const movedImage = "slipway-e2e/moved-host"

// moved is an application that another tool has deployed, and that Slipway takes over in place.
type moved struct {
	example string // of examples/
	app     string // at /srv/www/<app>
	tool    string // as doctor names it
	count   string // a path that makes one more of what the front page counts
	counted string // what that shows of it
	setUp   string // run as root: the host's part, once
	layOut  string // run as the deploy user: deploys twice as the tool does, versions 0 and 1, and starts what serves
	next    func(version int) (file, text string)
}

// fromCapistrano is a site of Rails, deployed by Capistrano itself.
var fromCapistrano = moved{
	example: "from-capistrano", app: "shop", tool: "Capistrano", count: "/?order=1", counted: "orders",
	setUp: "install -m 644 -o deploy /example/deploy/supervisord.conf /home/deploy/supervisord.conf",
	layOut: `
mkdir -p .ssh /srv/www/shop/shared/config /srv/www/shop/shared/public/uploads /srv/data/shop-database
ssh-keygen -q -t ed25519 -N '' -f .ssh/id_ed25519
cat .ssh/id_ed25519.pub >>.ssh/authorized_keys
printf 'production:\n  adapter: sqlite3\n  timeout: 10000\n  database: /srv/data/shop-database/shop.sqlite3\n' >/srv/www/shop/shared/config/database.yml
echo 0123456789abcdef0123456789abcdef0123456789abcdef >/srv/www/shop/shared/config/secret_key
echo 'a picture' >/srv/www/shop/shared/public/uploads/picture
cp -R /example work
cp -R /example/before before
git init --quiet --bare --initial-branch production /srv/data/shop.git
cd work
git init --quiet --initial-branch production
for version in 0 1; do
	echo "$version" >VERSION
	git add --all
	git -c user.name=Anna -c user.email=anna@example.com commit --quiet --message "version $version"
	git push --quiet /srv/data/shop.git production
	(cd ../before && cap production deploy)
done
supervisord -c /home/deploy/supervisord.conf`,
	next: func(version int) (string, string) {
		return fmt.Sprintf("db/migrate/202601020000%02d_version%d.rb", version, version), fmt.Sprintf(
			"class Version%[1]d < ActiveRecord::Migration[6.1]\n  def change\n    add_column :orders, :version%[1]d, :string\n  end\nend\n", version)
	},
}

// fromDeployer is a site of Laravel. Debian has no Deployer: the folder is laid out as Deployer 7 does it.
var fromDeployer = moved{
	example: "from-deployer", app: "blog", tool: "Deployer", count: "/?post=1", counted: "posts",
	setUp: "cd /example/deploy && install -m 644 -o deploy supervisord.conf nginx.conf fpm.conf /home/deploy",
	layOut: `
root=/srv/www/blog
mkdir -p "$root/.dep" "$root/releases" "$root/shared/storage/framework/views" "$root/shared/storage/logs" "$root/shared/storage/app" /srv/data/blog-database
: >/srv/data/blog-database/blog.sqlite3
printf 'APP_KEY=base64:%s\nDB_DATABASE=/srv/data/blog-database/blog.sqlite3\n' "$(head -c 32 /dev/urandom | base64)" >"$root/shared/.env"
echo 'a picture' >"$root/shared/storage/app/picture"
for release in 1 2; do
	cp -R /example "$root/releases/$release"
	cd "$root/releases/$release"
	mkdir -p vendor
	printf '%s' "$AUTOLOAD" >vendor/autoload.php
	echo $((release - 1)) >VERSION
	ln -s ../../shared/.env .env
	ln -s ../../shared/storage storage
	php artisan migrate --force
	php artisan config:cache
	echo "{\"created_at\":\"2026-01-0${release}T10:00:00+0000\",\"release_name\":\"$release\",\"user\":\"anna\",\"target\":\"HEAD\"}" >>"$root/.dep/releases_log"
	echo "$release" >"$root/.dep/latest_release"
	ln -s "releases/$release" "$root/release"
	mv -T "$root/release" "$root/current"
done
supervisord -c /home/deploy/supervisord.conf`,
	next: func(version int) (string, string) {
		return fmt.Sprintf("database/migrations/2026_01_02_0000%02d_version.php", version), fmt.Sprintf(`<?php
use Illuminate\Database\Migrations\Migration;
use Illuminate\Support\Facades\Schema;

return new class extends Migration {
    public function up()
    {
        Schema::table('posts', fn ($table) => $table->string('version%d')->nullable());
    }
};
`, version)
	},
}

// autoload is what CI's composer would have made: the framework is Debian's here.
const autoload = `<?php
require_once 'Illuminate/autoload.php';
spl_autoload_register(function ($class) {
    if (strncmp($class, 'App\\', 4) === 0) require __DIR__ . '/../app/' . substr($class, 4) . '.php';
});
`

// movedSite is one under way.
type movedSite struct {
	moved
	*Fleet
	workspace, url string
	version, runs  int // the newest, and how many CI runs there were
}

// test takes the application over, goes back to what the tool deployed, and on again until nothing of it is kept. All the while it is
// visited, and no request may fail.
func (m moved) test(ctx context.Context, t *testing.T) {
	s := m.start(ctx, t)
	old := strings.Fields(s.On(ctx, t, "web1", "cd /srv/www/"+m.app+"/releases && ls"))
	live := s.live(ctx, t)
	if len(old) != 2 || live != old[1] {
		t.Fatalf("the tool left %q, and %s is live", old, live)
	}
	before := s.fingerprint(ctx, t, old)
	s.visit(ctx, t, 3)

	doctor := s.use(ctx, t, "doctor", 0, map[string]string{"command": "doctor"})
	says(t, doctor.Raw, m.tool+" deploys here: current leads to .*releases/"+live)

	first := s.deploy(ctx, t, 1)
	says(t, first.Raw, `1 applied`)
	s.shows(ctx, t, 2, 3)
	s.visit(ctx, t, 2)

	// Back to what the tool deployed, and on.
	s.under(ctx, t, 2, 1, func() {
		says(t, s.use(ctx, t, "rollback", 0, map[string]string{"command": "rollback"}).Raw, "roll back to .*-0000000-")
	})
	s.shows(ctx, t, 1, 5)
	if got := s.live(ctx, t); got != live {
		t.Errorf("after the rollback %s is live, want %s", got, live)
	}
	s.deploy(ctx, t, 1)
	s.deploy(ctx, t, 3)
	s.deploy(ctx, t, 4)
	s.shows(ctx, t, 5, 5)

	// The newest two are kept, nothing of the tool is: but its folders are its own, and as it left them.
	kept := s.On(ctx, t, "web1", "cd /srv/www/"+m.app+"/releases && ls -d */ | tr -d /")
	for version, want := range map[int]bool{3: false, 4: true, 5: true} {
		if has := strings.Contains(kept, "-"+commitOf(version)[:7]+"-"); has != want {
			t.Errorf("version %d is kept: %v, want %v:\n%s", version, has, want, kept)
		}
	}
	if links := s.On(ctx, t, "web1", "find /srv/www/"+m.app+"/releases -maxdepth 1 -type l"); links != "" {
		t.Errorf("what was adopted is kept still: %s", links)
	}
	if after := s.fingerprint(ctx, t, old); after != before {
		t.Errorf("what the tool left was changed: %s, and was %s", after, before)
	}
	s.linked(ctx, t)
}

// start boots the host, and has the tool deploy to it.
func (m moved) start(ctx context.Context, t *testing.T) *movedSite {
	t.Helper()
	images := filepath.Join(repository(t), "e2e", "images")
	run(ctx, t, "docker", "build", "--quiet", "--force-rm", "--tag", movedImage, filepath.Join(images, "moved-host"))
	s := &movedSite{moved: m, Fleet: newFleet(ctx, t, m.example), version: 1}
	s.boot(ctx, t, "web1", movedImage, "--volume", filepath.Join(repository(t), "examples", m.example)+":/example:ro")
	s.awaitHosts(ctx, t, "web1")
	run(ctx, t, "docker", "exec", s.container("web1"), "sh", "-euc", m.setUp)
	began := time.Now()
	out, err := try(ctx, "docker", "exec", "--user", "deploy", "--env", "HOME=/home/deploy", "--env", "AUTOLOAD="+autoload, "--env", "USER=deploy",
		"--workdir", "/home/deploy", s.container("web1"), "sh", "-euc", m.layOut)
	if err != nil {
		t.Fatalf("%s does not deploy: %v\n%s", m.tool, err, out)
	}
	t.Logf("%s deployed twice in %.0f s", m.tool, time.Since(began).Seconds())
	s.url = "http://" + run(ctx, t, "docker", "inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", s.container("web1")) + ":8001"
	up, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	look := time.NewTicker(200 * time.Millisecond)
	defer look.Stop()
	for s.page(up, "/") == "" {
		select {
		case <-look.C:
		case <-up.Done():
			t.Fatalf("the site does not come up:\n%s", s.On(ctx, t, "web1", "cat /home/deploy/*.log /srv/www/*/shared/log/*.log 2>&1 | tail -n 40"))
		}
	}
	s.workspace = checkout(ctx, t, m.example)
	run(ctx, t, "mkdir", "-p", filepath.Join(s.workspace, "dist"), filepath.Join(s.workspace, "vendor"))
	write(t, filepath.Join(s.workspace, "vendor", "autoload.php"), autoload)
	return s
}

// deploy deploys the next version while it is visited; old is the version that is live.
func (s *movedSite) deploy(ctx context.Context, t *testing.T, old int) Outcome {
	t.Helper()
	s.version++
	write(t, filepath.Join(s.workspace, "VERSION"), fmt.Sprintln(s.version))
	file, text := s.next(s.version)
	write(t, filepath.Join(s.workspace, file), text)
	run(ctx, t, "tar", "-C", s.workspace, "--exclude", "./dist", "--exclude", "./.git", "--exclude", "./before", "-czf", filepath.Join(s.workspace, "dist", s.app+".tar.gz"), ".")
	var outcome Outcome
	s.under(ctx, t, old, s.version, func() { outcome = s.use(ctx, t, fmt.Sprint("deploy-", s.version), 0, nil) })
	if current := s.live(ctx, t); !strings.Contains(current, "-"+commitOf(s.version)[:7]+"-") {
		t.Errorf("current is %s, want version %d", current, s.version)
	}
	s.linked(ctx, t)
	return outcome
}

// under does something while the site is visited: no request may fail, or show another version than the two.
func (s *movedSite) under(ctx context.Context, t *testing.T, old, version int, do func()) {
	t.Helper()
	under := startLoad(ctx, s.url, false)
	under.settle(ctx)
	do()
	under.settle(ctx)
	answers := under.stop(t, old, version)
	t.Logf("from version %d to %d: %d requests", old, version, len(answers))
}

// use runs the action.
func (s *movedSite) use(ctx context.Context, t *testing.T, name string, exit int, with map[string]string) Outcome {
	t.Helper()
	s.runs++
	inputs := map[string]string{"environment": "production", "ssh_key": s.Key, "known_hosts": s.KnownHosts}
	for input, value := range with {
		inputs[input] = value
	}
	outcome := Action{
		Workspace: s.workspace, Commit: commitOf(s.version), RunID: fmt.Sprint(700 + s.runs), Network: s.Network, With: inputs,
	}.Use(ctx, t, s.example+"-"+name)
	if outcome.Exit != exit {
		t.Fatalf("%s ends %d, want %d:\n%s", name, outcome.Exit, exit, outcome.Raw)
	}
	return outcome
}

// live is the name of the folder that current leads to in the end.
func (s *movedSite) live(ctx context.Context, t *testing.T) string {
	t.Helper()
	return s.On(ctx, t, "web1", "basename $(readlink -f /srv/www/"+s.app+"/current)")
}

// linked checks that what is shared is the release's, as it was.
func (s *movedSite) linked(ctx context.Context, t *testing.T) {
	t.Helper()
	if got := s.On(ctx, t, "web1", "cd /srv/www/"+s.app+"/current && cat public/uploads/picture storage/app/picture 2>/dev/null || true"); got != "a picture" {
		t.Errorf("what was uploaded is %q", got)
	}
}

// fingerprint tells whether anything in the tool's folders was changed.
func (s *movedSite) fingerprint(ctx context.Context, t *testing.T, folders []string) string {
	t.Helper()
	return s.On(ctx, t, "web1", "cd /srv/www/"+s.app+"/releases && find "+strings.Join(folders, " ")+" -type f ! -path '*/tmp/*' ! -path '*/bootstrap/cache/*' -exec sha256sum {} + | sort | sha256sum")
}

// page is a page of the site; "" where it does not answer.
func (s *movedSite) page(ctx context.Context, path string) string {
	out, err := try(ctx, "docker", "exec", s.container("web1"), "curl", "-fsS", "--max-time", "20", "http://127.0.0.1:8001"+path)
	if err != nil {
		return ""
	}
	return out
}

// visit makes the count n more.
func (s *movedSite) visit(ctx context.Context, t *testing.T, n int) {
	t.Helper()
	for range n {
		if s.page(ctx, s.count) == "" {
			t.Error("it does not answer")
		}
	}
}

// shows checks which version is served, and that the database has what was written into it since the beginning.
func (s *movedSite) shows(ctx context.Context, t *testing.T, version, count int) {
	t.Helper()
	page := s.page(ctx, "/")
	if want := fmt.Sprintf("Version %d, %d %s", version, count, s.counted); !strings.Contains(page, want) {
		t.Errorf("the page does not say %q:\n%s", want, page)
	}
}
