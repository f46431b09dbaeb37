package scaffold

import (
	"github.com/slipway/slipway/internal/lazyregexp"
	"github.com/slipway/slipway/internal/yamlfile"
)

type nodeFacts struct {
	Install string // on the host, what the program needs at run time
	Start   string
	Dotenv  bool
}

// packageManager is how one of Node's package managers is called.
type packageManager struct {
	name, install, build, production, start string
}

// packageManager is the one whose lock file there is.
func (t tree) packageManager() packageManager {
	switch {
	case t.has("pnpm-lock.yaml"):
		return packageManager{"pnpm", "corepack enable && pnpm install --frozen-lockfile", "pnpm run build", "pnpm install --prod --frozen-lockfile", "pnpm start"}
	case t.has("yarn.lock") && t.has(".yarnrc.yml"):
		return packageManager{"yarn", "corepack enable && yarn install --immutable", "yarn run build", "yarn workspaces focus --all --production", "yarn start"}
	case t.has("yarn.lock"):
		return packageManager{"yarn", "yarn install --frozen-lockfile", "yarn run build", "yarn install --production --frozen-lockfile", "yarn start"}
	case t.has("package-lock.json"):
		return packageManager{"npm", "npm ci", "npm run build", "npm ci --omit=dev --no-audit --no-fund", "npm start"}
	}
	return packageManager{"npm", "npm install", "npm run build", "npm install --omit=dev --no-audit --no-fund", "npm start"}
}

// setUpNode brings the Node that the repository asks for, where it asks.
func (t tree) setUpNode(p packageJSON) []Job {
	file := t.first(".nvmrc", ".node-version")
	if file == "" && p.Engines["node"] != "" {
		file = "package.json"
	}
	if file == "" {
		return nil
	}
	return []Job{{Uses: "actions/setup-node@v4", With: "node-version-file", File: file}}
}

// builders are the tools that make a site, by the package that brings them, and the folder that they make it in. Of those that can
// be a server, too, the start script tells.
var builders = []struct{ tool, folder string }{
	{"next", ".next"},
	{"nuxt", ".output"},
	{"@sveltejs/kit", "build"},
	{"@react-router/serve", "build"},
	{"@nestjs/core", "dist"},
	{"astro", "dist"},
	{"@11ty/eleventy", "_site"},
	{"gatsby", "public"},
	{"@docusaurus/core", "build"},
	{"vitepress", ".vitepress/dist"},
	{"react-scripts", "build"},
	{"@vue/cli-service", "dist"},
	{"parcel", "dist"},
	{"vite", "dist"},
}

// serves tells the start script of a server from that of a tool for development.
var serves = lazyregexp.New(`(^|\s|/)(node|tsx|next start|nest start|react-router-serve|remix-serve|pm2|bun|deno)(\s|$)`)

// node is a package.json with something to start, or a site to build.
func node(t tree) *Application {
	p := t.packageJSON(".")
	start, build := p.Scripts["start"], p.Scripts["build"]
	if start == "" && build == "" {
		return nil
	}
	m := t.packageManager()
	a := &Application{Kind: "Node", Page: "node", Signs: []string{"package.json"}}
	if t.first("package-lock.json", "yarn.lock", "pnpm-lock.yaml") == "" {
		a.Notes = append(a.Notes, "no lock file: commit the one of your package manager, the packages are installed as it says")
	}
	tool, folder := "", "dist"
	for _, known := range builders {
		if p.has(known.tool) {
			tool, folder = known.tool, known.folder
			break
		}
	}
	if build != "" {
		a.Build = append(t.setUpNode(p), Job{Run: m.install}, Job{Run: m.build})
		if tool == "" {
			a.Notes = append(a.Notes, "the build is taken to write to dist: else correct the workflow")
		}
	}
	if !serves.MatchString(start) && build != "" {
		a.Kind, a.Page = "a static site that Node builds", "static"
		a.Signs = append(a.Signs, "its build, to "+folder)
		a.Folder, a.kind = folder, staticFacts{Built: true}
		return a
	}
	a.Signs = append(a.Signs, "start: "+start)
	if build != "" {
		a.Append = []string{folder}
		if tool == "next" {
			a.Append = []string{"--exclude=.next/cache", folder}
		}
		a.Signs = append(a.Signs, "its build, to "+folder)
	}
	is := nodeFacts{Install: m.production, Start: m.start, Dotenv: p.has("dotenv") || t.first(".env.example", ".env.sample", ".env.template") != ""}
	if is.Dotenv {
		a.Secrets = []Secret{{Name: "DOTENV", File: true}}
	}
	a.kind = is
	return a
}

func (is nodeFacts) deployFile(w *lines, o Options) {
	w.add("preset: node")
	if is.Dotenv {
		w.add("secret_files: [{path: .env, from: DOTENV}]")
	}
	w.where(o)
	w.add("")
	w.add("prepare:")
	w.add("  - {name: Install dependencies, run: %s}", is.Install)
	w.add("activate:")
	w.add("  restart: {uses: systemd/restart, with: {unit: %s, user: true}}  # %s", yamlfile.Word(o.App), is.Start)
}
