package content

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// Hints on links that lead out of the release.
const (
	HintLink    = "point it at something inside the release; what must outlive releases goes to shared"
	hintOutside = HintLink + "; a program of the host, like a venv's python3, is allowed by `allow_links: [%s]`"
)

// CheckTarget refuses a symbolic link that leads out of the release as it is written.
func CheckTarget(link, target string, allowed []string) error {
	switch {
	case target == "":
		return Refuse(HintRename, "link %s has no target", Quote(link))
	case strings.ContainsAny(target, "\x00\n\r"):
		return Refuse(HintRename, "link %s has a line break or NUL in its target", Quote(link))
	case strings.Contains(link, " -> "):
		// One line of the manifest could then mean two different links.
		return Refuse(HintRename, "link %s has ` -> ` in its name", Quote(link))
	case len(target) > longestTarget:
		return Refuse(HintLink, "link %s has a target of %d bytes", Quote(link), len(target))
	case target[0] == '/':
		if slices.Contains(allowed, target) {
			return nil
		}
		return Refuse(fmt.Sprintf(hintOutside, target), "link %s points outside the release, to %s", Quote(link), Quote(target))
	}
	return outside(link, path.Join(path.Dir(link), target), target)
}

func outside(link, resolved, target string) error {
	if resolved == ".." || strings.HasPrefix(resolved, "../") {
		return Refuse(HintLink, "link %s points outside the release, to %s", Quote(link), Quote(target))
	}
	return nil
}

// longestChain is how many links Linux follows in one path (path_resolution(7)); a longer chain leads nowhere.
const longestChain = 40

// followLink refuses a link that leads out of the release by way of other links: with `up -> a/b` and `x -> up/../..`,
// x stays inside as it is written and leads out as the kernel walks it.
func followLink(link Member, find func(path string) (Member, bool), allowed []string) error {
	if slices.Contains(allowed, link.Target) {
		return nil
	}
	var at []string // where the walk is, below the release
	if dir := path.Dir(link.Path); dir != "." {
		at = strings.Split(dir, "/")
	}
	ahead := strings.Split(link.Target, "/")
	for hops := 0; len(ahead) > 0; {
		part := ahead[0]
		ahead = ahead[1:]
		switch part {
		case "", ".":
			continue
		case "..":
			if len(at) == 0 {
				return Refuse(HintLink, "link %s points outside the release, to %s, by way of another link", Quote(link.Path), Quote(link.Target))
			}
			at = at[:len(at)-1]
			continue
		}
		at = append(at, part)
		if member, ok := find(strings.Join(at, "/")); ok && member.Kind == Link {
			if hops++; hops > longestChain {
				return nil
			}
			if path.IsAbs(member.Target) { // allowed, or it would have been refused by itself
				if len(ahead) > 0 {
					return Refuse(HintLink, "link %s leads on from %s, which points outside the release", Quote(link.Path), Quote(member.Path))
				}
				return nil
			}
			at = at[:len(at)-1]
			ahead = append(strings.Split(member.Target, "/"), ahead...)
		}
	}
	return nil
}
