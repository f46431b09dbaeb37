package sshkey

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/crypto/ssh"
)

// Source gives the log-in for the next connection. It may have to be made for it, so it takes time and may fail; its error Is ErrLater
// where another try may go well.
type Source func(ctx context.Context) (Login, error)

// ErrLater says that there is no log-in now, for a reason that may pass.
var ErrLater = errors.New("there is no log-in now")

// skew is how far the clocks of an issuer and of this machine may be apart without a word.
const skew = 5 * time.Second

// Certified is the log-in with a key and its certificate. An error says why hosts would refuse it, hint what to do.
func Certified(key ssh.Signer, certificate *ssh.Certificate, now time.Time) (l Login, hint string, err error) {
	if !bytes.Equal(certificate.Key.Marshal(), key.PublicKey().Marshal()) {
		return Login{}, "it must sign the very key that it is sent",
			fmt.Errorf("the certificate is for another key: it is for %s, the key is %s", Name(certificate.Key), Name(key.PublicKey()))
	}
	if message, hint := unfit(certificate, now); message != "" {
		return Login{}, hint, errors.New(message)
	}
	signer, err := ssh.NewCertSigner(certificate, key)
	if err != nil {
		return Login{}, "", err
	}
	l = Login{Signer: signer}
	l.Name = l.name()
	return l, "", nil
}

// unfit says why no host would let a user in with a certificate, and what to do; "": one may.
func unfit(certificate *ssh.Certificate, now time.Time) (message, hint string) {
	early := time.Unix(int64(certificate.ValidAfter), 0).UTC()
	switch {
	case certificate.CertType != ssh.UserCert:
		return "this is a host's certificate", "give a user certificate, signed without `-h`"
	case certificate.ValidAfter > uint64(now.Add(skew).Unix()):
		return fmt.Sprintf("the certificate is not valid yet: from %s, and here it is %s", early.Format(time.RFC3339), now.UTC().Format(time.RFC3339)),
			"check the clocks of issuer and runner"
	case certificate.ValidBefore != ssh.CertTimeInfinity && certificate.ValidBefore <= uint64(now.Unix()):
		return "the certificate has expired: at " + until(certificate), "have a new one issued in this job"
	}
	return "", ""
}
