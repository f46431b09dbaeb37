package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/slipway/slipway/internal/config"
	"github.com/slipway/slipway/internal/deploy"
)

// StepsOn are the steps that a host runs in a deployment.
func (p *Plan) StepsOn(host string) []deploy.Step {
	steps := slices.Clone(p.Activations[host].Restart)
	for _, s := range slices.Concat(p.Prepare, p.Migrate, p.Ensure, p.Finish, p.OnFailure) {
		if slices.Contains(s.Hosts, host) {
			steps = append(steps, s)
		}
	}
	for drained, drains := range p.Drains {
		for _, d := range drains {
			if d.Role == "" && drained == host || slices.Contains(d.Executors, host) {
				steps = append(steps, d.Step)
			}
		}
	}
	return steps
}

// Programs are all that steps of a deployment need on any host: what the hosts are asked for.
func Programs(cfg *config.Config) []string {
	steps := slices.Concat(cfg.Prepare, cfg.Migrate, cfg.Ensure, cfg.Finish, cfg.OnFailure)
	for _, a := range cfg.Activation {
		steps = append(steps, a.Restart...)
		for _, d := range a.Drain {
			steps = append(steps, d.Step)
		}
	}
	names := map[string]bool{}
	for _, host := range cfg.Hosts {
		for _, s := range steps {
			for _, tool := range s.Tools {
				if name := program(tool, s, host); name != "" {
					names[name] = true
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// program is the name of a tool on a host. It is "" where only the step knows it, and where it lies in a release: a step before makes
// it.
func program(tool deploy.Tool, s deploy.Step, host deploy.Host) string {
	name, err := config.Expand(tool.Name, func(variable string) (string, bool) {
		value, ok := s.Vars[variable]
		if !ok {
			value, ok = host.Vars[variable]
		}
		return value, ok
	})
	inside := strings.Contains(name, "/") && (!strings.HasPrefix(name, "/") || strings.HasPrefix(name, host.DeployPath+"/"))
	if err != nil || inside || strings.ContainsAny(name, "\n\x00") {
		return ""
	}
	return name
}

// lacking says which programs that steps need are not on a host, each once. A rollback is let through: it may be needed urgently, and
// its restarts are those of its own release.
func (p *Plan) lacking(host deploy.Host, f deploy.Facts) (found []deploy.Finding) {
	if p.Rollback() || p.Reconcile || p.Upkeep() {
		return nil
	}
	needed, by := map[string]deploy.Tool{}, map[string][]string{}
	for _, s := range p.StepsOn(host.Name) {
		for _, tool := range s.Tools {
			name := program(tool, s, host)
			if !slices.Contains(f.Lacking, name) {
				continue
			}
			needed[name] = tool
			if step := fmt.Sprintf("%q", s.Name); !slices.Contains(by[name], step) {
				by[name] = append(by[name], step)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(needed)) {
		slices.Sort(by[name])
		found = append(found, fail(host.Name, deploy.CheckTools, "the step "+strings.Join(by[name], " and ")+" needs "+name+", which is not there", mendTool(needed[name])))
	}
	return found
}

// mendTool says how a host gets a program.
func mendTool(tool deploy.Tool) string {
	mend := "install it"
	if tool.Package != "" {
		mend += "; on Debian: `apt-get install " + tool.Package + "`"
	}
	if tool.Param != "" {
		mend += "; or name another in `with: {" + tool.Param + ": ...}`"
	}
	return mend
}
