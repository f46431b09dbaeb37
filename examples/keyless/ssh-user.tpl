{{- if ne (toString .Token.repository_id) "456789" }}{{ fail "certificates are for repository 456789 alone" }}{{ end }}
{{- if ne (toString .Token.environment) "production" }}{{ fail "certificates are for the environment production alone" }}{{ end }}
{
  "type": "user",
  "keyId": {{ toJson (printf "%s, run %s" .Token.sub (toString .Token.run_id)) }},
  "principals": ["deploy"],
  "extensions": {"permit-port-forwarding": ""},
  "criticalOptions": {}
}
