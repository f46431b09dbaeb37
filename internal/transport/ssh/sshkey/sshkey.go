// Package sshkey has the key that logs in: a private key as people paste it, mended and read or refused with what is wrong with it;
// its user certificate; or one of an agent's keys.
//
// The package must not know where the key logs in to.
package sshkey

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/secret"
)

// Given is what people give to log in with.
type Given struct {
	Key         secret.Secret // a private key: OpenSSH or PEM
	Passphrase  secret.Secret // of the key, where it is encrypted
	Certificate string        // an OpenSSH user certificate for the key, a line as in id_ed25519-cert.pub
	AgentSocket string        // used when Key is empty
}

// Login is the one key that is offered to every host.
type Login struct {
	Signer ssh.Signer
	Name   string // "ed25519 SHA256:...", with its principals where it is a certificate
	Origin string // "" or "number 1 of 3 in the agent"
	agent  io.Closer
}

// Close lets go of the agent. The key of one cannot sign any more.
func (l Login) Close() error {
	if l.agent == nil {
		return nil
	}
	return l.agent.Close()
}

// Read makes a log-in, or says all that is wrong with what was given. It asks the agent, where that is used. Close it.
func Read(given Given, now time.Time) (Login, deploy.Problems) {
	var problems deploy.Problems
	certificate, problem := readCertificate(given.Certificate, now)
	if problem != nil {
		problems = append(problems, *problem)
	}
	var l Login
	if given.Key.IsEmpty() && given.AgentSocket != "" {
		var err error
		if l, err = agentLogin(given.AgentSocket, certificate); err != nil {
			return l, append(problems, deploy.Problem{
				At: deploy.Position{File: "SSH agent"}, Message: err.Error(),
				Hint: "give `ssh_key`; an agent's socket must be mounted into the container",
			})
		}
	} else {
		var more deploy.Problems
		if l, more = keyLogin(given, certificate); len(more) > 0 {
			return l, append(problems, more...)
		}
	}
	if len(problems) > 0 {
		return l, problems
	}
	if l, problem = l.with(certificate); problem != nil {
		return l, append(problems, *problem)
	}
	l.Name = l.name()
	return l, problems
}

// name is the log-in's key as it is shown, of a certificate with its principals and its end.
func (l Login) name() string {
	name := Name(l.Signer.PublicKey())
	if c, ok := l.Signer.PublicKey().(*ssh.Certificate); ok {
		if len(c.ValidPrincipals) > 0 {
			name += " for " + strings.Join(c.ValidPrincipals, ", ")
		}
		name += " until " + until(c)
	}
	return name
}

// Check says what is wrong with the key and the certificate that are given; what is not given is no mistake. It asks no agent.
func Check(given Given, now time.Time) deploy.Problems {
	switch certificate, problem := readCertificate(given.Certificate, now); {
	case problem != nil:
		return deploy.Problems{*problem}
	case !given.Key.IsEmpty():
		_, problems := keyLogin(given, certificate)
		return problems
	}
	return nil
}

// keyLogin is the log-in with the key that is given.
func keyLogin(given Given, certificate *ssh.Certificate) (Login, deploy.Problems) {
	signer, err := Parse(given.Key, given.Passphrase)
	if err != nil {
		var p deploy.Problem
		errors.As(err, &p)
		return Login{}, deploy.Problems{p}
	}
	l, problem := Login{Signer: signer}.with(certificate)
	if problem != nil {
		return Login{}, deploy.Problems{*problem}
	}
	return l, nil
}

// with is the log-in with a certificate for its key; nil is none.
func (l Login) with(certificate *ssh.Certificate) (Login, *deploy.Problem) {
	if _, already := l.Signer.PublicKey().(*ssh.Certificate); certificate == nil || already {
		return l, nil
	}
	signer, err := ssh.NewCertSigner(certificate, l.Signer)
	if err != nil {
		problem := certificateProblem(
			fmt.Sprintf("the certificate is for another key: it is for %s, the key is %s",
				Name(certificate.Key), Name(l.Signer.PublicKey())),
			"give the certificate and the key that belong together")
		return l, &problem
	}
	l.Signer = signer
	return l, nil
}

// readCertificate reads a user certificate and checks what can be checked here. Nil and nil: none is given.
func readCertificate(text string, now time.Time) (*ssh.Certificate, *deploy.Problem) {
	if text = strings.TrimSpace(text); text == "" {
		return nil, nil
	}
	refuse := func(message, hint string) (*ssh.Certificate, *deploy.Problem) {
		problem := certificateProblem(message, hint)
		return nil, &problem
	}
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(text))
	if err != nil {
		return refuse("this is no OpenSSH certificate", "give the one line of a file like id_ed25519-cert.pub")
	}
	certificate, ok := key.(*ssh.Certificate)
	if !ok {
		return refuse("this is a public key, not a certificate", "give the one line of a file like id_ed25519-cert.pub")
	}
	if message, hint := unfit(certificate, now); message != "" {
		return refuse(message, hint)
	}
	return certificate, nil
}

func certificateProblem(message, hint string) deploy.Problem {
	return deploy.Problem{At: deploy.InInput("ssh_certificate", 0, 0), Message: message, Hint: hint}
}

func until(certificate *ssh.Certificate) string {
	if certificate.ValidBefore == ssh.CertTimeInfinity {
		return "for ever"
	}
	return time.Unix(int64(certificate.ValidBefore), 0).UTC().Format(time.RFC3339)
}

// agentTimeout is how long the agent on this machine may take to list its keys.
const agentTimeout = 5 * time.Second

// agentLogin takes one key of an agent: the certificate's, else the first. More would cost a round trip each, and the
// host counts every key it refuses.
func agentLogin(socket string, certificate *ssh.Certificate) (Login, error) {
	ctx, cancel := context.WithTimeout(context.Background(), agentTimeout)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "unix", socket)
	if err != nil {
		return Login{}, fmt.Errorf("cannot reach the agent: %w", err)
	}
	// The connection stays open until the Dialer is closed: signers ask the agent at each log-in.
	_ = conn.SetDeadline(time.Now().Add(agentTimeout)) // a socket that takes none fails below
	signers, err := agent.NewClient(conn).Signers()
	if err != nil {
		_ = conn.Close()
		return Login{}, fmt.Errorf("cannot list the agent's keys: %w", err)
	}
	_ = conn.SetDeadline(time.Time{})
	for i, signer := range signers {
		if certificate == nil || bytes.Equal(signer.PublicKey().Marshal(), certificate.Key.Marshal()) {
			origin := fmt.Sprintf("number %d of %d in the agent", i+1, len(signers))
			return Login{Signer: modern(signer), Origin: origin, agent: conn}, nil
		}
	}
	_ = conn.Close()
	if len(signers) == 0 {
		return Login{}, errors.New("the agent holds no keys")
	}
	return Login{}, fmt.Errorf("none of the agent's %d keys is the certificate's: %s", len(signers), Name(certificate.Key))
}

// Name is how a public key is shown: type and fingerprint, as `ssh-keygen -l` prints them.
func Name(key ssh.PublicKey) string {
	kind := strings.TrimPrefix(strings.TrimSuffix(key.Type(), "@openssh.com"), "ssh-")
	if certificate, ok := key.(*ssh.Certificate); ok {
		kind = strings.TrimPrefix(certificate.Key.Type(), "ssh-") + " certificate"
		key = certificate.Key
	}
	return kind + " " + ssh.FingerprintSHA256(key)
}
