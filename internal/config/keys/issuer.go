package keys

import "github.com/slipway/slipway/internal/yamlfile"

// Issuer is who signs the certificate to log in with. Exactly one of the issuers is given.
type Issuer struct {
	Vault    Text `key:"vault" doc:"Address of a Vault or OpenBao whose SSH secrets engine signs, like https://vault.example.com:8200. This, step_ca or endpoint."`
	StepCA   Text `key:"step_ca" doc:"Address of a step-ca with a provisioner of type OIDC."`
	Endpoint Text `key:"endpoint" doc:"Address of any other service that takes a public key and gives a certificate as JSON."`

	Role      Text `key:"role" pattern:"^[A-Za-z0-9_][A-Za-z0-9_.-]*$" say:"the name of a role" doc:"Of vault: the role of the SSH secrets engine that signs."`
	Mount     Text `key:"mount" default:"ssh" pattern:"^[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$" say:"a path like ssh" doc:"Of vault: where that engine is mounted."`
	JWTRole   Text `key:"jwt_role" pattern:"^[A-Za-z0-9_][A-Za-z0-9_.-]*$" say:"the name of a role" doc:"Of vault: the role of the JWT auth method to log in with. Where it is not given, role."`
	JWTMount  Text `key:"jwt_mount" default:"jwt" pattern:"^[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$" say:"a path like jwt" doc:"Of vault: where that auth method is mounted."`
	Namespace Text `key:"namespace" pattern:"^[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$" say:"a path like admin/deploy" doc:"Of vault: the namespace of both."`

	Audience   Text     `key:"audience" pattern:"^[!-~]{1,200}$" say:"an audience: up to 200 characters without spaces" doc:"For whom the job's token is. Where it is not given, the issuer's address. For step_ca the provisioner's clientID."`
	Principals []Text   `key:"principals" pattern:"^[A-Za-z0-9_.@][A-Za-z0-9_.@:/+-]*$" say:"names" doc:"Names that the certificate is asked for. Where they are not given, the users of the hosts and bastions. For step_ca its template has the last word."`
	TTL        Duration `key:"ttl" min:"1m" max:"24h" doc:"How long the certificate is asked to be valid. Where it is not given, as long as the issuer says. It is renewed when it is needed for longer."`
	CA         Text     `key:"ca" doc:"Whom to trust with the issuer's own certificate, in the place of the usual authorities: the path of a PEM file, relative to the deploy file, or its text."`
	TokenEnv   Text     `key:"token_env" pattern:"^[A-Za-z_][A-Za-z0-9_]*$" say:"the name of a variable" doc:"Name of the variable that holds the job's token, like one of id_tokens in GitLab. Where neither it nor token_file is given, the CI is asked for a token: GitHub and Forgejo Actions have an answer."`
	TokenFile  Text     `key:"token_file" doc:"Absolute path of a file that holds the job's token, which is read anew for each certificate."`

	Node *yamlfile.Node
}
