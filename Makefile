# `make` alone lists what there is. `run` and `test` do all their own set-up on a fresh clone.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
NPM    := npm --prefix dashboard
RUN_ARGS ?=
# A file of tests stays on one processor, and files begin in the order of the levels: the quick ones first.
# One more than there are processors, since half of the tests wait for servers, disks and browsers.
PARALLEL := -n $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1) --maxprocesses 4 --dist loadfile --no-loadscope-reorder

DASHBOARD := $(shell find dashboard -name node_modules -prune -o -type f -print 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help run demo quick test check firmware bench screenshots types format clean

help: ## list these targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

run: $(VENV)/.ready ## install, build the dashboard, start the server (RUN_ARGS="--http-port 8080" …)
	$(BIN)/ohmstead serve $(RUN_ARGS)

demo: $(VENV)/.ready ## a server with ten simulated meters and a month of history, in data-demo
	$(BIN)/ohmstead demo $(RUN_ARGS)

quick: $(VENV)/.dev ## unit tests only, under a minute
	$(BIN)/pytest -q $(PARALLEL) tests/unit

test: $(VENV)/.dev $(VENV)/.ready $(if $(shell command -v npm),dashboard/node_modules/.ready) ## every test this machine can run; with CI set, a missing service fails
	$(BIN)/pytest $(PARALLEL)

check: $(VENV)/.dev $(VENV)/.ready dashboard/node_modules/.ready ## format, lint, types, import directions, drift, dashboard
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python tools/check_drift.py
	$(NPM) run --silent lint
	$(NPM) run --silent test
	$(NPM) run --silent size

firmware: $(VENV)/.dev $(VENV)/.ready $(if $(shell command -v npm),firmware/node_modules/.ready) ## compile the devices' application for each chip, check types, sizes and memory, test it
	$(BIN)/python tools/check_firmware.py

bench: $(VENV)/.dev $(VENV)/.ready ## measure every budget; prints a table, writes bench/results.json
	$(BIN)/python -m bench

screenshots: $(VENV)/.dev $(VENV)/.ready ## pictures of every page on three screens, light and dark, into screenshots/
	$(BIN)/python tools/screenshots.py $(ONLY)

types: $(VENV)/.dev dashboard/node_modules/.ready ## regenerate contract/openapi.json and the dashboard's types
	$(BIN)/python tools/check_drift.py --write

format: $(VENV)/.dev ## format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean: ## remove what was built; data stays
	rm -rf $(VENV) dashboard/node_modules src/ohmstead/web/assets src/ohmstead/web/index.html*

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Ohmstead needs Python 3.11 or newer; name one with: make PYTHON=python3.12 run"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
	  { echo "Python's venv module is missing. On Debian, Ubuntu and Raspberry Pi OS: sudo apt install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.packages: requirements.lock | $(VENV)/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

$(VENV)/.ready: $(VENV)/.packages pyproject.toml hatch_build.py $(DASHBOARD)
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

$(VENV)/.dev: requirements-dev.lock | $(VENV)/.ready
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

dashboard/node_modules/.ready: dashboard/package-lock.json
	$(NPM) ci --no-audit --no-fund
	@touch $@

firmware/node_modules/.ready: firmware/package-lock.json
	npm --prefix firmware ci --no-audit --no-fund
	@touch $@
