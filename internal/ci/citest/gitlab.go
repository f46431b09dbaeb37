package citest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"github.com/slipway/slipway/internal/lazyregexp"
)

// Section is a part of a job's log that folds.
type Section struct {
	Name, Title string
	Collapsed   bool
	Lines       []string
}

// GitLabLog is what GitLab makes of a job's output.
type GitLabLog struct {
	Sections []Section
	Lines    []string // what people see when everything is unfolded, titles among it
	Outside  []string // those of them that are in no section
}

// gitlabMarker is Gitlab::Regex.build_trace_section_regex of lib/gitlab/regex.rb: it counts anywhere in the output.
var gitlabMarker = lazyregexp.New(`section_(start|end):(\d+):([a-zA-Z0-9_.-]+)(\[\w+=\w+(?:, ?\w+=\w+)*\])?\r\x1b\[0K`)

// ReadGitLab reads the output of a job. Its error is a section that ends and was not open, one within another, or one that is not closed.
func ReadGitLab(output []byte) (GitLabLog, error) {
	var log GitLabLog
	var open *Section
	for line := range strings.Lines(string(output)) {
		line = strings.TrimSuffix(line, "\n")
		shown := line
		for _, marker := range gitlabMarker.FindAllStringSubmatch(line, -1) {
			shown = strings.ReplaceAll(shown, marker[0], "")
			switch {
			case marker[1] == "start" && open != nil:
				return log, fmt.Errorf("section %s begins in %s", marker[3], open.Name)
			case marker[1] == "start":
				open = &Section{Name: marker[3], Collapsed: strings.Contains(marker[4], "collapsed=true")}
			case open == nil || open.Name != marker[3]:
				return log, fmt.Errorf("section %s ends and is not open", marker[3])
			default:
				log.Sections = append(log.Sections, *open)
				open = nil
			}
		}
		shown = strings.ReplaceAll(shown, "\x1b[0K", "")
		switch {
		case shown == "" && shown != line: // a marker alone
			continue
		case open != nil && open.Title == "":
			open.Title = shown
		case open != nil:
			open.Lines = append(open.Lines, shown)
		default:
			log.Outside = append(log.Outside, shown)
		}
		log.Lines = append(log.Lines, shown)
	}
	if open != nil {
		return log, fmt.Errorf("section %s is not closed", open.Name)
	}
	return log, nil
}

// Link is an entry of the annotations report.
type Link struct{ Label, URL string }

// ReadAnnotations reads a file for artifacts:reports:annotations, as app/validators/json_schemas of GitLab has it: sections of entries,
// each one external_link with a label and an absolute URL.
func ReadAnnotations(content []byte) (map[string][]Link, error) {
	var report map[string][]struct {
		Link *struct {
			Label *string `json:"label"`
			URL   *string `json:"url"`
		} `json:"external_link"`
	}
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&report); err != nil {
		return nil, err
	}
	links := map[string][]Link{}
	for section, entries := range report {
		for _, entry := range entries {
			if entry.Link == nil || entry.Link.Label == nil || entry.Link.URL == nil || *entry.Link.Label == "" {
				return nil, fmt.Errorf("%s: an entry without label or url", section)
			}
			if address, err := url.Parse(*entry.Link.URL); err != nil || !address.IsAbs() {
				return nil, fmt.Errorf("%s: %q is no absolute address", section, *entry.Link.URL)
			}
			links[section] = append(links[section], Link{*entry.Link.Label, *entry.Link.URL})
		}
	}
	return links, nil
}

var dotenvLine = lazyregexp.New(`^([A-Za-z0-9_]+)=([^\s"'$\\` + "`" + `]*)$`)

// ReadDotenv reads a file for artifacts:reports:dotenv by the rules of GitLab's documentation: no empty lines, comments, blanks or quotes in
// a value, 5 KiB and 20 variables altogether.
func ReadDotenv(content []byte) (map[string]string, error) {
	if len(content) > 5<<10 {
		return nil, fmt.Errorf("%d bytes", len(content))
	}
	variables := map[string]string{}
	for line := range strings.Lines(string(content)) {
		match := dotenvLine.FindStringSubmatch(strings.TrimSuffix(line, "\n"))
		if match == nil {
			return nil, fmt.Errorf("invalid line %q", line)
		}
		variables[match[1]] = match[2]
	}
	if len(variables) > 20 {
		return nil, fmt.Errorf("%d variables", len(variables))
	}
	return variables, nil
}
