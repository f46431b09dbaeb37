package ssh

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/skeema/knownhosts"
	"golang.org/x/crypto/ssh"
	xknownhosts "golang.org/x/crypto/ssh/knownhosts"

	"slipway/internal/deploy"
)

// identity is what is pinned: lines of known_hosts, fingerprints, or both. A host passes with either; a revoked key never.
type identity struct {
	db           *knownhosts.HostKeyDB // nil without known_hosts
	fingerprints []fingerprint
}

// fingerprint pins a key by its SHA-256, for one host or, when host is empty, for every hop.
type fingerprint struct{ host, sum string }

// readIdentity reads both inputs, or says all that is wrong with them. One of them must pin something.
func readIdentity(knownHosts string, fingerprints []string) (*identity, deploy.Problems) {
	var problems deploy.Problems
	id := &identity{}
	for i, line := range fingerprints {
		at := deploy.Position{File: "input host_fingerprints", Line: i + 1}
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		pin, problem := readFingerprint(line)
		if problem != nil {
			problem.At = at
			problems = append(problems, *problem)
			continue
		}
		id.fingerprints = append(id.fingerprints, pin)
	}
	knownHosts = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(knownHosts)
	entries, more := checkKnownHosts(knownHosts)
	problems = append(problems, more...)
	if len(problems) > 0 {
		return nil, problems
	}
	if entries == 0 && len(id.fingerprints) == 0 {
		return nil, deploy.Problems{{
			At:      deploy.Position{File: "input known_hosts"},
			Message: "no host identity is given: neither `known_hosts` nor `host_fingerprints`",
			Hint:    "take it with `ssh-keyscan HOST` from a network you trust, compare it, and store it",
		}}
	}
	if entries > 0 {
		db, err := openKnownHosts(knownHosts)
		if err != nil {
			return nil, deploy.Problems{{At: deploy.Position{File: "input known_hosts"}, Message: err.Error()}}
		}
		id.db = db
	}
	return id, nil
}

var sha256Sum = regexp.MustCompile(`^SHA256:[A-Za-z0-9+/]{43}$`)

func readFingerprint(line string) (fingerprint, *deploy.Problem) {
	fields := strings.Fields(line)
	pin := fingerprint{sum: strings.TrimRight(fields[len(fields)-1], "=")}
	if len(fields) == 2 {
		pin.host = fields[0]
	}
	switch {
	case len(fields) <= 2 && sha256Sum.MatchString(pin.sum):
		return pin, nil
	case strings.Contains(line, "SHA256:") && len(fields) > 2:
		return pin, &deploy.Problem{
			Message: fmt.Sprintf("%q is more than a fingerprint", line),
			Hint:    "write `SHA256:...`, or `HOST SHA256:...` for one host",
		}
	case strings.Count(line, ":") >= 15:
		return pin, &deploy.Problem{Message: "this is an MD5 fingerprint", Hint: "take the SHA256 one: `ssh-keygen -lf FILE`"}
	case strings.Contains(line, "ssh-") || strings.Contains(line, "ecdsa-"):
		return pin, &deploy.Problem{Message: "this is a host key, not a fingerprint", Hint: "give it as `known_hosts`"}
	}
	return pin, &deploy.Problem{
		Message: fmt.Sprintf("%q is no SHA256 fingerprint", line),
		Hint:    "write `SHA256:` and 43 characters, as `ssh-keygen -lf FILE` prints it",
	}
}

