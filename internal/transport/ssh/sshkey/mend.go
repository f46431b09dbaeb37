package sshkey

import (
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"slices"
	"strings"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/lazyregexp"
)

// privateKeyMark stands in every private key, and in nothing that pins a host.
const privateKeyMark = "PRIVATE KEY-----"

// IsPrivate reports whether a text holds a private key, or a part of one: nothing of it may be said.
func IsPrivate(text string) bool { return strings.Contains(text, privateKeyMark) }

// keyText is the one private key in what people give, as its own tools would have written it; or what is wrong with that.
func keyText(given string) (string, *deploy.Problem) {
	text := mend(given)
	if inside, ok := unwrap(text); ok {
		text = mend(inside)
	}
	found := keyBlocks(text)
	switch {
	case len(found) == 1:
		if problem := diagnose(found[0]); problem != nil {
			return "", problem
		}
		return found[0], nil
	case len(found) > 1:
		problem := keyProblem(fmt.Sprintf("there are %d private keys in it", len(found)), "give the one to log in with, alone")
		return "", &problem
	}
	if problem := diagnose(text); problem != nil {
		return "", problem
	}
	return text, nil
}

// pemBlock is a block of PEM. Its end is the one of its own kind.
var pemBlock = lazyregexp.New(`(?s)-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END ([A-Z0-9 ]+)-----`)

// keyBlocks are the private keys in a text, each once. What openssl writes in front of an EC key, its parameters, is left out,
// as are public keys, certificates and notes.
func keyBlocks(text string) []string {
	var found []string
	for _, match := range pemBlock.FindAllStringSubmatch(text, -1) {
		block := match[0] + "\n"
		if strings.HasSuffix(match[1], "PRIVATE KEY") && !slices.Contains(found, block) {
			found = append(found, block)
		}
	}
	return found
}

// mend undoes what copying does to a key: line ends, spaces, quotes, newlines written out or lost.
func mend(text string) string {
	text = strings.TrimPrefix(text, "\ufeff")
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u00a0", " ", "\u200b", "").Replace(text)
	text = strings.TrimSpace(text)
	if strings.Contains(text, "-----BEGIN ") {
		text = strings.Trim(text, `"'`+"`")
		text = strings.NewReplacer(`\\r\\n`, "\n", `\\n`, "\n", `\r\n`, "\n", `\n`, "\n", `\r`, "\n").Replace(text)
	}
	text = pemBlock.ReplaceAllStringFunc(text, func(block string) string {
		match := pemBlock.FindStringSubmatch(block)
		return "-----BEGIN " + match[1] + "-----\n" + mendBody(match[2]) + "\n-----END " + match[3] + "-----"
	})
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimSpace(line)
	}
	return strings.Join(lines, "\n") + "\n"
}

// mendBody mends what stands between the first line of a block and its last.
func mendBody(body string) string {
	if !strings.Contains(body, ":") {
		// It is base64 alone: wherever its spaces and line ends are, they can be put right.
		return strings.Join(strings.Fields(body), "\n")
	}
	// In front of it stand headers, of an older encrypted key: they need their lines, and an empty one behind them.
	var headers, data []string
	for _, line := range strings.Split(strings.TrimSpace(body), "\n") {
		switch line = strings.TrimSpace(line); {
		case strings.Contains(line, ":"):
			headers = append(headers, line)
		case line != "":
			data = append(data, line)
		}
	}
	return strings.Join(headers, "\n") + "\n\n" + strings.Join(data, "\n")
}

// unwrap gives what stands in a text that is base64 of a key as a whole: some CIs mask a secret only on one line.
func unwrap(text string) (inside string, ok bool) {
	if strings.Contains(text, "-----BEGIN ") {
		return "", false
	}
	packed := strings.NewReplacer("-", "+", "_", "/", `"`, "", "'", "", "=", "", `\n`, "").Replace(strings.Join(strings.Fields(text), ""))
	decoded, err := base64.RawStdEncoding.DecodeString(packed)
	if err != nil {
		return "", false
	}
	inside = string(decoded)
	return inside, strings.Contains(inside, "-----BEGIN ") || strings.HasPrefix(inside, "PuTTY-User-Key-File")
}

// isPEM reports whether text holds a whole PEM block.
func isPEM(text string) bool {
	block, _ := pem.Decode([]byte(text))
	return block != nil
}
