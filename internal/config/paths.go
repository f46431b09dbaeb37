package config

import (
	"path"
	"strings"

	"slipway/internal/config/keys"
	"slipway/internal/deploy"
)

// deployPath judges the one path that everything on a host hangs from.
func (l *loader) deployPath(p keys.Text) string {
	if !p.Given() {
		return ""
	}
	clean := strings.TrimSuffix(p.V, "/")
	switch {
	case !strings.HasPrefix(p.V, "/"):
		l.problem(p.At(), "as in /srv/www/site; ~ and variables are not expanded", "the deploy path `%s` must be absolute", p.V)
	case clean == "":
		l.problem(p.At(), "give the app a folder of its own", "the deploy path cannot be /")
	case path.Clean(clean) != clean || !printable(clean):
		l.problem(p.At(), "write it plainly: "+path.Clean(clean), "the deploy path holds `..`, `.`, `//` or control characters")
	}
	return clean
}

// paths judges what is laid into a release: shared folders and files, and secret files. None may leave the release, and
// none may lie in another.
func (l *loader) paths(s *keys.Settings, c *Config) {
	type location struct {
		path string
		at   deploy.Position
	}
	var taken []location
	take := func(p keys.Text, what string) (string, bool) {
		clean, ok := l.inRelease(p, what)
		if !ok {
			return "", false
		}
		for _, other := range taken {
			switch {
			case other.path == clean:
				l.problem(p.At(), "", "`%s` is here twice, first at %s", clean, other.at)
				return "", false
			case overlap(clean, other.path):
				l.problem(p.At(), "one of the two is enough", "`%s` overlaps `%s` at %s", clean, other.path, other.at)
				return "", false
			}
		}
		taken = append(taken, location{clean, p.At()})
		return clean, true
	}
	for _, dir := range s.Shared.Dirs {
		if clean, ok := take(dir, "the shared folder"); ok {
			c.SharedDirs = append(c.SharedDirs, clean)
		}
	}
	for _, file := range s.Shared.Files {
		if clean, ok := take(file, "the shared file"); ok {
			c.SharedFiles = append(c.SharedFiles, clean)
		}
	}
	for _, file := range s.SecretFiles {
		if clean, ok := take(file.Path, "the secret file"); ok {
			c.SecretFiles = append(c.SecretFiles, SecretFile{Path: clean, Secret: file.From.V, At: file.Path.At()})
		}
	}
}

// inRelease gives the clean path of something inside a release, but not the release itself.
func (l *loader) inRelease(p keys.Text, what string) (string, bool) {
	if !p.Given() {
		return "", false
	}
	clean := strings.TrimSuffix(p.V, "/")
	switch {
	case strings.HasPrefix(clean, "/"), clean == "..", strings.HasPrefix(path.Clean(clean), "../"), path.Clean(clean) == "..":
		l.problem(p.At(), "give a path relative to the release", "%s `%s` lies outside the release", what, p.V)
		return "", false
	case strings.ContainsAny(clean, "*?"):
		l.problem(p.At(), "write each path out", "%s `%s` is a pattern, and no path", what, p.V)
		return "", false
	case clean == "", clean == ".", path.Clean(clean) != clean, !printable(clean):
		l.problem(p.At(), "write it plainly, as in public/media", "%s cannot be `%s`", what, p.V)
		return "", false
	}
	return clean, true
}

// overlap reports whether two clean paths are one, or one lies in the other.
func overlap(a, b string) bool {
	return strings.HasPrefix(a+"/", b+"/") || strings.HasPrefix(b+"/", a+"/")
}
