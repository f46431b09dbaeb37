package scaffold

import (
	"io/fs"
	"path"
	"strings"

	"github.com/slipway/slipway/internal/lazyregexp"
	"github.com/slipway/slipway/internal/yamlfile"
)

type djangoFacts struct {
	Manage       string // path of manage.py in the release
	Moved        bool   // it is not at the root
	Requirements string // where it is not requirements.txt
	StaticRoot   bool
	Media        string
	Dotenv       bool // a file .env belongs to the release
	Source       bool // ... which the settings do not read themselves
	Health       string
	Header       bool
}

var (
	settingsModule = lazyregexp.New(`DJANGO_SETTINGS_MODULE["'],\s*["']([\w.]+)["']`)
	staticRoot     = lazyregexp.New(`(?m)^\s*STATIC_ROOT\s*=`)
	mediaRoot      = lazyregexp.New(`(?m)^\s*MEDIA_ROOT\s*=.*["']/?(?:[\w.-]+/)*([\w.-]+)/?["']`)
	readsDotenv    = lazyregexp.New(`\.env\b["']|read_env\(|load_dotenv\(|from decouple|import decouple`)
	readsEnviron   = lazyregexp.New(`os\.environ|os\.getenv|\benv\(|environ\.Env`)
	rootURLs       = lazyregexp.New(`(?m)^\s*ROOT_URLCONF\s*=\s*["']([\w.]+)["']`)
	healthPath     = lazyregexp.New(`path\(\s*r?["']\^?/?((?:[\w-]+/)*(?:healthz?|health[-_]?check|ping|up)/?)\$?["']`)
	gunicorn       = lazyregexp.New(`(?im)^\s*["']?gunicorn\b`)
)

// django is a folder with a manage.py that names its settings: the repository's root, or one folder in it.
func django(t tree) *Application {
	manage := t.first("manage.py")
	if found, _ := fs.Glob(t.FS, "*/manage.py"); manage == "" && len(found) == 1 {
		manage = found[0]
	}
	module := within(settingsModule, t.text(manage))
	if module == "" {
		return nil
	}
	a := &Application{Kind: "Django", Page: "django", Signs: []string{manage, "settings " + module}}
	is := djangoFacts{}
	dir := path.Dir(manage)
	t.requirements(a, &is, dir)
	is.Manage = strings.TrimPrefix(manage, a.Folder+"/")
	is.Moved = is.Manage != "manage.py"

	file := path.Join(dir, strings.ReplaceAll(module, ".", "/"))
	settings := t.texts(file+".py", file+"/*.py", path.Dir(file)+"/base.py", path.Dir(file)+"/common.py")
	is.StaticRoot = staticRoot.MatchString(settings)
	is.Media = within(mediaRoot, settings)
	reads := readsDotenv.MatchString(settings)
	is.Dotenv = reads || readsEnviron.MatchString(settings)
	is.Source = is.Dotenv && !reads
	if is.Dotenv {
		a.Secrets = []Secret{{Name: "DOTENV", File: true}}
		a.Signs = append(a.Signs, "which read the environment")
	} else {
		a.Notes = append(a.Notes, "the settings read nothing from the environment: SECRET_KEY and DEBUG are what git holds; see "+Pages+"django.md")
	}
	urls := strings.ReplaceAll(within(rootURLs, settings), ".", "/")
	if is.Health = within(healthPath, t.text(path.Join(dir, urls+".py"))); is.Health == "" {
		a.Notes = append(a.Notes, "no page like /healthz: the check only connects, and would not see a site that answers with errors")
	}
	is.Header = strings.Contains(t.texts(path.Join(dir, "*.py"), path.Join(dir, "*/*.py")), "X-Release")
	a.kind = is
	return a
}

