package artifact

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/slipway/slipway/internal/artifact/content"
)

// tree is what the first pass found.
type tree struct {
	members content.List        // in the order of the archive, folders that were added before what needs them
	copies  map[string][]string // paths of hard links, by the path of the file that they are
	seen    int                 // members of the archive, those that strip_components drops included
	deepest string              // a name that strip_components dropped, for the message when it dropped everything
	dropped []string            // files that it dropped, the first few of them
	drops   int                 // how many those are
	strip   int
	allowed []string // targets of links that lead out of the release by permission
	noticed content.Noticed
	shape   shape
}

// rewriter is one pass over the archive, from its members to plain members of the payload.
type rewriter struct {
	tree
	ctx   context.Context
	in    *stream
	out   *payloadWriter
	dirs  map[string]uint32 // folders written, and where they are among the members
	files map[string]uint32 // files and links by path, hard links as what they link to; only kept once there is a hard link
	buf   []byte
}

// rewrite reads all members and writes them to the payload, but for the contents of hard links.
func rewrite(ctx context.Context, in *stream, out *payloadWriter, opts Options) (*tree, error) {
	w := &rewriter{tree: tree{strip: opts.StripComponents, allowed: opts.AllowLinks}, ctx: ctx, in: in, out: out, dirs: map[string]uint32{}, buf: make([]byte, copyBuffer)}
	if err := out.dir(".", content.ImpliedDirMode); err != nil {
		return nil, err
	}
	for {
		header, err := in.next()
		if errors.Is(err, io.EOF) {
			return &w.tree, nil
		}
		if err != nil {
			return nil, err
		}
		if err := w.add(header); err != nil {
			return nil, err
		}
	}
}

// isMember is false for what an archive says about itself: git archive's commit, and the label of tar -V.
func isMember(header *tar.Header) bool {
	return header.Typeflag != tar.TypeXGlobalHeader && header.Typeflag != 'V'
}

func (w *rewriter) add(header *tar.Header) error {
	if !isMember(header) {
		return nil
	}
	w.seen++
	clean, err := content.CleanName(header.Name)
	if err != nil {
		return err
	}
	w.shape.look(header, clean)
	name := strings.Clone(stripped(clean, w.strip)) // a name can be a piece of a much larger header
	if name == "" && clean != "." {
		w.deepest = header.Name
		if header.Typeflag == tar.TypeReg {
			w.drops++
			if len(w.dropped) < 3 {
				w.dropped = append(w.dropped, strings.Clone(clean))
			}
		}
		return w.skip()
	}
	kind, err := kindOf(header)
	if err != nil {
		return err
	}
	if name == "" {
		if kind != content.Dir {
			return content.Refuse(content.HintRename, "member %s is %s with the name of the release itself", content.Quote(header.Name), kind)
		}
		return nil
	}
	if kind == content.Dir {
		return w.dir(name, dirMode(header.Mode))
	}
	if err := w.parents(name); err != nil {
		return err
	}
	switch {
	case header.Typeflag == tar.TypeLink:
		return w.hardLink(name, header.Linkname)
	case kind == content.Link:
		return w.link(name, header.Linkname)
	}
	return w.file(name, header)
}

// skip reads over a member, so that the stream knows where the next header begins.
func (w *rewriter) skip() error { return copyAll(w.ctx, io.Discard, w.in, w.buf) }

// dir writes a folder with the mode that the archive gives it. Where the folder is there already, because of its members or
// because it is listed twice, only the manifest takes the mode: the host goes by that.
func (w *rewriter) dir(name string, mode uint16) error {
	if i, ok := w.dirs[name]; ok {
		w.members.At(i).Mode = mode
		return nil
	}
	if err := w.parents(name); err != nil {
		return err
	}
	w.dirs[name] = uint32(w.members.Len())
	w.members.Add(content.Member{Path: name, Kind: content.Dir, Mode: mode})
	return w.out.dir(name, mode)
}

// parents writes the folders above a member that the archive has not listed so far.
func (w *rewriter) parents(name string) error {
	above := path.Dir(name)
	if _, ok := w.dirs[above]; ok || above == "." {
		return nil
	}
	return w.dir(above, content.ImpliedDirMode)
}

func (w *rewriter) link(name, target string) error {
	if err := content.CheckTarget(name, target, w.allowed); err != nil {
		return err
	}
	target = strings.Clone(target)
	w.found(content.Member{Path: name, Kind: content.Link, Mode: content.LinkMode, Target: target})
	return w.out.link(name, target)
}

