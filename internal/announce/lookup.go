package announce

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/github"
)

// lookup finds out which merges a deployment ships.
type lookup struct{ client *github.Client }

// Bounds on what is asked.
const (
	mostAsked = 100 // commits of which it is asked which pull requests brought them
	mostPulls = 50
	atOnce    = 5 // calls
)

// shipped compares what a deployment replaces with what it brings.
func (l lookup) shipped(ctx context.Context, h deploy.Header) deploy.Shipped {
	of := deploy.Shipped{From: h.Replaced.Commit, To: h.Revision, First: h.Replaced.Release == ""}
	switch {
	case !someCommit.MatchString(of.To):
		of.Unknown = "nothing records what the release was built of"
	case of.First && wholeCommit.MatchString(of.To):
		of.In = l.brought(ctx, github.Ahead{Commits: []github.Commit{{SHA: of.To}}})
	case of.First:
	case !someCommit.MatchString(of.From):
		of.Unknown = fmt.Sprintf("nothing records what %s was built of", h.Replaced.Release)
	case strings.HasPrefix(of.From, of.To) || strings.HasPrefix(of.To, of.From):
	default:
		of.Unknown = l.between(ctx, &of)
	}
	return of
}

// between completes what lies between the two commits; it gives the reason why it is not known.
func (l lookup) between(ctx context.Context, of *deploy.Shipped) (unknown string) {
	in, err := l.client.Ahead(ctx, of.From, of.To)
	if err == nil {
		of.In = l.brought(ctx, in)
	}
	if err == nil && in.Missing > 0 {
		var out github.Ahead
		if out, err = l.client.Ahead(ctx, of.To, of.From); err == nil {
			of.Out = l.brought(ctx, out)
		}
	}
	if err != nil {
		return because(err)
	}
	return ""
}

// brought are the pull requests that brought commits.
func (l lookup) brought(ctx context.Context, of github.Ahead) deploy.Merges {
	m, places, asked := deploy.Merges{Commits: of.Count}, map[int]int{}, 0
	for part := range slices.Chunk(order(of.Commits), atOnce) {
		if asked >= mostAsked || len(places) >= mostPulls {
			break
		}
		found, err := l.pulls(ctx, of.Commits, part)
		if err != nil && asked == 0 {
			m.Unknown = because(err)
		}
		if err != nil {
			break
		}
		asked += len(part)
		for i, pulls := range found {
			if len(pulls) == 0 {
				m.Alone++
			}
			for _, pull := range pulls {
				if at, known := places[pull.Number]; !known || part[i] < at {
					places[pull.Number] = part[i]
				}
				if !slices.ContainsFunc(m.Pulls, func(p deploy.Pull) bool { return p.Number == pull.Number }) {
					m.Pulls = append(m.Pulls, deploy.Pull{Number: pull.Number, Title: pull.Title, Author: pull.Author, URL: pull.URL})
				}
			}
		}
	}
	slices.SortStableFunc(m.Pulls, func(a, b deploy.Pull) int { return places[a.Number] - places[b.Number] })
	m.Pulls = m.Pulls[:min(len(m.Pulls), mostPulls)]
	m.Unread = max(0, of.Count-asked)
	return m
}

// pulls are the pull requests of some of the commits, in their order.
func (l lookup) pulls(ctx context.Context, commits []github.Commit, places []int) ([][]github.Pull, error) {
	found := make([][]github.Pull, len(places))
	group, ctx := errgroup.WithContext(ctx)
	for i, place := range places {
		group.Go(func() (err error) {
			found[i], err = l.client.MergedBy(ctx, commits[place].SHA)
			return err
		})
	}
	return found, group.Wait()
}

// order is in which order commits are asked about: first those that the branch itself got, one by one, and those that merged something;
// then what they brought. Both with the newest first.
func order(commits []github.Commit) (places []int) {
	if len(commits) == 0 {
		return nil
	}
	at := map[string]int{}
	for i, commit := range commits {
		at[commit.SHA] = i
	}
	first := map[int]bool{}
	for i, in := 0, true; in && !first[i]; {
		first[i] = true
		before := append(commits[i].Parents, "")[0]
		i, in = at[before]
	}
	for i, commit := range commits {
		if first[i] || len(commit.Parents) > 1 {
			places = append(places, i)
		}
	}
	for i := range commits {
		if !slices.Contains(places, i) {
			places = append(places, i)
		}
	}
	return places
}
