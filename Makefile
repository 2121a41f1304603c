# Every target sets up what it needs: a virtual environment with the locked tools, and the package built into it.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# maturin, which builds the package, is looked up on the path.
export PATH := $(CURDIR)/$(BIN):$(PATH)

RUST := Cargo.toml Cargo.lock $(shell find rust -name '*.rs' -o -name Cargo.toml)

.PHONY: help demo test test-rust test-python lint format lock clean

help:  ## what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

demo: $(VENV)/built  ## a live stream through requests, httpx, httpx2 and aiohttp
	$(BIN)/ssewire demo

test: test-rust test-python  ## all tests

test-rust:
	cargo test --locked

test-python: $(VENV)/built
	$(BIN)/python -m pytest

lint: $(VENV)/built  ## formatting, lints and types of both languages
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- --deny warnings
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m mypy.stubtest ssewire._core --mypy-config-file pyproject.toml

format: $(VENV)/tools  ## write both languages as the linters want them
	cargo fmt --all
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

lock: $(VENV)/tools  ## newest versions of everything, into the lock files
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.10 --group dev --generate-hashes \
	    --no-emit-index-url --no-emit-find-links --no-header --no-annotate --output-file requirements/dev.txt
	cargo update

clean:  ## remove what was made
	rm -rf $(VENV) target python/ssewire/_core.*.so

$(VENV)/tools: requirements/dev.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/dev.txt
	touch $@

# An editable install: Python files count as they are, only the Rust ones need another build.
$(VENV)/built: $(VENV)/tools pyproject.toml $(RUST)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	touch $@
