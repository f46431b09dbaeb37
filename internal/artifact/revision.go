package artifact

import (
	"archive/tar"
	"strings"

	"github.com/slipway/slipway/internal/artifact/content"
)

// statedRevision is the commit in a global header; "" when there is none in it.
func statedRevision(header *tar.Header) string {
	if header.Typeflag != tar.TypeXGlobalHeader {
		return ""
	}
	if comment := header.PAXRecords[content.RevisionKey]; content.IsCommit(comment) {
		return strings.Clone(comment)
	}
	return ""
}
