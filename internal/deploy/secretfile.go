package deploy

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
)

// SecretSum is the SHA-256 of what a secret file holds. It is compared, and never shown: a short secret can be guessed by it.
type SecretSum struct{ sum [sha256.Size]byte }

// SecretSumOf is the hash of a content.
func SecretSumOf(content string) SecretSum { return SecretSum{sha256.Sum256([]byte(content))} }

// ParseSecretSum reads a hash of 64 hexadecimal digits.
func ParseSecretSum(text string) (s SecretSum, ok bool) {
	sum, err := hex.DecodeString(text)
	return s, err == nil && copy(s.sum[:], sum) == len(s.sum) && len(sum) == len(s.sum)
}

// Reveal is the hash in hexadecimal digits, for the host that compares it.
func (s SecretSum) Reveal() string { return hex.EncodeToString(s.sum[:]) }

// String hides the hash.
func (SecretSum) String() string { return "***" }

// GoString hides the hash.
func (SecretSum) GoString() string { return "***" }

// SecretSums are the secret files of a release, by path.
type SecretSums map[string]SecretSum

// SecretChanges is how secret files differ from those of the release that is live, by their paths: of what they hold nothing is said.
type SecretChanges struct {
	Hosts     []string // on which it is so
	Changed   []string // also those that are new
	Unchanged []string
	Removed   []string // the live release has them
	Unknown   []string // nobody gave their secrets
}

// None reports whether neither release has secret files.
func (c SecretChanges) None() bool {
	return len(c.Changed)+len(c.Unchanged)+len(c.Removed)+len(c.Unknown) == 0
}

// Changes reports whether a secret file changes.
func (c SecretChanges) Changes() bool { return len(c.Changed)+len(c.Removed) > 0 }

// Against says how secret files differ from those that are live. unknown are those of which only the paths are known.
func (s SecretSums) Against(live SecretSums, unknown ...string) SecretChanges {
	c := SecretChanges{Unknown: unknown}
	for _, path := range slices.Sorted(maps.Keys(s)) {
		if before, there := live[path]; there && before == s[path] {
			c.Unchanged = append(c.Unchanged, path)
		} else {
			c.Changed = append(c.Changed, path)
		}
	}
	for _, path := range slices.Sorted(maps.Keys(live)) {
		if _, stays := s[path]; !stays && !slices.Contains(unknown, path) {
			c.Removed = append(c.Removed, path)
		}
	}
	return c
}

// AddSecretChanges puts what is so on a host into a list with an entry for each difference; nothing where there are no secret files.
func AddSecretChanges(list []SecretChanges, host string, c SecretChanges) []SecretChanges {
	if c.None() {
		return list
	}
	same := func(o SecretChanges) bool {
		return slices.Equal(o.Changed, c.Changed) && slices.Equal(o.Unchanged, c.Unchanged) &&
			slices.Equal(o.Removed, c.Removed) && slices.Equal(o.Unknown, c.Unknown)
	}
	at := slices.IndexFunc(list, same)
	if at < 0 {
		list, at = append(list, c), len(list)
	}
	list[at].Hosts = append(list[at].Hosts, host)
	return list
}
