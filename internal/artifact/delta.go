package artifact

import (
	"archive/tar"
	"context"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/slipway/slipway/internal/artifact/content"
)

// delta is a payload for hosts that have a part of the content already.
type delta struct {
	*Payload
	of *content.Reuse // nil: it has the manifest alone
}

// Delta is a payload of what a host lacks that has another release (docs/packages.md, Shared formats). It is made once for each reuse, by
// its address, and encoding, like Payload.
func (a *Artifact) Delta(ctx context.Context, reuse *content.Reuse, encoding string) (*Payload, error) {
	return a.once(ctx, reuse, encoding)
}

// Listing is a payload of the manifest alone, for a host that gets the members elsewhere. It is made once for each encoding.
func (a *Artifact) Listing(ctx context.Context, encoding string) (*Payload, error) {
	return a.once(ctx, nil, encoding)
}

func (a *Artifact) once(ctx context.Context, reuse *content.Reuse, encoding string) (*Payload, error) {
	compress, known := map[string]compressor{Zstd: toZstd, Gzip: toGzip}[encoding]
	if !known {
		return nil, fmt.Errorf("unknown payload encoding %q", encoding)
	}
	leave, err := a.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	if i := slices.IndexFunc(a.deltas, func(d delta) bool { return d.of == reuse && d.encoding == encoding }); i >= 0 {
		return a.deltas[i].Payload, nil
	}
	out, err := newPayloadWriter(a.store, encoding, compress)
	if err != nil {
		return nil, err
	}
	var made *Payload
	if reuse != nil {
		made, err = a.writeDelta(ctx, out, reuse, nil)
	} else if err = out.writeManifest(a.manifest, a.content); err == nil {
		made, err = out.finish()
	}
	if err != nil {
		out.discard()
		return nil, err
	}
	a.deltas = append(a.deltas, delta{made, reuse})
	return made, nil
}

// writeDelta writes a delta. What patched has, when it has something, comes first, before a new frame of zstd.
func (a *Artifact) writeDelta(ctx context.Context, out *payloadWriter, reuse *content.Reuse, patched map[string]bool) (*Payload, error) {
	if err := out.dir(".", content.ImpliedDirMode); err != nil {
		return nil, err
	}
	sent := reuse.Sent
	if len(patched) > 0 {
		if err := a.writeSent(ctx, out, patched); err != nil {
			return nil, err
		}
		if err := out.next(toZstd); err != nil {
			return nil, err
		}
		sent = maps.Clone(sent)
		maps.DeleteFunc(sent, func(path string, _ bool) bool { return patched[path] })
	}
	if err := a.writeSent(ctx, out, sent); err != nil {
		return nil, err
	}
	files := []payloadFile{{"delta/moved", writeMoves(reuse.Moved)}}
	if base := reuse.Base; base == nil {
		files = append(files, manifestFiles(a.manifest)...)
	} else {
		files = append(files,
			payloadFile{"delta/entries", a.manifest.WriteEntriesPatch(*base)},
			payloadFile{"delta/sha256", a.manifest.WriteSHA256Patch(*base)},
			payloadFile{"delta/sums", a.manifest.WriteSums},
		)
	}
	if err := out.writeFiles(append(files, contentFile(a.content))); err != nil {
		return nil, err
	}
	return out.finish()
}

// writeSent writes members of the payload to another, with the folders that they lie in.
func (a *Artifact) writeSent(ctx context.Context, out *payloadWriter, sent map[string]bool) error {
	folders := map[string]bool{}
	for name := range sent {
		for above := path.Dir(name); above != "." && !folders[above]; above = path.Dir(above) {
			folders[above] = true
		}
	}
	buf, left := make([]byte, copyBuffer), len(sent)
	if left == 0 {
		return nil
	}
	return a.eachMember(ctx, func(name string, header *tar.Header, in io.Reader) (more bool, err error) {
		switch {
		case header.Typeflag == tar.TypeDir && folders[name]:
			return true, out.dir(name, uint16(header.Mode))
		case !sent[name]:
			return left > 0, nil
		case header.Typeflag == tar.TypeSymlink:
			err = out.link(name, header.Linkname)
		default:
			member, _ := a.manifest.Find(name)
			if err = out.file(member); err == nil {
				err = copyAll(ctx, out, in, buf)
			}
		}
		left--
		return left > 0, err
	})
}

func writeMoves(moves []content.Move) func(io.Writer) error {
	return func(w io.Writer) error {
		var lines strings.Builder
		for _, m := range moves {
			fmt.Fprintf(&lines, "./%s\t./%s\n", m.From, m.To)
		}
		_, err := io.WriteString(w, lines.String())
		return err
	}
}
