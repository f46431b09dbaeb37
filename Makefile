# The commands that CI runs (.ci/run), one by one. `make` lists them.
# Tools are pinned in .ci/tool, which builds what is missing.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help check verifier test test-scripts test-long fuzz mutations fmt vet lint golangci lint-selftest shellcheck actionlint generate generate-check tidy-check vuln demo sweep sweep-round sweep-all e2e e2e-images e2e-kill e2e-commands e2e-ways e2e-fleet e2e-cookbook bench bench-smoke dist sbom figures coverage scale scale-size

# Every file that is or would be committed.
FILES := git ls-files --cached --others --exclude-standard

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

check: lint generate-check tidy-check test verifier ## what to run before a pull request

# A program with the race detector sleeps a second at its end unless it is told otherwise, and scripts start hundreds. What `go test`
# vets, `make vet` does, too.
test: ## every test but the ones in containers, with the race detector
	CGO_ENABLED=1 GORACE=atexit_sleep_ms=10 go test -race -shuffle=on -vet=off -timeout 40m ./...

# The program that verifies attestations is a module of its own: `./...` does not reach it.
verifier: ## slipway-verify: its tests, and what else is asked of the code
	cd slipway-verify && go vet ./... && go mod tidy -diff && go test -vet=off -shuffle=on -timeout 15m ./...
	tool=$$(.ci/tool golangci-lint) && cd slipway-verify && "$$tool" run --allow-parallel-runners

test-scripts: ## the scripts that use the program in rarer cases, which are not among the tests of `go test ./...`
	go test -tags long -count=1 -timeout 30m -run '^TestLongScripts$$' ./internal/app

test-long: ## the tests behind the tag long: many hosts, real servers in quantity, certification
	.ci/long

# FUZZTIME=10m for longer; TARGETS=internal/config.FuzzLoad for one.
FUZZTIME ?= 1m
fuzz: ## a minute of fuzzing for each target, and how many inputs each has tried
	FUZZTIME=$(FUZZTIME) .ci/fuzz $(TARGETS)

mutations: ## change what a test guards, one line at a time, and see the test fail
	.ci/mutations

fmt: ## format the code as the linter wants it
	tool=$$(.ci/tool golangci-lint) && "$$tool" fmt

lint: vet golangci lint-selftest shellcheck actionlint ## every linter

vet:
	go vet ./...
	go vet -tags e2e,bench,long,cookbook ./...

golangci:
	tool=$$(.ci/tool golangci-lint) && "$$tool" run --allow-parallel-runners

lint-selftest: ## prove that the import rules bite, and that fuzzing finds its targets
	.ci/lint-selftest
	.ci/fuzz-selftest

# Shell that runs on hosts is embedded from internal/ and has no #! line; the rest says itself what it is written for.
shellcheck:
	$(FILES) -z -- 'internal/**.sh' | xargs -0 -r shellcheck -s sh
	@# A redirection that fails ends a POSIX shell when it is of a special builtin: no `|| handler` is reached. true is none.
	! $(FILES) -z -- 'internal/**.sh' 'internal/cookbook/recipes/**.yml' | xargs -0 -r grep -nE '^[^#]*(^|[[:space:](!&|;{]):[[:space:]]+[0-9]*[<>]'
	$(FILES) -z -- ':!*.md' \
		| LC_ALL=C xargs -0 awk 'FNR == 1 { if (/^#!.*[\/ ](ba|da)?sh( |$$)/) print FILENAME; nextfile }' | xargs -r shellcheck

actionlint:
	tool=$$(.ci/tool actionlint) && "$$tool" -color \
		&& $(FILES) -z -- 'examples/**/workflows/*.yml' 'examples/**/*workflow*.yml' 'internal/scaffold/**/workflows/*.yml' | xargs -0 -r "$$tool" -color

generate: ## make what is generated: documentation, schema, action.yml
	go generate ./...

generate-check:
	.ci/fresh go generate ./...

tidy-check:
	go mod tidy -diff

vuln: ## known vulnerabilities in what we call
	.ci/vuln $(VULN_FLAGS)

demo: ## a deployment, a bad one, and a way back, on this machine
	go run . demo

