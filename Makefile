# The commands of the house. `make demo` and `make test` are all that a newcomer needs: both do their own set-up.
#
#   make demo    the main job, told on the terminal, in under a minute
#   make test    every check that a change must pass (format, lint, types, import contracts, tests), under 15 minutes
#   make check   the quick ones of them: no tests
#   make format  let ruff write what it can
#   make test-long  what takes longer: full memory bounds, 50 rounds of crashes, a boot under a real systemd
#   make fuzz    every fuzz target for FUZZ_SECONDS (60) each
#   make differential  every request of the comparison with the real ModSecurity 3, CRS 3.3 and 4, level by level; nine minutes
#   make corpus  60,000 Japanese texts and 1,500 attacks planted in them, asked of Sekisho and of ModSecurity, level by level
#   make worst   an hour's search for the input that costs the rules stage most
#   make bench   Sekisho beside nginx + ModSecurity, Apache + ModSecurity and plain nginx, and with 10 MB of files; a quarter of an hour, alone on the machine
#   make interpreted  run the sources as they are, not what was compiled from them, until the next of the above
#   make matrix  the fail-closed matrix: what is broken, in which ways, and what is told then; `make test` executes and prints it
#   make golden  write down anew what each procedure takes and refuses (tests/golden); read the difference
#   make lock    renew the two lock files from pyproject.toml
#   make clean   remove what the others made

SHELL        := /bin/bash
.SHELLFLAGS  := -eu -o pipefail -c
# Debian's own, where it is: its security team mends it, and it is built with profile-guided optimisation (a tenth less CPU)
PYTHON       ?= $(firstword $(wildcard /usr/bin/python3.11) python3)
VENV         := .venv
BIN          := $(VENV)/bin
FUZZ_SECONDS ?= 60

.PHONY: demo test test-long check format fuzz differential corpus worst bench matrix golden lock packages interpreted clean

$(VENV)/installed: requirements-dev.lock requirements-source.lock pyproject.toml policy/operators/injection.c
	@scripts/venv $(PYTHON) $(VENV)

# ahead of time, by mypyc (docs/adr/0012): again when a source has changed. A change is tried faster after `make interpreted`
$(VENV)/compiled: $(VENV)/installed setup.py $(shell find policy relay/envelope relay/front relay/http -name '*.py')
	@scripts/compile $(VENV)

interpreted:
	@scripts/interpret $(VENV)

packages:
	@scripts/debian-packages tests

demo: $(VENV)/compiled
	@$(BIN)/sekisho demo

check: $(VENV)/installed
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

test: check $(VENV)/compiled packages
	@$(BIN)/python -m tests.matrix
	@$(BIN)/python -m pytest

test-long: $(VENV)/compiled packages
	@$(BIN)/python -m pytest -m long

format: $(VENV)/installed
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

fuzz: $(VENV)/compiled
	@for target in tests/fuzz/fuzz_*.py; do $(BIN)/python $$target --seconds $(FUZZ_SECONDS); done

differential: $(VENV)/compiled packages
	@scripts/debian-packages bench
	@$(BIN)/python -m pytest -m comparison

corpus: $(VENV)/compiled packages
	@$(BIN)/python -m bench.corpus

worst: $(VENV)/compiled packages
	@$(BIN)/python -m bench.worst

bench: $(VENV)/compiled
	@scripts/debian-packages bench
	@$(BIN)/python -m bench
	@$(BIN)/python -m bench attachments

matrix: $(VENV)/installed
	@$(BIN)/python -m tests.matrix

golden: $(VENV)/installed
	@$(BIN)/python -m tests.golden_forms
	@$(BIN)/python -m tests.golden_attachments

lock: $(VENV)/installed
	@scripts/lock

clean:
	@scripts/interpret $(VENV)
	@rm -rf $(VENV) build dist out *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
