package ssh

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

	"slipway/internal/deploy"
)

// login is the one key that is offered to every hop.
type login struct {
	signer ssh.Signer
	name   string // "ed25519 SHA256:...", with its principals where it is a certificate
	origin string // "" or "number 1 of 3 in the agent"
	agent  io.Closer
}

// readLogin makes the log-in of a configuration, or says all that is wrong with it.
func readLogin(config Config, now time.Time) (login, deploy.Problems) {
	var problems deploy.Problems
	certificate, problem := readCertificate(config.Certificate, now)
	if problem != nil {
		problems = append(problems, *problem)
	}
	var l login
	if config.Key.IsEmpty() && config.AgentSocket != "" {
		var err error
		if l, err = agentLogin(config.AgentSocket, certificate); err != nil {
			return l, append(problems, deploy.Problem{
				At: deploy.Position{File: "SSH agent"}, Message: err.Error(),
				Hint: "give `ssh_key`; an agent's socket must be mounted into the container",
			})
		}
	} else {
		var more deploy.Problems
		if l, more = keyLogin(config, certificate); len(more) > 0 {
			return l, append(problems, more...)
		}
	}
	if len(problems) > 0 {
		return l, problems
	}
	if l, problem = l.with(certificate); problem != nil {
		return l, append(problems, *problem)
	}
	l.name = keyName(l.signer.PublicKey())
	if c, ok := l.signer.PublicKey().(*ssh.Certificate); ok {
		l.name += fmt.Sprintf(" for %s until %s", strings.Join(c.ValidPrincipals, ", "), until(c))
	}
	return l, problems
}

// keyLogin is the log-in with the key that is given.
func keyLogin(config Config, certificate *ssh.Certificate) (login, deploy.Problems) {
	signer, err := ParseKey(config.Key, config.Passphrase)
	if err != nil {
		var p deploy.Problem
		errors.As(err, &p)
		return login{}, deploy.Problems{p}
	}
	l, problem := login{signer: signer}.with(certificate)
	if problem != nil {
		return login{}, deploy.Problems{*problem}
	}
	return l, nil
}

// with is the log-in with a certificate for its key; nil is none.
func (l login) with(certificate *ssh.Certificate) (login, *deploy.Problem) {
	if _, already := l.signer.PublicKey().(*ssh.Certificate); certificate == nil || already {
		return l, nil
	}
	signer, err := ssh.NewCertSigner(certificate, l.signer)
	if err != nil {
		problem := certificateProblem(
			fmt.Sprintf("the certificate is for another key: it is for %s, the key is %s",
				keyName(certificate.Key), keyName(l.signer.PublicKey())),
			"give the certificate and the key that belong together")
		return l, &problem
	}
	l.signer = signer
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
	switch {
	case !ok:
		return refuse("this is a public key, not a certificate", "give the one line of a file like id_ed25519-cert.pub")
	case certificate.CertType != ssh.UserCert:
		return refuse("this is a host's certificate", "give a user certificate, signed without `-h`")
	case certificate.ValidAfter > uint64(now.Unix()):
		return refuse("the certificate is not valid yet: from "+
			time.Unix(int64(certificate.ValidAfter), 0).UTC().Format(time.RFC3339), "check the clocks of issuer and runner")
	case certificate.ValidBefore != ssh.CertTimeInfinity && certificate.ValidBefore <= uint64(now.Unix()):
		return refuse("the certificate has expired: at "+until(certificate), "have a new one issued in this job")
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
func agentLogin(socket string, certificate *ssh.Certificate) (login, error) {
	ctx, cancel := context.WithTimeout(context.Background(), agentTimeout)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "unix", socket)
	if err != nil {
		return login{}, fmt.Errorf("cannot reach the agent: %w", err)
	}
	// The connection stays open until the Dialer is closed: signers ask the agent at each log-in.
	_ = conn.SetDeadline(time.Now().Add(agentTimeout)) // a socket that takes none fails below
	signers, err := agent.NewClient(conn).Signers()
	if err != nil {
		_ = conn.Close()
		return login{}, fmt.Errorf("cannot list the agent's keys: %w", err)
	}
	_ = conn.SetDeadline(time.Time{})
	for i, signer := range signers {
		if certificate == nil || bytes.Equal(signer.PublicKey().Marshal(), certificate.Key.Marshal()) {
			origin := fmt.Sprintf("number %d of %d in the agent", i+1, len(signers))
			return login{signer: modern(signer), origin: origin, agent: conn}, nil
		}
	}
	_ = conn.Close()
	if len(signers) == 0 {
		return login{}, errors.New("the agent holds no keys")
	}
	return login{}, fmt.Errorf("none of the agent's %d keys is the certificate's: %s", len(signers), keyName(certificate.Key))
}