# Prints what the sweep found and how much it tried, and not the hundreds of trials that passed.
SWEEP = log=$$(mktemp) && status=0; $(1) >"$$log" 2>&1 || status=$$?; \
	grep -vE '^(=== (RUN|PAUSE|CONT|NAME)|    --- PASS)' "$$log"; rm -f "$$log"; exit $$status

TRIALS ?= 100
SEED ?=
sweep: ## deployments with several random faults each: make sweep TRIALS=100 SEED=7
	$(call SWEEP,SLIPWAY_SWEEP_RANDOM=$(TRIALS) SLIPWAY_SWEEP_SEED=$(SEED) go test -tags long -v -count=1 -timeout 2h -run TestRandomSweep ./internal/sweep)

sweep-round: ## a fault at every eighth operation of a deployment, others each day; and that the sweep can fail
	$(call SWEEP,SLIPWAY_SWEEP=round go test -tags long -v -count=1 -timeout 20m -run '^TestSweep' ./internal/sweep)

sweep-all: ## a fault at every operation of a deployment, in process and with the real sshd, of a rollback, of a promotion, of a shard, and of a deployment that is undone
	$(call SWEEP,SLIPWAY_SWEEP=all go test -tags long -v -count=1 -timeout 50m -run '^TestSweep(OpenSSH|Rollback|Promote|Shard|Undo)?$$' ./internal/sweep)

scale: ## deployments to 200 hosts, which are a process of their own: memory, connections, every host's outcome
	SLIPWAY_SCALE=1 go test -tags long -count=1 -timeout 15m -v -run 'TestFleet$$' ./internal/app

# 100 GB go through SSH, and are decoded: a machine of two cores is busy for some minutes, and needs them for itself.
scale-size: ## 500 MB for each of 200 hosts, then what each lacks, with slow hosts among them: memory, bytes, what is made
	SLIPWAY_SCALE=1 go test -tags long -count=1 -timeout 60m -v -run 'TestFleetSize$$' ./internal/app

e2e: ## the built image against hosts in containers; needs Docker
	go test -tags e2e -count=1 -parallel 4 -timeout 40m ./e2e/...

e2e-images: ## the images that it needs, which stay
	go test -tags e2e -count=1 -timeout 30m -run '^TestImages$$' ./e2e

e2e-kill: ## the same, and deployments that are killed, cancelled, cut off, and lose hosts
	SLIPWAY_E2E_KILL=1 go test -tags e2e -count=1 -parallel 1 -timeout 60m ./e2e/...

e2e-commands: ## each command on a fleet, as an action and as typed, its bad cases too
	SLIPWAY_E2E_COMMANDS=all go test -tags e2e -v -count=1 -timeout 20m -run 'TestEndToEnd/^commands$$' ./e2e

e2e-ways: ## every workflow of the Django example under a real runner, with an API that is strict
	SLIPWAY_E2E_WAYS=1 go test -tags e2e -count=1 -timeout 30m -run '^TestEndToEnd$$/^ways$$' ./e2e

# SYSTEM=twenty-apps for one of the systems of examples/ alone.
SYSTEM ?= all
e2e-cookbook: ## every recipe with the real software, and the systems of examples/ on hosts in containers
	.ci/packages cookbook
	go test -tags cookbook -count=1 -timeout 30m ./internal/cookbook/...
	SLIPWAY_E2E_COOKBOOK=$(SYSTEM) go test -tags e2e -v -count=1 -timeout 40m -run 'TestEndToEnd/^cookbook$$' ./e2e

# COUNT=10 repeats it, up to the first failure. What each load came to is added to $SLIPWAY_E2E_REPORTS/fleet/numbers.txt.
COUNT ?= 1
e2e-fleet: ## deployments under a constant load, hosts that are lost in their middle too: make e2e-fleet COUNT=10
	SLIPWAY_E2E_FLEET=all go test -tags e2e -v -failfast -parallel 6 -count=$(COUNT) -timeout $$((60 * $(COUNT)))m -run TestFleet ./e2e

