package sshkey

import (
	"strings"

	"golang.org/x/crypto/ssh"

	"github.com/slipway/slipway/internal/deploy"
)

// diagnose looks at a mended text for what people give instead of a key that can be read. Nil: it may be one.
func diagnose(text string) *deploy.Problem {
	text = strings.TrimSpace(text)
	problem := func(message, hint string) *deploy.Problem {
		p := keyProblem(message, hint)
		return &p
	}
	begins := func(prefixes ...string) bool {
		for _, prefix := range prefixes {
			if strings.HasPrefix(text, prefix) {
				return true
			}
		}
		return false
	}
	switch {
	case text == "":
		return problem("secret empty: a fork, Dependabot, or a missing `environment:`?",
			"secrets are given to neither of the first two; an environment's only to jobs that name it")
	case begins("PuTTY-User-Key-File"):
		return problem("the key is PuTTY's format (.ppk)",
			"convert it with `puttygen key.ppk -O private-openssh -o key`, and give that file")
	case begins("-----BEGIN ENCRYPTED PRIVATE KEY"):
		return problem("the key is an encrypted PKCS#8 file, which cannot be read here",
			"convert it with `ssh-keygen -p -f key`: that writes OpenSSH's own format")
	case begins("-----BEGIN CERTIFICATE", "-----BEGIN TRUSTED CERTIFICATE"):
		return problem("this is an X.509 certificate, not an SSH key", "give the private key")
	case begins("-----BEGIN PUBLIC KEY", "-----BEGIN RSA PUBLIC KEY", "---- BEGIN SSH2 PUBLIC KEY"):
		return problem("this is a public key", "give the private half: the file without .pub")
	}
	if public, _, _, _, err := ssh.ParseAuthorizedKey([]byte(text)); err == nil {
		if _, isCertificate := public.(*ssh.Certificate); isCertificate {
			return problem("this is a certificate"+named(public),
				"it belongs in `ssh_certificate`; `ssh_key` takes the private key")
		}
		return problem("this is a public key"+named(public), "give the private half: the file without .pub")
	}
	switch {
	case begins("ssh-", "ecdsa-", "sk-"):
		return problem("this looks like a public key, and a damaged one", "give the private half: the file without .pub")
	case begins("/", "~", "./") && !strings.Contains(text, "\n"):
		return problem("this is a path, not a key", "give the file's content")
	case !strings.Contains(text, "-----BEGIN "), !IsPrivate(text):
		return problem("this is no private key: it has no line -----BEGIN ... PRIVATE KEY-----",
			"paste the whole file, from -----BEGIN to -----END")
	case len(keyBlocks(text)) == 0:
		return problem("the key is cut off: it has no line -----END ... PRIVATE KEY-----",
			"paste the whole file, from -----BEGIN to -----END")
	case !isPEM(text):
		return problem("the key is damaged: what is between -----BEGIN and -----END is not base64",
			"paste the whole file again, with all lines")
	}
	return nil
}
