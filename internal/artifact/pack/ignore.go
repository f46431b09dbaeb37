package pack

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/moby/patternmatcher"

	"github.com/slipway/slipway/internal/artifact/content"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/lazyregexp"
)

// always comes before the first line of the ignore file, which may take it back with `!.git`.
var always = []string{".git"}

// ignoreRules are the rules of an ignore file. As with git, the last rule that matches decides, and what lies in a folder
// that is left out cannot be taken back.
type ignoreRules []ignoreRule

type ignoreRule struct {
	matcher *patternmatcher.PatternMatcher
	parent  patternmatcher.MatchInfo // see unmatchedParent
	keep    bool                     // `!`: take back
	dirOnly bool                     // trailing slash
}

// readIgnoreRules reads the ignore file of a folder, which need not exist.
func readIgnoreRules(dir string) (ignoreRules, error) {
	text, err := os.ReadFile(filepath.Join(dir, content.IgnoreFile))
	if err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	return parseIgnore(string(text))
}

// parseIgnore reads the text of an ignore file. Its errors are deploy.Problems.
func parseIgnore(text string) (ignoreRules, error) {
	var rules ignoreRules
	for _, line := range always {
		var err error
		if rules, err = rules.with(line); err != nil {
			return nil, err
		}
	}
	var problems deploy.Problems
	for i, line := range strings.Split(strings.TrimPrefix(text, "\ufeff"), "\n") {
		next, err := rules.with(strings.TrimSuffix(line, "\r"))
		if err != nil {
			problems = append(problems, deploy.Problem{
				At:      deploy.Position{File: content.IgnoreFile, Line: i + 1},
				Message: fmt.Sprintf("%s is no pattern: %v", content.Quote(line), err),
				Hint:    "write it as in .gitignore; a backslash makes the character after it plain",
			})
			continue
		}
		rules = next
	}
	if problems != nil {
		return nil, problems
	}
	return rules, nil
}

var (
	negatedClass = lazyregexp.New(`\[!`)             // [!a] of the shell is [^a] of the matcher
	plainEscape  = lazyregexp.New(`\\([0-9A-Za-z])`) // a letter needs no backslash, and would get a meaning by it
)

// with adds the rule of one line, if there is one in it.
func (rules ignoreRules) with(line string) (ignoreRules, error) {
	if strings.HasPrefix(line, "#") {
		return rules, nil
	}
	pattern := strings.TrimRight(line, " \t")
	var rule ignoreRule
	pattern, rule.keep = strings.CutPrefix(pattern, "!")
	pattern, rule.dirOnly = strings.CutSuffix(pattern, "/")
	anchored := strings.Contains(pattern, "/")
	pattern = strings.TrimPrefix(pattern, "/")
	if pattern == "" {
		return rules, nil
	}
	if !anchored {
		pattern = "**/" + pattern
	}
	pattern = plainEscape.ReplaceAllString(negatedClass.ReplaceAllString(pattern, "[^"), "$1")
	var err error
	if rule.matcher, err = patternmatcher.New([]string{pattern}); err != nil {
		return nil, err
	}
	if rule.parent, err = unmatchedParent(); err != nil {
		return nil, err
	}
	if _, err := rule.matches("a"); err != nil { // patterns are compiled when they are first used
		return nil, err
	}
	return append(rules, rule), nil
}

// matches holds the path against the pattern, and not the folders above it.
func (rule ignoreRule) matches(path string) (bool, error) {
	match, _, err := rule.matcher.MatchesUsingParentResults(path, rule.parent)
	return match, err
}

// unmatchedParent is the result of a folder that its pattern did not match. Given that, a matcher looks at the path alone;
// without it, at the folders above as well, which is not how a later rule of a .gitignore takes back an earlier one.
func unmatchedParent() (patternmatcher.MatchInfo, error) {
	matcher, err := patternmatcher.New([]string{"a"})
	if err != nil {
		return patternmatcher.MatchInfo{}, err
	}
	_, parent, err := matcher.MatchesUsingParentResults("b", patternmatcher.MatchInfo{})
	return parent, err
}

// ignored reports whether a path is left out; the folders above it are not.
func (rules ignoreRules) ignored(path string, isDir bool) bool {
	for i := len(rules) - 1; i >= 0; i-- {
		rule := rules[i]
		if rule.dirOnly && !isDir {
			continue
		}
		if match, err := rule.matches(path); err == nil && match {
			return !rule.keep
		}
	}
	return false
}
