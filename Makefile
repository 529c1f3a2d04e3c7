# `make` alone lists the targets. All that is built, run or tested is written to .run/.

GO ?= go
SHELL := /bin/sh
.DEFAULT_GOAL := help

# Where things listen; host:port. See `make help`.
ADDRESSES := KUBERNETES_ADDRESS API_ADDRESS API_METRICS_ADDRESS OPERATOR_METRICS_ADDRESS OPERATOR_HEALTH_ADDRESS ISSUER_ADDRESS PARTNERS_ADDRESS
export $(ADDRESSES)

# Go modules with tests of their own.
MODULES := . hack/bench

# An existing cluster is used only when it is named on the command line: a KUBECONFIG that happens to be in the environment
# may point at anything.
ifeq ($(origin KUBECONFIG),command line)
EXISTING := $(abspath $(KUBECONFIG))
endif

.PHONY: help
help: ## List the targets
	@echo 'make run          start a Kubernetes API server, the operator, the API and the Scottish data; Ctrl-C stops them'
	@echo 'make run KUBECONFIG=file  use the existing cluster of that kubeconfig instead of starting a control plane'
	@echo 'make token ROLE=commissioner  print a bearer token for the running stack; in the role referrer,'
	@echo '                  provider, commissioner, datalead, auditor or platformadmin, or taking the part in care'
	@echo '                  clinician, peerworker, overdoseresponder, paramedic or responder'
	@echo 'make demo         play a story on the running stack: an overdose, a responder, consent, a place, a withdrawal'
	@echo 'make test         run every test on a real API server (ONLY=regexp: only tests that match)'
	@echo 'make soak         two operators in chaos for DURATION (10m): kill -9, lost answers, conflicts; the history is checked.'
	@echo '                  Then 10,000 deliveries to partners that misbehave, while replicas are killed; and so of the API itself'
	@echo 'make mutants      delete each line of the rules in turn: a test has to fail'
	@echo 'make fuzz         compare the rules with plain Go on requests that nobody thought of, for FUZZTIME (1m)'
	@echo 'make bench        measure: a page query beside gqlgen, from apply to answer, memory, decisions beside OPA, the audit log'
	@echo 'make lint         check the style of the code, the custom resources and the chart'
	@echo 'make generate     write again what is generated; make check-generated fails if that changes anything'
	@echo 'make build        build the operator and the API into .run/bin'
	@echo 'make controlplane build etcd, kube-apiserver and kube-controller-manager from their Go modules, once'
	@echo 'make kubectl      build kubectl the same way, as .run/bin/kubectl'
	@echo 'make node         fetch what the tests in Node.js need (npm ci)'
	@echo 'make clean        forget the data, certificates and logs of make run; what was built is kept'
	@echo 'make clean-all    forget what was built, too'
	@echo
	@echo 'Settings, on the command line or in the environment:'
	@echo '  KUBERNETES_ADDRESS        of the API server                 127.0.0.1:6443'
	@echo '  API_ADDRESS               of GraphQL and the pages          127.0.0.1:8080'
	@echo '  API_METRICS_ADDRESS       of the metrics of the API         127.0.0.1:8081'
	@echo '  OPERATOR_METRICS_ADDRESS  of the metrics of the operator    127.0.0.1:8082'
	@echo '  OPERATOR_HEALTH_ADDRESS   of the health of the operator     127.0.0.1:8083'
	@echo '  ISSUER_ADDRESS            of the development issuer        127.0.0.1:8084'
	@echo '  PARTNERS_ADDRESS          of what stands for partners       127.0.0.1:8085'
	@echo '  KUBEBUILDER_ASSETS        folder with etcd and kube-apiserver to use instead of building them'

.PHONY: run
run: tools-present
ifdef EXISTING
	@$(GO) run ./hack/dev/build programs
	@exec .run/bin/dev -kubeconfig '$(EXISTING)'
