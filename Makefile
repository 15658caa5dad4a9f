SHELL       := bash
.SHELLFLAGS := -euo pipefail -c

# Each module must build by its own go.mod. go.work is for editors, and for
# go run ./examples/... from the root.
export GOWORK := off

# Modules that are linted, built and tested. The lint tools are in one more.
MODULES := . $(patsubst %/go.mod,%,$(wildcard bench/go.mod examples/go.mod interop/go.mod))

LINT     := go tool -modfile=$(CURDIR)/tools/go.mod golangci-lint
FUZZTIME ?= 30s
CHECKS   ?= 2000

.PHONY: help build test race diff polyglot fuzz lint vet fmt docs targets bench cover ci

help: ## list what there is to run
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

build: ## build every module
	@for m in $(MODULES); do (set -x; go -C $$m build -o /dev/null ./...); done

test: ## run the tests of every module
	@for m in $(MODULES); do (set -x; go -C $$m test ./...); done

race: ## run the tests of the library, the server and the clients with the race detector
	@for m in $(filter-out bench,$(MODULES)); do (set -x; go -C $$m test -race ./...); done

diff: ## compare with a real redis-server, CHECKS=2000 sequences a family
	NOOK_REQUIRE_REDIS=1 NOOK_DIFF_CHECKS=$(CHECKS) go test -count=1 -timeout 60m ./internal/differential

polyglot: ## run clients in other languages against cmd/nook and against redis-server
	interop/polyglot/run -server redis
	interop/polyglot/run -server nook

# go test -list prints the targets of a package, then the package itself.
fuzz: ## fuzz every target for FUZZTIME=30s each
	@go test -list '^Fuzz' ./... \
	| awk '/^Fuzz/{f[n++]=$$1} /^ok/{for(i=0;i<n;i++)print $$2,f[i]; n=0}' > $@.list; \
	trap 'rm -f $@.list' EXIT; test -s $@.list; \
	while read -r pkg target; do \
		.ci/fuzz "$$pkg" "$$target" $(FUZZTIME); \
	done < $@.list

lint: ## run golangci-lint on every module (built from source the first time: minutes)
	@for m in $(MODULES); do (set -x; cd $$m; $(LINT) run --allow-parallel-runners ./...); done

vet: ## run go vet on every module
	@for m in $(MODULES); do (set -x; go -C $$m vet ./...); done

fmt: ## format all source
	@$(LINT) fmt

docs: ## write docs/COMMANDS.md
	go generate ./internal/house

targets: ## measure nook against its peers: about 15 minutes on an idle machine
	go -C bench run ./cmd/targets

bench: ## run the Go benchmarks of every module
	@for m in $(MODULES); do (set -x; go -C $$m test -run '^$$' -bench . ./...); done

cover: ## print the coverage of the library, by function, lowest last
	go test -coverpkg=./... -coverprofile=cover.out ./...
	@go tool cover -func=cover.out | sort -k3 -rn

ci: ## run all that must pass before a change lands
	bash .ci/run
