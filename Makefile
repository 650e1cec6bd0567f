# Two commands: `make serve` and `make test`. Each sets up what it needs first.

PYTHON  ?= python3
VENV    := .venv
BIN     := $(VENV)/bin
PIP     := $(BIN)/python -m pip --disable-pip-version-check install --quiet --constraint .ci/constraints.txt
BUNDLE  := webapp/static/dist/manifest.json
CLIENTS := tests/clients/node_modules/.installed
SOURCES := $(shell find webapp/frontend -name node_modules -prune -o -type f -print)

.DEFAULT_GOAL := help
.PHONY: help serve test lint bench clean

help: ## what can be made
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

serve: $(VENV)/.installed $(BUNDLE) ## install, build, make var/ropa on first start, serve it on http://127.0.0.1:8080
	$(BIN)/ropa serve $(ARGS)

test: $(VENV)/.tested $(BUNDLE) $(CLIENTS) lint ## everything: style, types, tests, the browser where a Chromium is found
	$(BIN)/pytest $(ARGS)

lint: $(VENV)/.tested
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: $(VENV)/.benched ## what it costs, as ratios measured in one run
	$(BIN)/python -m bench.run
	$(BIN)/python -m bench.findings

clean: ## remove what was installed and built; var/ stays
	rm -rf $(VENV) webapp/static/dist webapp/frontend/node_modules tests/clients/node_modules

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=python3.11 …"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml .ci/constraints.txt | $(VENV)/bin/python
	$(PIP) --editable '.[pdf]'
	@touch $@

$(VENV)/.tested: $(VENV)/.installed
	$(PIP) --editable '.[test]'
	@touch $@

$(VENV)/.benched: $(VENV)/.installed
	$(PIP) --editable '.[bench]'
	@touch $@

$(CLIENTS): tests/clients/package.json tests/clients/package-lock.json
	@command -v node >/dev/null || { echo "Node.js 20 or newer is needed to try a client written in JavaScript: install nodejs and npm."; exit 1; }
	cd tests/clients && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

$(BUNDLE): $(SOURCES)
	@command -v node >/dev/null || { echo "Node.js 20 or newer is needed to build the front end: install nodejs and npm."; exit 1; }
	cd webapp/frontend && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error && node build.mjs
	@touch $@
