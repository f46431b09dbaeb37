package content

import "github.com/slipway/slipway/internal/lazyregexp"

// RevisionKey is the record of a PAX global header in which git archive writes the commit (git-archive(1), git
// get-tar-commit-id(1)); a packed tarball has it, too.
const RevisionKey = "comment"

var commit = lazyregexp.New(`^([0-9a-f]{40}|[0-9a-f]{64})$`)

// IsCommit reports whether a text is the whole hash of a commit, of SHA-1 or SHA-256.
func IsCommit(text string) bool { return commit.MatchString(text) }
