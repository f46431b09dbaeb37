// Package ask puts the questions of package policy to GitHub's API.
//
// It must not know what an answer means.
package ask

import (
	"context"
	"errors"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/github"
	"github.com/slipway/slipway/internal/policy"
)

// Asker asks about one repository. A client that is nil cannot be asked, and Why says why not.
type Asker struct {
	Repository *github.Client // with the token of the job
	Teams      *github.Client // with one that may read who is in a team
	Why        error          // that there is no Repository
	WhyTeams   error          // that there are no Teams
}

// atOnce is how many questions are on their way at the same time.
const atOnce = 4

// Ask asks everything at once. Who is the actor, commit the revision, and checks are the names of those that matter.
func (a Asker) Ask(ctx context.Context, q policy.Questions, who, commit string) policy.Answers {
	answers := policy.Answers{Member: map[string]policy.Answer{}, Contains: map[string]policy.Answer{}}
	var mu sync.Mutex
	var group errgroup.Group
	group.SetLimit(atOnce)
	ask := func(question func() func()) {
		group.Go(func() error {
			keep := question()
			mu.Lock()
			defer mu.Unlock()
			keep()
			return nil
		})
	}
	for _, team := range q.Teams {
		ask(func() func() {
			yes, err := a.inTeam(ctx, team, who)
			return func() { answers.Member[team] = policy.Answer{Yes: yes, Err: err} }
		})
	}
	for _, branch := range q.Branches {
		ask(func() func() {
			yes, err := a.contains(ctx, branch, commit)
			return func() { answers.Contains[branch] = policy.Answer{Yes: yes, Err: err} }
		})
	}
	for _, of := range a.checks(ctx, q.Checks, commit) {
		ask(func() func() {
			found, err := of()
			return func() {
				answers.Checks, answers.ChecksBy = append(answers.Checks, found...), errors.Join(answers.ChecksBy, err)
			}
		})
	}
	_ = group.Wait()
	return answers
}

func (a Asker) inTeam(ctx context.Context, team, who string) (bool, error) {
	if a.Teams == nil {
		return false, a.WhyTeams
	}
	organisation, name, _ := strings.Cut(team, "/")
	return a.Teams.InTeam(ctx, organisation, name, who)
}

func (a Asker) contains(ctx context.Context, branch, commit string) (bool, error) {
	if a.Repository == nil {
		return false, a.Why
	}
	return a.Repository.Contains(ctx, "refs/heads/"+branch, commit)
}

// checks are the questions about checks: the check runs of each name, and all statuses.
func (a Asker) checks(ctx context.Context, names []string, commit string) (questions []func() ([]policy.Check, error)) {
	add := func(list func() ([]github.Check, error)) {
		questions = append(questions, func() ([]policy.Check, error) {
			if a.Repository == nil {
				return nil, a.Why
			}
			found, err := list()
			checks := make([]policy.Check, len(found))
			for i, c := range found {
				checks[i] = policy.Check(c)
			}
			return checks, err
		})
	}
	if len(names) == 0 {
		return nil
	}
	for _, name := range names {
		add(func() ([]github.Check, error) { return a.Repository.CheckRuns(ctx, commit, name) })
	}
	add(func() ([]github.Check, error) { return a.Repository.Statuses(ctx, commit) })
	return questions
}

// Unable is the reason why nobody can be asked.
func Unable(why, hint string) error {
	return &deploy.Error{Cause: errors.New(why), Hint: hint}
}