func (w *rewriter) file(name string, header *tar.Header) error {
	member := content.Member{Path: name, Kind: content.File, Mode: fileMode(header.Mode), Size: header.Size}
	if err := w.out.file(member); err != nil {
		return err
	}
	var err error
	if member.Hash, err = copyHashed(w.ctx, w.out, w.noticed.Look(member, w.in), w.buf); err != nil {
		return err
	}
	w.found(member)
	return nil
}

// found notes a file or a link.
func (w *rewriter) found(member content.Member) {
	w.members.Add(member)
	if w.files != nil {
		w.index(uint32(w.members.Len() - 1))
	}
}

// hardLink notes a file whose content came earlier. Its content is written after all others: see writeHardLinks.
func (w *rewriter) hardLink(name, target string) error {
	clean, err := content.CleanName(target)
	if err != nil {
		return content.Refuse(content.HintLink, "hard link %s points outside the release, to %s", content.Quote(name), content.Quote(target))
	}
	if w.files == nil {
		w.files = map[string]uint32{}
		w.copies = map[string][]string{}
		for i := range w.members.Len() {
			w.index(uint32(i))
		}
	}
	to := stripped(clean, w.strip)
	i, ok := w.files[to]
	switch {
	case to == "":
		return content.Refuse("lower strip_components, or build the tarball with --hard-dereference",
			"hard link %s is to %s, which strip_components %d drops", content.Quote(name), content.Quote(target), w.strip)
	case !ok:
		return content.Refuse("build the tarball anew, or with tar --hard-dereference", "hard link %s is to %s, which is no file that comes before it", content.Quote(name), content.Quote(target))
	}
	member := *w.members.At(i)
	if member.Kind == content.Link { // two names of one link, as GNU tar writes them: a link of its own
		return w.link(name, member.Target)
	}
	if err := w.in.budget.spend(name, member.Size); err != nil {
		return err
	}
	w.copies[member.Path] = append(w.copies[member.Path], name)
	member.Path = name
	w.members.Add(member)
	w.files[name] = i
	return nil
}

func (w *rewriter) index(i uint32) {
	if member := w.members.At(i); member.Kind != content.Dir {
		w.files[member.Path] = i
	}
}

// notes are sentences about what is odd in what was found.
func (t *tree) notes(manifest content.Manifest) []string {
	notes := t.noticed.Notes(manifest)
	if t.drops > 0 {
		notes = append(notes, fmt.Sprintf("strip_components %d leaves out what lies in fewer folders: %d of the artifact's files, %s among them", t.strip, t.drops, content.Examples(t.dropped)))
	}
	return notes
}

// manifest is what was found, if it is good as a whole.
func (t *tree) manifest() (content.Manifest, error) {
	switch {
	case t.seen == 0:
		return content.Manifest{}, content.Refuse("look at what the build put into it", "the archive is empty: it has no members")
	case t.members.Len() == 0 && t.strip > 0 && t.deepest != "":
		return content.Manifest{}, content.Refuse("lower strip_components", "strip_components %d drops every member, %s too", t.strip, content.Quote(t.deepest))
	case t.members.Len() == 0:
		return content.Manifest{}, content.Refuse("look at what the build put into it", "the archive is empty: it has one folder and nothing in it")
	}
	manifest, err := content.NewManifest(t.members, t.allowed)
	if err != nil {
		return content.Manifest{}, err
	}
	return manifest, content.RefuseEmpty(manifest, t.strip)
}

// copyBuffer is how much of a file is moved at once.
const copyBuffer = 128 << 10

// copyHashed copies a file's content and hashes it.
func copyHashed(ctx context.Context, to io.Writer, from io.Reader, buf []byte) (hash [sha256.Size]byte, err error) {
	sum := sha256.New()
	err = copyAll(ctx, io.MultiWriter(sum, to), from, buf)
	sum.Sum(hash[:0])
	return hash, err
}

// copyAll copies to the end. It ends with its context, because a sparse file can be endless without a byte of the artifact
// being read.
func copyAll(ctx context.Context, to io.Writer, from io.Reader, buf []byte) error {
	for {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		n, err := from.Read(buf)
		if _, e := to.Write(buf[:n]); e != nil {
			return e
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
