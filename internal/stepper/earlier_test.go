package stepper

import (
	"testing"

	"github.com/slipway/slipway/internal/deploy"
)

func TestDecide(t *testing.T) {
	t.Parallel()
	try := func(number int, change func(*deploy.StepFacts)) deploy.StepFacts {
		facts := deploy.StepFacts{Folder: "migrate-1-apply-it", Try: number, Attempt: number, Fingerprint: "f", Status: "exit 0"}
		if change != nil {
			change(&facts)
		}
		return facts
	}
	ended := func(status string) func(*deploy.StepFacts) { return func(f *deploy.StepFacts) { f.Status = status } }
	changed := func(f *deploy.StepFacts) { f.Fingerprint = "e" }
	step := deploy.Step{Phase: deploy.Migrate, Number: 2, Name: "Apply it", Fingerprint: "f"}
	once, rerun, always := step, step, step
	once.Once = true
	rerun.Once, rerun.Rerun = true, true
	always.Always = true
	for name, test := range map[string]struct {
		step    deploy.Step
		earlier []deploy.StepFacts
		want    verb
		try     int
	}{
		"nothing is recorded":          {step: step},
		"done":                         {step, []deploy.StepFacts{try(1, nil)}, keepIt, 1},
		"done, and is to be each time": {step: always, earlier: []deploy.StepFacts{try(1, nil)}},
		"another step of that phase":   {step: step, earlier: []deploy.StepFacts{try(1, func(f *deploy.StepFacts) { f.Folder = "migrate-2-other" })}},
		"that name in another phase":   {step: step, earlier: []deploy.StepFacts{try(1, func(f *deploy.StepFacts) { f.Folder = "prepare-1-apply-it" })}},
		"done and undone":              {step: step, earlier: []deploy.StepFacts{try(1, func(f *deploy.StepFacts) { f.Void = true })}},
		"its undo is done":             {step: step, earlier: []deploy.StepFacts{try(1, func(f *deploy.StepFacts) { f.Undo = true })}},
		"failed":                       {step: step, earlier: []deploy.StepFacts{try(1, ended("exit 1"))}},
		"failed, then done":            {step, []deploy.StepFacts{try(1, ended("exit 1")), try(2, nil)}, keepIt, 2},
		"its end was not seen":         {step, []deploy.StepFacts{try(1, ended("exit 1")), try(2, ended(""))}, joinIt, 2},
		"its end was not seen, and a person wants it run again": {step: step, earlier: []deploy.StepFacts{try(1, func(f *deploy.StepFacts) { f.Status, f.Void = "", true })}},
		"its end was not seen, at last":                         {step: step, earlier: []deploy.StepFacts{try(1, ended("")), try(2, ended("exit 1"))}},
		"done as another step":                                  {step: step, earlier: []deploy.StepFacts{try(1, changed)}},
		"done once as another step":                             {once, []deploy.StepFacts{try(1, changed)}, refuseIt, 1},
		"once, but it may run again":                            {step: rerun, earlier: []deploy.StepFacts{try(1, changed)}},
	} {
		if got := decide(test.step, test.earlier); got.verb != test.want || got.Try != test.try {
			t.Errorf("%s: verb %d of try %d, want %d of %d", name, got.verb, got.Try, test.want, test.try)
		}
	}
	if attempt, refused := Refused(once, []deploy.StepFacts{try(3, changed)}); !refused || attempt != 3 {
		t.Error(attempt, refused)
	}
}
