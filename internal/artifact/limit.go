package artifact

import (
	"archive/tar"

	"github.com/slipway/slipway/internal/artifact/content"
	"github.com/slipway/slipway/internal/deploy"
)

// budget is what an archive may still unpack to. It is spent by what headers say, before a byte of a member is read: a
// sparse file of a few bytes can say that it has 2^62.
type budget struct {
	most    int64 // bytes
	spent   int64
	members int
}

// take spends what a member of the archive will need, also where strip_components drops it: it is read all the same.
func (b *budget) take(header *tar.Header) error {
	if b.members++; b.members > content.MaxMembers {
		return content.Refuse("leave out what the site does not need: "+content.IgnoreFile+" of `slipway pack`", "it has more than %d members", content.MaxMembers)
	}
	return b.spend(header.Name, header.Size)
}

// spend takes the bytes of a file.
func (b *budget) spend(name string, size int64) error {
	if size < 0 || size > b.most-b.spent {
		return content.Refuse("if it is meant to be so large, raise `max_size`; else look for sparse files, databases and logs in it",
			"it unpacks to more than %s: member %s has %s", deploy.Size(b.most), content.Quote(name), deploy.Size(size))
	}
	b.spent += size
	return nil
}
