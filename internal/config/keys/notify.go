package keys

import "github.com/slipway/slipway/internal/yamlfile"

// Notify is one address that is told how deployments go. Exactly one of the services is given.
type Notify struct {
	Slack      Text   `key:"slack" doc:"Name of the secret that holds the address of an incoming webhook of Slack."`
	Mattermost Text   `key:"mattermost" doc:"The same of Mattermost."`
	Teams      Text   `key:"teams" doc:"Name of the secret that holds the address of a workflow of Microsoft Teams, which takes an Adaptive Card."`
	Discord    Text   `key:"discord" doc:"Name of the secret that holds the address of a webhook of Discord."`
	Webhook    Text   `key:"webhook" doc:"Name of the secret that holds the address of any other receiver, which gets signed JSON. It needs secret, too."`
	Secret     Text   `key:"secret" doc:"Of webhook: name of the secret that is the key of the signature (HMAC-SHA256), at least 16 characters, or whsec_ and base64."`
	On         []Text `key:"on" enum:"start,success,failure,rollback,person" doc:"When. Where it is not given, failure, rollback and person."`

	Node *yamlfile.Node
}

// Services are what can be told, each with the secret that holds its address, in the order of the table.
func (n Notify) Services() map[string]Text {
	return map[string]Text{"slack": n.Slack, "mattermost": n.Mattermost, "teams": n.Teams, "discord": n.Discord, "webhook": n.Webhook}
}
