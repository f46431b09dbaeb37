package hostkey

import (
	"bufio"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/lazyregexp"
	"github.com/slipway/slipway/internal/transport/ssh/sshkey"
)

// fingerprint pins a key by its SHA-256, for one host or, when host is empty, for every hop.
type fingerprint struct{ host, sum string }

var (
	// sha256Sum is a fingerprint; the prefix is left out at times, and the padding kept.
	sha256Sum = lazyregexp.New(`^(?:(?i:SHA256):)?([A-Za-z0-9+/]{43})=?$`)
	// listed is a line of `ssh-keygen -l`: size, fingerprint, comment, type.
	listed = lazyregexp.New(`^\d+ (\S+) .*\(\S+\)$`)
	// md5Sum is a fingerprint as it was printed before OpenSSH 6.8, and with -E md5 after.
	md5Sum = lazyregexp.New(`^(?:(?i:MD5):)?[0-9a-fA-F]{2}(?::[0-9a-fA-F]{2}){15}$`)
)

// readFingerprints reads the lines of host_fingerprints. On a line stands a fingerprint, several of them, a host and its
// fingerprint, or what `ssh-keygen -l` prints of a key.
func readFingerprints(lines []string) (pins []fingerprint, problems deploy.Problems) {
	if sshkey.IsPrivate(strings.Join(lines, "\n")) { // nothing of it may be said
		return nil, deploy.Problems{{
			At: deploy.InInput("host_fingerprints", 0, 0), Message: "this is a private key",
			Hint: "it belongs in `ssh_key`; host_fingerprints takes what `ssh-keygen -lf FILE` prints",
		}}
	}
	for i, line := range lines {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		read, problem := readFingerprint(line)
		if problem != nil {
			problem.At = deploy.InInput("host_fingerprints", i+1, 0)
			problems = append(problems, *problem)
		}
		pins = append(pins, read...)
	}
	return pins, problems
}

func readFingerprint(line string) ([]fingerprint, *deploy.Problem) {
	text := line
	if list := listed.FindStringSubmatch(line); list != nil {
		text = list[1]
	}
	words := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \t,;\"'`", r) })
	sums := make([]fingerprint, 0, len(words))
	for _, word := range words {
		if sum := sha256Sum.FindStringSubmatch(word); sum != nil {
			sums = append(sums, fingerprint{sum: "SHA256:" + sum[1]})
		}
	}
	switch {
	case len(words) > 0 && len(sums) == len(words):
		return sums, nil
	case len(words) == 2 && len(sums) == 1 && sha256Sum.MatchString(words[1]):
		return []fingerprint{{host: words[0], sum: sums[0].sum}}, nil
	case len(sums) > 0:
		return nil, &deploy.Problem{
			Message: fmt.Sprintf("%.100q is more than a fingerprint", line),
			Hint:    "write `SHA256:...`, `HOST SHA256:...` for one host, or a line of `ssh-keygen -lf FILE`",
		}
	case slices.ContainsFunc(words, md5Sum.MatchString):
		return nil, &deploy.Problem{
			Message: "this is an MD5 fingerprint", Hint: "take the SHA256 one: `ssh-keygen -lf FILE`, without `-E md5`, on the host",
		}
	case strings.Contains(line, "ssh-") || strings.Contains(line, "ecdsa-"):
		return nil, &deploy.Problem{Message: "this is a host key, not a fingerprint", Hint: "give it as `known_hosts`"}
	}
	return nil, &deploy.Problem{
		Message: fmt.Sprintf("%.100q is no SHA256 fingerprint", line),
		Hint:    "write `SHA256:` and 43 characters, as `ssh-keygen -lf FILE` prints it",
	}
}

// mendLines puts the line ends of a text right that came through forms and secret stores.
func mendLines(text string) string {
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.TrimPrefix(text, "\ufeff"))
	text = strings.Trim(strings.TrimSpace(text), `"'`)
	if !strings.Contains(text, "\n") {
		text = strings.NewReplacer(`\r\n`, "\n", `\n`, "\n").Replace(text)
	}
	return text
}

// checkKnownHosts reads each line by itself, to name those that cannot be read, and counts the entries. Those
// marked @revoked are given, too.
func checkKnownHosts(text string) (entries int, revoked []ssh.PublicKey, problems deploy.Problems) {
	scanner := bufio.NewScanner(strings.NewReader(text))
	scanner.Buffer(nil, len(text)+1)
	for number := 1; scanner.Scan(); number++ {
		line := strings.TrimSpace(scanner.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		marker, hosts, key, _, _, err := ssh.ParseKnownHosts([]byte(line + "\n"))
		switch {
		case err == nil && slices.ContainsFunc(hosts, isBrokenHash):
			problems = append(problems, deploy.Problem{
				At:      deploy.InInput("known_hosts", number, 0),
				Message: "the hashed name of the host is damaged or cut off",
				Hint:    "take the line anew: `ssh-keyscan -H HOST`",
			})
			continue
		case err == nil:
			entries++
			if marker == "revoked" {
				revoked = append(revoked, key)
			}
			continue
		case errors.Is(err, io.EOF): // the library passes over a line of one word
			err = errors.New("one word")
		}
		problem := deploy.Problem{
			At:      deploy.InInput("known_hosts", number, 0),
			Message: "no line of known_hosts: " + strings.TrimPrefix(err.Error(), "ssh: "),
			Hint:    "each line is `HOST TYPE KEY`, as `ssh-keyscan HOST` prints it",
		}
		if _, _, _, _, err := ssh.ParseAuthorizedKey([]byte(line)); err == nil {
			problem.Message = "the line has a key and no host"
			problem.Hint = "put the host's name in front: `HOST TYPE KEY`"
		} else if strings.Contains(line, "SHA256:") {
			problem.Message = "this is a fingerprint"
			problem.Hint = "give it as `host_fingerprints`"
		}
		problems = append(problems, problem)
	}
	return entries, revoked, problems
}

// isBrokenHash reports whether a name is hashed and not whole: |1|salt|hash, both SHA-1's 20 bytes in base64.
func isBrokenHash(name string) bool {
	text, hashed := strings.CutPrefix(name, "|")
	if !hashed {
		return false
	}
	parts := strings.Split(text, "|")
	if len(parts) != 3 || parts[0] != "1" {
		return true
	}
	return slices.ContainsFunc(parts[1:], func(part string) bool {
		sum, err := base64.StdEncoding.DecodeString(part)
		return err != nil || len(sum) != 20
	})
}
