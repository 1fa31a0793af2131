# The commands of a checkout. `make help` lists them.
PYTHON ?= python3
PORT ?= 8000
VENV := .venv
PY := $(VENV)/bin/python
export PORT

.DEFAULT_GOAL := help
.PHONY: help demo test lint bench lock

help: ## list these commands
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 12

$(VENV)/.ready: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	@test -x $(PY) || $(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --require-hashes -r requirements.txt
	@touch $@

$(VENV)/.ready-dev: $(VENV)/.ready requirements-dev.txt
	$(PY) -m pip install --quiet --require-hashes -r requirements-dev.txt
	@touch $@

demo: $(VENV)/.ready ## try it out in a browser: sandbox phone and product, Ctrl-C stops both
	@$(PY) app.py demo

test: $(VENV)/.ready-dev lint ## every check: lint, types, imports, tests on SQLite and PostgreSQL
	$(PY) -m pytest -n 2 --dist loadgroup

lint: $(VENV)/.ready-dev ## ruff, mypy --strict, import directions, dependencies
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	$(VENV)/bin/deptry .

bench: $(VENV)/.ready-dev ## measure taps into the gate, a no-show of 300,000, taps to pushes
	$(PY) -m bench.ingest
	$(PY) -m bench.no_show
	$(PY) -m bench.tap_to_push
	$(PY) -m bench.delivery

lock: ## renew the hashed locks from *.in (needs uv)
	uv pip compile -q --python-version 3.11 --universal --generate-hashes --no-header --no-emit-index-url --no-emit-find-links requirements.in -o requirements.txt
	uv pip compile -q --python-version 3.11 --universal --generate-hashes --no-header --no-emit-index-url --no-emit-find-links requirements-dev.in -o requirements-dev.txt
