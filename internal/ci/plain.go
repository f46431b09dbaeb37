package ci

import (
	"fmt"
	"io"
	"sync"

	"github.com/slipway/slipway/internal/secret"
)

// plain is a log that nobody reads but people.
type plain struct {
	mu    sync.Mutex
	latch latch
}

// NewPlain makes a log without commands.
func NewPlain(w io.Writer) Log { return &plain{latch: latch{w: w}} }

func (p *plain) Print(line string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, _ = io.WriteString(&p.latch, Clean(line)+"\n")
}

func (p *plain) Mask(secret.Secret)     {}
func (p *plain) Remote(line string)     { p.Print(line) }
func (p *plain) Group(title string)     { p.Print("> " + title) }
func (p *plain) EndGroup()              {}
func (p *plain) Annotate(...Annotation) {}

func (p *plain) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.latch.err != nil {
		return fmt.Errorf("write the log: %w", p.latch.err)
	}
	return nil
}