// requirements finds what pip is to install, or lets the workflow write it from a lock file.
func (t tree) requirements(a *Application, is *djangoFacts, dir string) {
	in := dir
	if t.first(path.Join(dir, "requirements.txt"), path.Join(dir, "pyproject.toml"), path.Join(dir, "Pipfile")) == "" {
		in = "."
	} else if dir != "." {
		a.Folder = dir
	}
	at := func(name string) string { return path.Join(in, name) }
	found := t.first(at("requirements.txt"), at("requirements/production.txt"), at("requirements/prod.txt"))
	lock := t.first(at("uv.lock"), at("poetry.lock"), at("Pipfile.lock"))
	packages := t.text(found) + t.text(at("requirements/base.txt")) + t.text(at("pyproject.toml")) + t.text(at("Pipfile"))
	switch export := map[string]string{
		at("uv.lock"):      "pipx run uv export --no-dev --no-emit-project --output-file requirements.txt",
		at("poetry.lock"):  "pipx install poetry && pipx inject poetry poetry-plugin-export && poetry export --output requirements.txt",
		at("Pipfile.lock"): "pipx run pipenv requirements >requirements.txt",
	}; {
	case found != "" && path.Base(found) != "requirements.txt":
		is.Requirements = strings.TrimPrefix(found, a.Folder+"/")
	case found == "" && lock != "":
		command := export[lock]
		if in != "." {
			command = "cd " + in + " && " + command
		}
		a.Build = append(a.Build, Job{Run: command})
		a.Add = append(a.Add, at("requirements.txt"))
	case found == "":
		a.Notes = append(a.Notes, "no requirements.txt and no lock file: nothing would be installed; write one")
	}
	if !gunicorn.MatchString(strings.ReplaceAll(strings.ReplaceAll(packages, "[", "\n"), ",", "\n")) {
		a.Notes = append(a.Notes, "gunicorn is not among the requirements: add it, supervisor starts it")
	}
}

func (is djangoFacts) deployFile(w *lines, o Options) {
	w.add("preset: django                # installs the requirements, checks, collects static files, migrates, restarts, looks: docs/django.md")
	switch {
	case is.Source && is.StaticRoot:
		w.add("skip: [Guard migrations]      # it needs what .env says")
	case is.Source:
		w.add("skip: [Guard migrations, Collect static files]  # the first needs what .env says; the settings have no STATIC_ROOT")
	case !is.StaticRoot:
		w.add("skip: [Collect static files]  # the settings have no STATIC_ROOT")
	}
	if is.Moved {
		w.add("django: {manage: %s}", yamlfile.Word(is.Manage))
	}
	if is.Media != "" && is.Media != "media" {
		w.add("shared: {dirs: [%s]}       # uploads outlive a release", yamlfile.Word(is.Media))
	}
	if is.Dotenv {
		w.add("secret_files: [{path: .env, from: DOTENV}]")
	}
	w.where(o)
	is.steps(w)
	if is.Health != "" {
		header := ""
		if is.Header {
			header = `header: "X-Release: ${SLIPWAY_RELEASE}", `
		}
		w.add("")
		w.add("activate:")
		w.add("  verify:")
		w.add(`    - {name: Health, http: "http://127.0.0.1:${PORT}/%s", %swithin: 30s}`, is.Health, header)
	}
}

// steps are those that the preset does not have, or not so.
func (is djangoFacts) steps(w *lines) {
	if is.Requirements == "" && !is.Source {
		return
	}
	why := ""
	if is.Source {
		why = "           # the settings read the environment, which these steps have from .env"
	}
	w.add("")
	if is.Requirements == "" {
		w.add("prepare:%s", why)
	} else {
		w.add("prepare:")
		w.add("  - {uses: python/venv, with: {requirements: %s}}%s", yamlfile.Word(is.Requirements), why)
	}
	if !is.Source {
		return
	}
	manage := "set -a; . ./.env; venv/bin/python " + is.Manage
	w.add(`  - {name: Check, run: "%s check --deploy"}`, manage)
	if is.StaticRoot {
		w.add(`  - {name: Collect static files, run: "%s collectstatic --noinput"}`, manage)
	}
	w.add("migrate:")
	w.add(`  - {name: Migrate, run: "%s migrate --noinput", idempotent: true}`, manage)
}
