package scaffold

import (
	"encoding/json"

	"github.com/slipway/slipway/internal/lazyregexp"
)

type laravelFacts struct {
	Health string // path of its health page
}

var laravelHealth = lazyregexp.New(`health:\s*["']/?([\w/-]+)["']`)

// laravel is a composer.json that requires the framework, and its artisan.
func laravel(t tree) *Application {
	var composer struct {
		Require map[string]string `json:"require"`
	}
	_ = json.Unmarshal([]byte(t.text("composer.json")), &composer) // one that composer cannot read is not this
	if composer.Require["laravel/framework"] == "" || !t.has("artisan") {
		return nil
	}
	a := &Application{
		Kind: "Laravel", Page: "laravel", Signs: []string{"composer.json with laravel/framework", "artisan"},
		Build:   []Job{{Run: "composer install --no-dev --no-interaction --prefer-dist --optimize-autoloader"}},
		Append:  []string{"vendor"},
		Secrets: []Secret{{Name: "DOTENV", File: true}},
		kind:    laravelFacts{Health: within(laravelHealth, t.text("bootstrap/app.php"))},
	}
	if p := t.packageJSON("."); p.Scripts["build"] != "" {
		m := t.packageManager()
		a.Build = append(append(a.Build, t.setUpNode(p)...), Job{Run: m.install}, Job{Run: m.build})
		a.Append = append(a.Append, "public/build")
		a.Signs = append(a.Signs, "package.json with a build")
	}
	if !t.has("composer.lock") {
		a.Notes = append(a.Notes, "no composer.lock: commit it, the packages are installed as it says")
	}
	return a
}

func (is laravelFacts) deployFile(w *lines, o Options) {
	w.add("preset: laravel                 # links public files, caches, migrates, looks whether it boots, restarts queue workers")
	w.add("secret_files: [{path: .env, from: DOTENV}]")
	w.where(o)
	if is.Health != "" {
		w.add("")
		w.add("# Once the site has a name: what a visitor sees.")
		w.add(`# activate: {verify: [{name: Health, http: "http://127.0.0.1/%s", headers: {Host: www.example.com}, within: 30s}]}`, is.Health)
	}
}
