package config

import (
	"path"
	"slices"
	"strings"

	"github.com/slipway/slipway/internal/call/request"
	"github.com/slipway/slipway/internal/config/keys"
	"github.com/slipway/slipway/internal/deploy"
)

// certificate reads who signs the certificate to log in with. It is the whole log-in: a key beside it would leave open which of
// the two a host is shown.
func (l *loader) certificate(from keys.Issuer, c *Config) {
	if from.Node == nil {
		return
	}
	if l.env.Exposed != "" && l.env.Policy == nil && l.remote() {
		l.problem(from.Node.At, "run it on a push, or by hand, or have `policy_from` read the deploy file of a protected branch",
			"%s may show the job's token to no issuer: the pull request may have named it", l.env.Exposed)
	}
	for _, other := range []struct{ name, value string }{
		{"ssh_key", l.in.SSHKey}, {"ssh_key_passphrase", l.in.SSHKeyPassphrase}, {"ssh_certificate", l.in.SSHCertificate},
	} {
		if strings.TrimSpace(other.value) != "" && !l.in.BorrowedLogin {
			l.problem(inputAt(other.name), "drop it, or `ssh_certificate_from` ("+from.Node.At.String()+")", "`%s` and `ssh_certificate_from` are two ways to log in", other.name)
		}
	}
	made := &deploy.CertificateFrom{
		Role: from.Role.V, Mount: from.Mount.V, JWTRole: from.JWTRole.V, JWTMount: from.JWTMount.V, Namespace: from.Namespace.V,
		Audience: from.Audience.V, Principals: texts(from.Principals), TTL: from.TTL.V,
		TokenEnv: from.TokenEnv.V, TokenFile: from.TokenFile.V, At: from.Node.At,
	}
	one := l.issuer(from, made)
	if one {
		l.ofVault(from, made)
	}
	if from.TokenEnv.Given() && from.TokenFile.Given() {
		l.problem(from.TokenFile.At(), "keep the one that is meant", "`token_env` and `token_file` are two places of one token")
	}
	if from.TokenFile.Given() && !path.IsAbs(from.TokenFile.V) {
		l.problem(from.TokenFile.At(), "an absolute path, outside the repository", "`%s` is no absolute path", from.TokenFile.V)
	}
	if from.CA.Given() {
		made.CA = l.authorities(from.CA, l.tree)
	}
	if !one {
		return
	}
	if made.Audience == "" {
		made.Audience = made.URL
	}
	if len(made.Principals) == 0 {
		made.Principals = usersOf(c)
	}
	c.Login = Login{From: made}
}

// hasOwnIssuer reports whether the log-in that the inputs give is another environment's, and the deploy file has one for this one.
func (l *loader) hasOwnIssuer() bool {
	const key = "ssh_certificate_from"
	entry := l.node.Get("environments").Get(l.in.Environment)
	return l.in.BorrowedLogin && (l.node.Get(key) != nil || entry.Get(key) != nil)
}

// issuer reads which of the issuers is meant, and its address. false: nobody can tell which, and that was told.
func (l *loader) issuer(from keys.Issuer, made *deploy.CertificateFrom) (one bool) {
	var given []keys.Text
	for _, issuer := range []struct {
		kind deploy.IssuerKind
		text keys.Text
	}{{deploy.Vault, from.Vault}, {deploy.StepCA, from.StepCA}, {deploy.Endpoint, from.Endpoint}} {
		if issuer.text.Given() {
			made.Kind, given = issuer.kind, append(given, issuer.text)
		}
	}
	if len(given) != 1 {
		hint := "one of vault, step_ca and endpoint, with its address"
		if len(given) > 1 { // of which one may stand in the file, and one in the input that is laid over it
			hint = "keep one: they stand at " + joinedPlaces(given)
		}
		l.problem(from.Node.At, hint, "`ssh_certificate_from` names one issuer, not %d", len(given))
		return false
	}
	u, err := request.Address(strings.TrimSpace(given[0].V), false)
	if err != nil || u.RawQuery != "" {
		l.problem(given[0].At(), "an address like https://vault.example.com:8200, without a user or a query in it; http:// is taken for this machine alone",
			"`%s` is no https address", made.Kind)
		return true
	}
	made.URL = strings.TrimSuffix(u.String(), "/")
	return true
}

func joinedPlaces(texts []keys.Text) string {
	places := make([]string, len(texts))
	for i, text := range texts {
		places[i] = text.At().String()
	}
	return strings.Join(places, " and ")
}

// ofVault reads what Vault and OpenBao alone have.
func (l *loader) ofVault(from keys.Issuer, made *deploy.CertificateFrom) {
	if made.Kind == deploy.Vault {
		if made.Role == "" {
			l.problem(from.Vault.At(), "add `role`: the one of `vault write "+made.Mount+"/roles/NAME`", "`vault` needs the `role` that signs")
		}
		if made.JWTRole == "" {
			made.JWTRole = made.Role
		}
		return
	}
	for _, of := range []struct {
		name string
		text keys.Text
	}{{"role", from.Role}, {"mount", from.Mount}, {"jwt_role", from.JWTRole}, {"jwt_mount", from.JWTMount}, {"namespace", from.Namespace}} {
		if of.text.Given() {
			l.problem(of.text.At(), "drop it", "`%s` is of `vault`, and that is not given", of.name)
		}
	}
	made.Mount, made.JWTMount = "", ""
}

// usersOf are the users that hosts and bastions are logged in to as, each once.
func usersOf(c *Config) []string {
	var users []string
	add := func(user string) {
		if user != "" && !slices.Contains(users, user) {
			users = append(users, user)
		}
	}
	for _, h := range c.Hosts {
		add(h.Address.User)
	}
	for _, hop := range c.Jump {
		add(hop.User)
	}
	return users
}