else
	@$(GO) run ./hack/dev/build controlplane programs
	@exec .run/bin/dev
endif

.PHONY: token
token: tools-present
	@$(GO) run ./hack/dev/token '$(ROLE)'

.PHONY: demo
demo: tools-present
	@$(GO) run ./hack/dev/demo

.PHONY: build
build: tools-present
	@$(GO) run ./hack/dev/build programs

.PHONY: controlplane
controlplane: tools-present
	@$(GO) run ./hack/dev/build controlplane

.PHONY: kubectl
kubectl: tools-present
	@$(GO) run ./hack/dev/build kubectl

.PHONY: test
test: controlplane kubectl build
	@$(GO) run ./hack/dev/test -run '$(ONLY)' $(MODULES)

# How long make soak goes on.
DURATION ?= 10m

.PHONY: soak
soak: controlplane
	@LIFELINE_SOAK='$(DURATION)' $(GO) test -count=1 -v -timeout 0 -run '^TestTwoLeadersInChaosNeverGiveAPlaceTwice$$' ./operator
	@LIFELINE_DELIVERIES=10000 $(GO) test -count=1 -v -timeout 0 -run '^TestDeliveriesInChaos$$' ./api/mesh/delivery
	@LIFELINE_DELIVERIES=10000 $(GO) test -count=1 -v -timeout 0 -run '^TestNothingIsLostWhileTheProgramIsKilled$$' ./api

.PHONY: mutants
mutants: tools-present
	@LIFELINE_MUTANTS=all $(GO) test -count=1 -v -run '^TestNoLineOfTheRulesCanBeDeletedUnseen$$' ./policies

# How long make fuzz goes on.
FUZZTIME ?= 1m

.PHONY: fuzz
fuzz: tools-present
	@$(GO) test -run '^$$' -fuzz '^FuzzPlainGoDecidesTheSame$$' -fuzztime '$(FUZZTIME)' -fuzzminimizetime 10x ./policies

.PHONY: bench
bench: controlplane
	@cd hack/bench && $(GO) run .
	@$(GO) test -run '^$$' -bench '^BenchmarkAuditLog$$' -benchtime 1000x ./api/store

.PHONY: lint
lint: tools-present
	@hack/tools/lint.sh

.PHONY: generate
generate: tools-present
	@for module in $(MODULES); do echo "generate: $$module"; (cd "$$module" && $(GO) generate ./...) || exit 1; done

# What git sees of the working tree: changes to tracked files, and the content of new ones.
STATE = { git diff HEAD; git ls-files -z --others --exclude-standard | xargs -0 -r sha1sum; }

.PHONY: check-generated
check-generated: tools-present
	@mkdir -p .run && $(STATE) > .run/before-generate
	@$(MAKE) --no-print-directory generate
	@$(STATE) > .run/after-generate
	@diff .run/before-generate .run/after-generate > .run/generated-drift || { \
		cat .run/generated-drift; \
		echo 'make check-generated: generated files were out of date; they are right now: commit them' >&2; exit 1; }

.PHONY: node
node:
	@command -v npm > /dev/null || { echo 'make node: npm is missing: install Node.js 20 or later' >&2; exit 1; }
	@for lock in $$(git ls-files '*package-lock.json'); do \
		folder=$$(dirname "$$lock"); echo "node: $$folder"; \
		(cd "$$folder" && npm ci --no-audit --no-fund --ignore-scripts) || exit 1; done

# Only what make run writes besides programs; it refuses while make run is up.
.PHONY: clean
clean: tools-present
	@$(GO) run ./hack/dev/clean

.PHONY: clean-all
clean-all: clean
	@rm -rf .run
	@echo 'removed .run; Go keeps its own build cache (go clean -cache)'

.PHONY: tools-present
tools-present:
	@command -v $(GO) > /dev/null || { echo 'make: the go command is missing: see https://go.dev/doc/install' >&2; exit 1; }
