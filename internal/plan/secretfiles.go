package plan

import "github.com/slipway/slipway/internal/deploy"

// secretChanges is how the secret files that hosts get differ from those of what they run.
func (s *Schedule) secretChanges() (list []deploy.SecretChanges) {
	next, unknown := deploy.SecretSums{}, []string(nil)
	for _, file := range s.SecretFiles {
		if content := s.config.Secrets[file.Secret]; content.IsEmpty() {
			unknown = append(unknown, file.Path)
		} else {
			next[file.Path] = deploy.SecretSumOf(content.Reveal())
		}
	}
	for _, h := range s.ToPrepare() {
		list = deploy.AddSecretChanges(list, h.Name, next.Against(h.Facts.LiveSecrets, unknown...))
	}
	return list
}
