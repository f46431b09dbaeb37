package artifact

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/slipway/slipway/internal/artifact/content"
)

// A patched delta is the delta once it is decoded against the old contents. What is no patch stands behind, in a frame of its own.
func TestPatched(t *testing.T) {
	t.Parallel()
	texts := map[string]string{}
	for _, name := range []string{"a", "b/c", "added"} {
		var noise strings.Builder
		if _, err := io.Copy(&noise, io.LimitReader(randomBytes(uint64(len(name))), 100_000)); err != nil {
			t.Fatal(err)
		}
		texts[name] = noise.String()
	}
	base := manifestOf(t, file("a", texts["a"]), file("b/c", texts["b/c"]), file("same", "same"), file("moved", texts["a"]+"2"), file("here", "old"))
	next := open(t, saved(t, archive(t,
		file("a", texts["a"]+"!"), file("b/c", "!"+texts["b/c"]), file("same", "same"), file("added", texts["added"]), file("here", texts["a"]+"2"),
	)), 0)
	reuse := content.NewReuse(base, next.Manifest(), nil)
	changed := make([]string, len(reuse.Changed))
	for i, c := range reuse.Changed {
		changed[i] = c.Was
	}
	if !slices.Equal(changed, []string{"a", "b/c"}) {
		t.Fatalf("changed are %q", changed)
	}
	old := content.Old{Paths: changed, Next: changed, Bytes: []byte(texts["a"] + texts["b/c"])}
	delta, err := next.Delta(t.Context(), reuse, Zstd)
	if err != nil {
		t.Fatal(err)
	}
	for _, thorough := range []bool{false, true} {
		patched, err := next.Patched(t.Context(), reuse, old, thorough)
		if err != nil {
			t.Fatal(err)
		}
		if patched.Encoding() != Zstd || patched.Size() > delta.Size()-199_000 {
			t.Errorf("%d bytes in %s, without patches %d", patched.Size(), patched.Encoding(), delta.Size())
		}
		if got, want := unpacked(t, patched, zstd.WithDecoderDictRaw(0, old.Bytes)), unpacked(t, delta); !maps.Equal(got, want) {
			t.Errorf("it holds %d members, wanted %d", len(got), len(want))
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := next.Patched(ctx, reuse, old, false); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled it gives %v", err)
	}
	if err := next.Close(); err != nil {
		t.Error(err)
	}
}

// No more than the largest window is asked of a host, however much a patch has.
func TestPatchedWindow(t *testing.T) {
	t.Parallel()
	for size, want := range map[int]uint64{1: payloadWindow, payloadWindow + 1: 2 * payloadWindow, content.MaxPatched - 1: content.MaxPatched, 9 * content.MaxPatched: content.MaxPatched} {
		var made bytes.Buffer
		out, err := against([]byte("old contents"), size, false)(&made)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := out.Write(make([]byte, payloadWindow+1)); err != nil {
			t.Fatal(err)
		}
		if err := out.Close(); err != nil {
			t.Fatal(err)
		}
		var header zstd.Header
		if err := header.Decode(made.Bytes()); err != nil || header.WindowSize != want {
			t.Errorf("for %d bytes a window of %d, wanted %d: %v", size, header.WindowSize, want, err)
		}
	}
}