// checkKnownHosts reads each line by itself, to name those that cannot be read, and counts the entries.
func checkKnownHosts(text string) (entries int, problems deploy.Problems) {
	scanner := bufio.NewScanner(strings.NewReader(text))
	scanner.Buffer(nil, len(text)+1)
	for number := 1; scanner.Scan(); number++ {
		line := strings.TrimSpace(scanner.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		_, _, _, _, _, err := ssh.ParseKnownHosts([]byte(line + "\n"))
		switch {
		case err == nil:
			entries++
			continue
		case errors.Is(err, io.EOF): // the library passes over a line of one word
			err = errors.New("one word")
		}
		problem := deploy.Problem{
			At:      deploy.Position{File: "input known_hosts", Line: number},
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
	return entries, problems
}

// openKnownHosts goes through a file of our own: the library reads nothing else. It is gone when this returns.
func openKnownHosts(text string) (*knownhosts.HostKeyDB, error) {
	file, err := os.CreateTemp("", "known_hosts-*") // mode 0600
	if err != nil {
		return nil, err
	}
	defer os.Remove(file.Name())
	if _, err = file.WriteString(text + "\n"); err == nil {
		err = file.Close()
	}
	if err != nil {
		return nil, err
	}
	db, err := knownhosts.NewDB(file.Name())
	if err != nil {
		return nil, errors.New(strings.ReplaceAll(err.Error(), file.Name(), "line "))
	}
	return db, nil
}

// pinned are the fingerprints that count for an address.
func (id *identity) pinned(address deploy.Address) []fingerprint {
	names := []string{address.Host, "[" + address.Host + "]", address.HostPort(), knownhosts.Normalize(address.HostPort())}
	var list []fingerprint
	for _, pin := range id.fingerprints {
		if pin.host == "" || slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(name, pin.host) }) {
			list = append(list, pin)
		}
	}
	return list
}

// families are the types of host keys, the best first. What a fingerprint's type is it does not say: all are offered, and
// where the host shows a key that is not pinned, a further connection offers the rest.
var families = [][]string{
	{ssh.KeyAlgoED25519},
	{ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521},
	{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256},
}

// algorithms are what to offer an address, less the families of keys that it has shown already. None: all were tried.
func (id *identity) algorithms(address deploy.Address, shown []ssh.PublicKey) []string {
	var offered []string
	if id.db != nil && len(shown) == 0 {
		for _, algorithm := range id.db.HostKeyAlgorithms(address.HostPort()) {
			if !slices.Contains(weak, algorithm) {
				offered = append(offered, algorithm)
			}
		}
	}
	if len(offered) > 0 && len(id.pinned(address)) == 0 {
		return offered
	}
	for _, family := range families {
		if !slices.ContainsFunc(shown, func(key ssh.PublicKey) bool { return inFamily(family, key) }) {
			for _, algorithm := range family {
				if !slices.Contains(offered, algorithm) {
					offered = append(offered, algorithm)
				}
			}
		}
	}
	return offered
}

// weak are signatures with SHA-1, and DSA: never offered, also where only such a key is pinned (an RSA key signs with
// SHA-2 too).
var weak = []string{ssh.KeyAlgoRSA, ssh.CertAlgoRSAv01, "ssh-dss", "ssh-dss-cert-v01@openssh.com"}

func inFamily(family []string, key ssh.PublicKey) bool {
	kind := key.Type()
	if kind == ssh.KeyAlgoRSA {
		kind = ssh.KeyAlgoRSASHA512
	}
	return slices.Contains(family, kind)
}

// check tells whether a host may show a key. The error is an *identityError.
func (id *identity) check(address deploy.Address, key ssh.PublicKey) error {
	refused := &identityError{address: address, shown: []ssh.PublicKey{key}}
	if id.db != nil {
		err := id.db.HostKeyCallback()(address.HostPort(), &net.TCPAddr{IP: net.IPv4zero, Port: address.Port}, key)
		if err == nil {
			return nil
		}
		var revoked *xknownhosts.RevokedError
		var changed *xknownhosts.KeyError
		switch {
		case errors.As(err, &revoked):
			refused.revoked = true
			return refused
		case errors.As(err, &changed):
			for _, want := range changed.Want {
				refused.pinned = append(refused.pinned, keyName(want.Key))
			}
			refused.otherPort = len(changed.Want) == 0 && address.Port != 22 &&
				len(id.db.HostKeys(net.JoinHostPort(address.Host, "22"))) > 0
		default:
			refused.cause = err // a host certificate that is not valid
		}
	}
	for _, pin := range id.pinned(address) {
		if pin.sum == ssh.FingerprintSHA256(key) {
			return nil
		}
		refused.pinned = append(refused.pinned, pin.sum)
	}
	return refused
}
