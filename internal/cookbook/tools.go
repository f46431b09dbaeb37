package cookbook

import (
	"slices"
	"strings"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/lazyregexp"
	"github.com/slipway/slipway/internal/yamlfile"
)

// toolName is a program, or a parameter that names one.
var toolName = lazyregexp.New(`^([A-Za-z0-9][A-Za-z0-9._+-]*|\$\{[a-z][a-z0-9_]*\})$`)

// badTool says what is wrong with a tool.
func (r Recipe) badTool(tool yamlfile.Value[string]) deploy.Problems {
	switch {
	case !tool.Given():
		return nil // no text: a problem already
	case !toolName.MatchString(tool.V):
		return deploy.Problems{{At: tool.At(), Message: "`" + tool.V + "` cannot be a tool", Hint: "the name of a program, or a parameter as in ${python}"}}
	}
	return r.badName(tool)
}

// badName says that a text which names a parameter, as ${name}, names none of the recipe's.
func (r Recipe) badName(text yamlfile.Value[string]) deploy.Problems {
	name, isParam := namedIn(text.V)
	if !isParam || slices.Contains(r.Names(), name) {
		return nil
	}
	return deploy.Problems{{At: text.At(), Message: "there is no parameter `" + name + "`", Hint: yamlfile.DidYouMean(name, r.Names())}}
}

// namedIn is the parameter that a text is in whole, as ${name}.
func namedIn(text string) (name string, is bool) {
	name, is = strings.CutPrefix(text, "${")
	return strings.TrimSuffix(name, "}"), is
}

// Needs are the programs that the recipe needs on a host, with parameters put in. A program that lies in the release is none of them:
// a step before makes it. Variables stay as they are.
func (r Recipe) Needs(with map[string]Value) []deploy.Tool {
	var tools []deploy.Tool
	for _, name := range r.Tools {
		tool := deploy.Tool{Name: name}
		if param, ok := namedIn(name); ok {
			tool.Param = param
			tool.Name = r.value(param, with).Text
		}
		if tool.Name == "" || strings.Contains(tool.Name, "/") && !strings.HasPrefix(tool.Name, "/") && !strings.HasPrefix(tool.Name, "${") {
			continue
		}
		tool.Package = packages[tool.Name]
		if slices.Contains(sameName, tool.Name) {
			tool.Package = tool.Name
		}
		tools = append(tools, tool)
	}
	return tools
}

// value is what a parameter is given, or its default.
func (r Recipe) value(param string, with map[string]Value) Value {
	given, ok := with[param]
	i := slices.Index(r.Names(), param)
	if !ok && i >= 0 {
		return r.Params[i].Default
	}
	return given
}

// packages are Debian's, of programs that come in one of another name.
var packages = map[string]string{
	"bundle": "bundler", "crontab": "cron", "mariadb": "mariadb-client", "mariadb-dump": "mariadb-client", "mysql": "default-mysql-client", "mysqldump": "default-mysql-client", "msgfmt": "gettext",
	"nc": "netcat-openbsd", "node": "nodejs", "pg_dump": "postgresql-client", "pg_restore": "postgresql-client", "php": "php-cli",
	"psql": "postgresql-client", "redis-cli": "redis-tools", "supervisorctl": "supervisor", "systemctl": "systemd",
}

// sameName are programs that come in a package of Debian's of their own name.
var sameName = []string{"composer", "curl", "gunicorn", "jq", "nginx", "npm", "python3", "rsync", "ruby", "socat", "sudo", "wget"}
