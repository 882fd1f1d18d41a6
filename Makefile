# Two commands matter: `make run` and `make test`. Everything else is for those who build.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: setup run demo test check fmt format-check lint types contracts lock

setup: $(VENV)/.installed

# The lock names every version and hash. A stamp keeps later starts away from the package index.
$(VENV)/.installed: requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "python3 (3.11 to 3.14) is not installed"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.tested: $(VENV)/.installed requirements-test.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements-test.lock
	@touch $@

run: setup
	@exec $(BIN)/presswatch run

demo: setup
	@exec $(BIN)/python -m demo

test: $(VENV)/.tested
	$(BIN)/python -m pytest

check: $(VENV)/.tested
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(MAKE) test

fmt: $(VENV)/.tested
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Rewrites the locks from pyproject.toml; needs uv. No address of an index is written.
lock:
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header pyproject.toml build-requirements.in -o requirements.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header --extra test -c requirements.lock pyproject.toml -o requirements-test.lock
