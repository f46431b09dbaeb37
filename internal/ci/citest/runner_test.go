package citest

import "testing"

// The parser is what other tests rely on to find an injection, so it must find them all.
func TestReadLogFindsCommands(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		in   string
		want string // the data of the one command that is obeyed
	}{
		{"::error::x", "x"},
		{"  \t::error::x", "x"},
		{"\u2003::error::x", "x"},
		{"\u200b::error::x", "x"},
		{"\x01::error::x", "x"},
		{"\ufeff::error::x", "x"},
		{"text\r::error::x", "x"},
		{"text\r\n::ERROR file=a::x%0Ay", "x\ny"},
		{"text ##[error]x", "x"},
		{"text #\u00ad#[error]x%3By", "x;y"},
		{"\xff ##[error]x", "x"},
	} {
		log := ReadLog([]byte(test.in))
		if len(log.Commands) != 1 || log.Commands[0].Name != "error" || log.Commands[0].Data != test.want {
			t.Errorf("%q: %+v", test.in, log)
		}
	}
	for _, text := range []string{"text ::error::x", "::unknown::x", "::error x", "## [error]x", "##[unknown]x", ": :error::x"} {
		if log := ReadLog([]byte(text)); len(log.Commands) != 0 {
			t.Errorf("%q: %+v", text, log)
		}
	}
}

func TestReadLogStopsAndMasks(t *testing.T) {
	t.Parallel()
	log := ReadLog([]byte("::stop-commands::tok\n::error::x\n::TOK::\n::error title=a%2Cb%3Ac::y\n::add-mask::pass%25\nmy pass%\n"))
	if len(log.Ignored) != 1 || len(log.Named("error")) != 1 || log.Stopped {
		t.Errorf("%+v", log)
	}
	if got := log.Named("error")[0].Properties["title"]; got != "a,b:c" {
		t.Errorf("title %q", got)
	}
	if got := log.Lines[len(log.Lines)-1]; got != "my ***" {
		t.Errorf("masked: %q", got)
	}
}

func TestReadFileFindsForgery(t *testing.T) {
	t.Parallel()
	pairs, err := ReadFile([]byte("a<<EOF\nx\nEOF\nforged=1\nb=2\nc<<D\n\nD\n"))
	if err != nil || len(pairs) != 4 || pairs[1] != (Pair{"forged", "1"}) || pairs[3] != (Pair{"c", ""}) {
		t.Errorf("%q %v", pairs, err)
	}
	if _, err := ReadFile([]byte("a<<EOF\nx\n")); err == nil {
		t.Error("no error without a delimiter")
	}
}
