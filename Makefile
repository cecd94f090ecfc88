# `make` lists what there is. Every target does its own set-up: npm and make are all it takes.
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
ARGS ?=

.PHONY: help setup run demo test check lint unit crash-test chaos fuzz scale soak bench build format clean oom-kill dev-cluster dev-cluster-stop \
	node kubectl-oom record node-stop node-shell node-image node-test

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: node_modules/.package-lock.json ## install what package-lock.json pins

node_modules/.package-lock.json: package.json package-lock.json
	npm ci
	@touch $@

run: setup ## watch the kernel log and print an Event for every OOM kill (ARGS='-o json')
	@npm run --silent start -- run $(ARGS)

demo: setup ## the product in a minute: an API server, two Pods, real kills, what kubectl says of them (root)
	@npm run --silent demo

oom-kill: ## make a real OOM kill in a cgroup shaped like a pod's (root)
	@hack/oom-kill.sh $(ARGS)

test: unit ## all tests: unit, a real API server, the real kernel (as root)
	npm run test:real

node-test: setup ## what the agent says on a real node, row by row (ARGS='--short', '--row NAME', '--list'; NODE_KERNEL=)
	@npm run --silent node-test -- $(ARGS)

record: setup ## record how a kernel tells its OOM kills, with the truth (KERNEL=6.12, ARGS='--cgroup v2'; Debian)
	@npm run --silent record -- $(KERNEL) $(ARGS)

check: lint unit ## format, lint, types, unused code, unit tests

lint: setup ## the half of check that runs no test
	npm run check:format
	npm run check:lint
	npm run check:types
	npm run check:unused

unit: setup ## the unit tests alone
	npm run test:unit

crash-test: setup ## kill an agent 200 times under a real API server and count the Events (ARGS=rounds)
	@npm run --silent crash-test -- $(ARGS)

chaos: setup ## kill, lie, stall, starve for minutes by a seed, and count (ARGS='--seed 7', '--times 20', '--minutes 3')
	@npm run --silent chaos -- $(ARGS)

fuzz: setup ## mutated logs, pods and answers by a seed (ARGS='--inputs 10000000', '--target kernel-log', '--seed 7')
	@npm run --silent fuzz -- $(ARGS)

scale: setup ## 200 agents against one API server: start, rest, storm, outage (ARGS='--agents 20', '--in-flight 24')
	@npm run --silent scale -- $(ARGS)

soak: setup ## what takes minutes: a state cut at every byte, storms, outages, 600 crashes (root); ARGS='--minutes 60': a storm a minute
	npm run soak -- $(ARGS)
ifeq ($(ARGS),)
	npm run soak:outages
	npm run crash-test
endif

bench: setup ## measure, and print ratios against a naive version, or the kubelet's own path, in the same run (ARGS='growth --json FILE')
	@npm run --silent bench -- $(ARGS)

build: setup ## bundle to dist/oom-recorder.js and dist/kubectl-oom.js
	npm run build

kubectl-oom: setup ## kubectl's plugin as one executable without Node: dist/kubectl-oom, and what krew installs
	@npm run --silent kubectl-oom

dev-cluster: ## a real API server on this machine: eval "$(make dev-cluster)" (KUBERNETES_VERSION=)
	@$(MAKE) setup >&2
	@npm run --silent dev-cluster -- start

dev-cluster-stop: ## end it and remove its data
	@$(MAKE) setup >&2
	@npm run --silent dev-cluster -- stop

node: ## a real node in a virtual machine: eval "$(make node)" (NODE_KERNEL=, see hack/node; root, Debian)
	@$(MAKE) setup >&2
	@npm run --silent node -- start

node-shell: setup ## a root shell in it, or one command (ARGS='dmesg | tail')
	@npm run --silent node -- shell $(if $(ARGS),'$(subst ','\'',$(ARGS))')

node-image: setup ## build the agent's image of the tree as it is, and run it there
	@npm run --silent node -- image

node-stop: ## end it and remove its disk
	@$(MAKE) setup >&2
	@npm run --silent node -- stop

format: setup ## format the sources
	npm run format

clean: ## remove what the other targets made
	rm -rf node_modules dist coverage
