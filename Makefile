# Everything is installed by the command that needs it; see "make help".
.DEFAULT_GOAL := help
.PHONY: help run test check bench simulate lock clean

# The newest Python here that is 3.11 or later and can make a virtual environment.
SUITABLE = import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for p in python3.14 python3.13 python3.12 python3.11 python3 python; do \
	$$p -c '$(SUITABLE)' >/dev/null 2>&1 && { command -v $$p; exit; }; done)
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq
ARGS ?=

# A registry or a network may stumble: an install is tried three times.
define thrice
for try in 1 2 3; do \
	if $(1); then break; fi; \
	if [ $$try = 3 ]; then echo "make: given up after three tries: $(2)" >&2; exit 1; fi; \
	echo "make: try $$try failed, again in 5 seconds: $(2)" >&2; sleep 5; \
done
endef

# What the lock holds is all that is installed: no index is asked for anything else.
define install
@echo "Installing $(1) …"
@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip >/dev/null
@$(call thrice,$(PIP) install --require-hashes --no-deps -r $(1),pip install -r $(1))
@$(call thrice,$(PIP) install --no-build-isolation --no-deps -e .,pip install -e .)
endef

help: ## Show this help
	@sed -n 's/^\([a-z]*\):.*## /  make \1	/p' $(MAKEFILE_LIST) | expand -t 14

run: .venv/.run ## Start Laps at 127.0.0.1:3978 (ARGS="--port 4000" to change)
	@exec $(BIN)/python -m bot run $(ARGS)

test: .venv/.dev ## Run all tests, real peers included (ARGS="-k name" to choose)
	@$(BIN)/python -m tests.peers.install
	@$(BIN)/python -m pytest --numprocesses auto --dist worksteal $(ARGS)

check: .venv/.dev ## Check style, types, imports and dependencies
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .

bench: .venv/.dev ## Measure the speed beside the stock ways
	@$(BIN)/python -m benchmarks $(ARGS)

simulate: .venv/.dev ## Drive 10,000 learners through eight weeks with faults (ARGS="--learners 500")
	@$(BIN)/python -m tests.simulation $(ARGS)

# The locks are made with the oldest Python supported, whose needs include those of the newer ones.
COMPILE = CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile --quiet --generate-hashes --no-emit-index-url \
	--no-emit-find-links --no-emit-trusted-host --allow-unsafe --strip-extras --all-build-deps
lock: .venv/.dev ## Make the lock files anew (ARGS=--upgrade for the newest versions)
	@$(BIN)/python -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11) and "make lock wants a .venv of Python 3.11")'
	$(COMPILE) $(ARGS) --output-file requirements/run.lock pyproject.toml
	$(COMPILE) $(ARGS) --extra fast --constraint requirements/run.lock --output-file requirements/fast.lock pyproject.toml
	$(COMPILE) $(ARGS) --extra dev --constraint requirements/run.lock --output-file requirements/dev.lock pyproject.toml
	$(BIN)/python -m tests.peers.install --lock

clean: ## Remove what was installed; var/ with its database stays
	rm -rf .venv *.egg-info build dist tests/peers/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis \
		.import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@if [ -z "$(PYTHON)" ]; then \
		echo "make: Laps needs Python 3.11 or newer with the modules venv and ensurepip, and none was found." >&2; \
		echo "      On Debian or Ubuntu: apt-get install python3 python3-venv." >&2; \
		echo "      Python elsewhere: make run PYTHON=/path/to/python3.11" >&2; exit 1; fi
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "make: $(PYTHON) is not a Python 3.11 or newer that starts" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
		echo "make: $(PYTHON) cannot make a virtual environment (on Debian or Ubuntu: apt-get install python3-venv)" >&2; \
		exit 1; }
	@rm -f .venv/.run .venv/.dev
	@echo "Making .venv with $(PYTHON) …"
	@$(PYTHON) -m venv .venv

.venv/.run: requirements/run.lock pyproject.toml | $(BIN)/python
	$(call install,requirements/run.lock)
	@touch $@

.venv/.dev: requirements/dev.lock pyproject.toml | $(BIN)/python
	$(call install,requirements/dev.lock)
	@touch .venv/.run $@
