# Everything a checkout needs comes from `make up` and `make test`; both do their own set-up.
# Needed beforehand: Python 3.11 or later with its venv module, make, and for `make test` a Chromium
# (installed where there is none).

VENV ?= .venv
PORT ?= 8501
BIN = $(VENV)/bin
# The newest set-up that was completed; it is stale when the lock or the project's own metadata change.
READY = $(VENV)/.dateline-ready

.DEFAULT_GOAL := help
.PHONY: help up setup test lint bench lock screenshots clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

up: $(READY) ## Set up what is missing, load the demonstration if the store is empty, serve the dashboard (PORT=8501)
	@exec $(BIN)/dateline up --port $(PORT)

setup: $(READY) ## Only set up the virtual environment

test: $(READY) ## Run all tests
	@$(BIN)/python -m tools.chromium --install >/dev/null || echo "No Chromium: browser tests will say so."
	@exec $(BIN)/python -m pytest -n auto --dist loadfile

lint: $(READY) ## Check style and types
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: $(READY) ## Measure coding, look-up and query times (BLOCKS="linking history --large" for some, at full size)
	@exec $(BIN)/python -m tools.bench $(BLOCKS)

screenshots: $(READY) ## Make the pictures of the README anew from the demonstration
	@$(BIN)/python -m tools.chromium --install >/dev/null
	@exec $(BIN)/python -m tools.screenshots

lock: ## Write requirements.lock anew from pyproject.toml (needs uv)
	@uv=$$(command -v uv || echo $(BIN)/uv); \
	printf 'setuptools>=77\n' | $$uv pip compile --quiet --universal --python-version 3.11 --all-extras --generate-hashes \
		--no-emit-index-url --no-header --output-file requirements.lock pyproject.toml -

clean: ## Remove what set-up and tools made; the store in var/ stays
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis var/cache

# pip checks every file against the lock's hashes; the project itself is then linked in without
# touching the network (--no-deps, and setuptools from the lock instead of an isolated build).
# --no-compile: Python compiles what is imported when it is first imported, which is a small part.
$(READY): requirements.lock pyproject.toml
	@set -e; \
	if [ ! -x $(BIN)/python ]; then \
		python=; \
		for candidate in $(PYTHON) python3 python3.13 python3.12 python3.11 python3.14 python; do \
			if "$$candidate" -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then python=$$candidate; break; fi; \
		done; \
		if [ -z "$$python" ]; then echo "Dateline needs Python 3.11 or later; none was found. Set PYTHON=/path/to/python3." >&2; exit 1; fi; \
		echo "Setting up $(VENV) with $$($$python --version)"; \
		"$$python" -m venv $(VENV) || { rm -rf $(VENV); echo "That Python cannot make a virtual environment (on Debian: apt install python3-venv)." >&2; exit 1; }; \
	fi
	@echo "Installing what requirements.lock names; the first time, some 400 MB are downloaded."
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip >/dev/null
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes --requirement requirements.lock
	@PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@