# ROUNDS=9 measures more, where BENCH_FLAGS='-budget 2h' lets it; the other flags are in bench/bench_test.go.
ROUNDS ?= 5
bench: ## whole deployments against other tools, an hour; then fleets, the Go benchmarks, memory at 1 GiB; needs Debian's packages and sshd
	.ci/packages bench
	go test -tags bench -count=1 -timeout 5h -v -run TestDeployments ./bench -rounds $(ROUNDS) -write ../docs $(BENCH_FLAGS)
	go test -tags bench -count=1 -timeout 60m -v -run TestFleets ./bench $(BENCH_FLAGS)
	go test -run '^$$' -bench . -benchmem $$($(BENCHMARKED))
	SLIPWAY_BENCH=1 go test -count=1 -timeout 30m -v -run TestMemoryIsFlat ./internal/artifact

# The packages that have benchmarks: all the others need not be compiled.
BENCHMARKED := grep -rlE '^func Benchmark' --include='*_test.go' internal | sed -E 's|(.*)/.*|./\1|' | sort -u

bench-smoke: ## whether the benchmarks still work: each once, small
	go test -tags bench -count=1 -timeout 10m -v ./bench -smoke
	go test -vet=off -run '^$$' -bench . -benchtime 1x -timeout 10m $$($(BENCHMARKED))
	go test -count=1 -run TestMemoryIsFlat ./internal/artifact

# Everything is as in the Dockerfile, without HTTP/2 too, and `make figures` compares. The same commit gives the same bytes anywhere: no
# paths, no build ID, nothing of the state of a checkout.
# Our own code is not inlined (-l), 0.6 MB, but for the packages that every byte of an artifact or of a log goes through.
OURS := github.com/slipway/slipway/internal
SMALL := $(OURS)/...=-l $(OURS)/artifact/...= $(OURS)/secret= $(OURS)/transport/...=
VERSION ?= dev
PLATFORMS ?= linux/amd64 linux/arm64 darwin/amd64 darwin/arm64
dist: ## binaries for every platform, with checksums: make dist VERSION=v1.2.3
	rm -rf dist && mkdir dist
	for platform in $(PLATFORMS); do \
		GOOS=$${platform%/*} GOARCH=$${platform#*/} CGO_ENABLED=0 go build -trimpath -buildvcs=false -tags nethttpomithttp2 \
			$(foreach flag,$(SMALL),-gcflags $(flag)) \
			-ldflags "-s -w -buildid= -X github.com/slipway/slipway/internal/app.buildVersion=$(VERSION:v%=%)" \
			-o "dist/slipway_$${platform%/*}_$${platform#*/}" . || exit 1; \
		(cd slipway-verify && GOOS=$${platform%/*} GOARCH=$${platform#*/} CGO_ENABLED=0 go build -trimpath -buildvcs=false \
			-ldflags "-s -w -buildid= -X main.version=$(VERSION:v%=%)" \
			-o "../dist/slipway-verify_$${platform%/*}_$${platform#*/}" .) || exit 1; \
	done
	cd dist && sha256sum slipway_* slipway-verify_* >SHA256SUMS

# Read from the binaries themselves. The time is left out, so that they are the same whenever they are made.
sbom: dist ## everything a release attaches: the binaries, what each was built of (CycloneDX), checksums
	tool=$$(.ci/tool cyclonedx-gomod) && cd dist && for program in slipway_*_*64 slipway-verify_*_*64; do \
		"$$tool" bin -json -std -noserial -version "$(VERSION)" -output timed.json "$$program" \
			&& grep -v '^    "timestamp": ' timed.json >"$$program.cdx.json" && rm timed.json || exit 1; \
	done
	cd dist && sha256sum slipway_* slipway-verify_* >SHA256SUMS

figures: ## the image's size, how long a start takes, and whether two builds are the same bytes; needs Docker
	.ci/figures

# Without the race detector and with coverage of each package by its own tests: anything else compiles every package once more.
coverage: ## how much of each package its own tests reach
	go test -vet=off -timeout 40m -cover -coverprofile=coverage.out ./...
	@go tool cover -func=coverage.out | awk '$$1 == "total:" { print "coverage: " $$NF " of the statements" }'
