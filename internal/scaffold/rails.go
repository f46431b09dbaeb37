package scaffold

import (
	"github.com/slipway/slipway/internal/lazyregexp"
	"github.com/slipway/slipway/internal/yamlfile"
)

type railsFacts struct {
	Rails   string // how the repository calls it
	Key     bool   // config/master.key opens its credentials
	Dotenv  bool
	Assets  bool
	Migrate bool
	Health  bool
	TLS     bool // plain requests are sent to https
	Storage bool
}

var (
	railsGem    = lazyregexp.New(`(?m)^\s*gem\s*\(?\s*["']rails["']`)
	databaseGem = lazyregexp.New(`(?m)^\s*gem\s*\(?\s*["'](pg|mysql2|trilogy)["']`)
	dotenvGem   = lazyregexp.New(`(?m)^\s*gem\s*\(?\s*["']dotenv(-rails)?["']`)
	forceSSL    = lazyregexp.New(`(?m)^\s*config\.force_ssl\s*=\s*true`)
	healthRoute = lazyregexp.New(`(?m)^[^#\n]*["'/]up["'][^#\n]*rails/health#show`)
)

// rails is a Gemfile with the gem, and an application.
func rails(t tree) *Application {
	gems := t.text("Gemfile")
	if !railsGem.MatchString(gems) || !t.has("config/application.rb") {
		return nil
	}
	is := railsFacts{
		Rails: "bundle exec rails", Key: t.has("config/credentials.yml.enc") || t.has("config/credentials/production.yml.enc"),
		Assets: t.has("app/assets"), Migrate: t.has("db/migrate") || t.has("config/database.yml"),
		Health: healthRoute.MatchString(t.text("config/routes.rb")), TLS: forceSSL.MatchString(t.text("config/environments/production.rb")),
		Storage: t.has("storage") || t.has("config/storage.yml"),
	}
	a := &Application{Kind: "Rails", Page: "rails", Signs: []string{"Gemfile with rails", "config/application.rb"}}
	if t.has("bin/rails") {
		is.Rails = "bin/rails"
	}
	if is.Key {
		a.Secrets = append(a.Secrets, Secret{Name: "RAILS_MASTER_KEY"})
	}
	database := within(databaseGem, gems)
	if database != "" {
		a.Signs = append(a.Signs, "a database: "+database)
	}
	if is.Dotenv = database != "" || !is.Key || dotenvGem.MatchString(gems); is.Dotenv {
		a.Secrets = append(a.Secrets, Secret{Name: "DOTENV", File: true})
	}
	if !is.Health {
		a.Notes = append(a.Notes, "no route to rails/health#show: the check only connects, and would not see a site that answers with errors")
	}
	if !t.has("Gemfile.lock") {
		a.Notes = append(a.Notes, "no Gemfile.lock: commit it, the gems are installed as it says")
	}
	a.kind = is
	return a
}

func (is railsFacts) deployFile(w *lines, o Options) {
	w.add("preset: rails                   # installs gems into shared/bundle, compiles assets, migrates, restarts, asks /up")
	switch {
	case !is.Assets && !is.Migrate:
		w.add("skip: [Precompile assets, Migrate]")
	case !is.Assets:
		w.add("skip: [Precompile assets]")
	case !is.Migrate:
		w.add("skip: [Migrate]")
	}
	if !is.Storage {
		w.add("shared: {dirs: [log]}")
	}
	if is.Key || is.Dotenv {
		w.add("secret_files:")
	}
	if is.Key {
		w.add("  - {path: config/master.key, from: RAILS_MASTER_KEY}")
	}
	if is.Dotenv {
		w.add("  - {path: .env, from: DOTENV}  # DATABASE_URL and the like, for the steps below and the program alike")
	}
	w.where(o)
	w.add("")
	const dotenv = "set -a; . ./.env; "
	if is.Dotenv && is.Assets {
		w.add("prepare:")
		w.add(`  - {name: Precompile assets, run: "%s%s assets:precompile"}`, dotenv, is.Rails)
	}
	if is.Dotenv && is.Migrate {
		w.add("migrate:")
		w.add(`  - {name: Migrate, run: "%s%s db:migrate", idempotent: true}`, dotenv, is.Rails)
	}
	w.add("activate:")
	w.add("  restart: {uses: systemd/restart, with: {unit: %s, user: true}}", yamlfile.Word(o.App))
	if !is.Health {
		w.add("  verify:")
		w.add(`    - {name: Port, tcp: "127.0.0.1:${PORT}", within: 60s}`)
	}
}
