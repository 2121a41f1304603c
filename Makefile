# Every target sets up what it needs: a virtual environment with the locked tools, and the package built into it.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# maturin, which builds the package, is looked up on the path.
export PATH := $(CURDIR)/$(BIN):$(PATH)

RUST := Cargo.toml Cargo.lock $(shell find rust/core rust/py -name '*.rs' -o -name Cargo.toml)

# Peers that cannot be installed side by side have an environment each.
BENCH := .venv-bench
BENCHES := $(BENCH) $(BENCH)-niquests $(BENCH)-litellm
WHEEL := target/bench-wheel

.PHONY: help demo test test-rust test-python guard bench bench-functions merging lint format lock clean

help:  ## what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

demo: $(VENV)/built  ## a live stream through requests, httpx, httpx2 and aiohttp
	$(BIN)/ssewire demo

test: test-rust test-python  ## all tests

test-rust:
	cargo test --locked

test-python: $(VENV)/built
	$(BIN)/python -m pytest

guard: $(VENV)/built  ## instructions counted against benches/budget.json; GUARD_ARGS="--update" writes it
	$(BIN)/python benches/guard.py $(GUARD_ARGS)

bench: $(BENCHES:=/built)  ## everything measured beside its peers; BENCH_ARGS="--quick" for a look
	$(BENCH)/bin/python benches/guard.py --results benches/results/instructions.json
	$(BENCH)/bin/python -m benches.run $(BENCH_ARGS)

bench-functions: $(BENCH)/built  ## the public functions, each by itself
	$(BENCH)/bin/python -m pytest benches/test_functions.py

merging: $(VENV)/built $(BENCH)-merging/tools $(BENCH)-litellm/tools  ## docs/merge-table.md: what peers make of the same streams
	$(BIN)/python -m benches.merging

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

COMPILE := $(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --no-emit-index-url \
    --no-emit-find-links --no-header --no-annotate

lock: $(VENV)/tools  ## newest versions of everything, into the lock files
	$(BIN)/python -m pip install --quiet uv
	$(COMPILE) --python-version 3.10 --group dev --output-file requirements/dev.txt
	for group in bench bench-niquests bench-litellm bench-merging; do \
	    $(COMPILE) --python-version 3.11 --group $$group --output-file requirements/$$group.txt || exit 1; \
	done
	cargo update

clean:  ## remove what was made
	rm -rf $(VENV) $(BENCHES) $(BENCH)-merging target python/ssewire/_core.*.so

$(VENV)/tools: requirements/dev.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/dev.txt
	touch $@

# An editable install: Python files count as they are, only the Rust ones need another build.
$(VENV)/built: $(VENV)/tools pyproject.toml $(RUST)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	touch $@

.venv-%/tools: requirements/%.txt
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement $<
	touch $@

# What is measured is what users install: one wheel, in every environment.
$(WHEEL)/built: $(BENCH)/tools pyproject.toml $(RUST) $(shell find python -name '*.py')
	rm -rf $(WHEEL)
	PATH="$(CURDIR)/$(BENCH)/bin:$$PATH" $(BENCH)/bin/python -m pip wheel --quiet --disable-pip-version-check \
	    --no-build-isolation --no-deps --wheel-dir $(WHEEL) .
	touch $@

$(BENCHES:=/built): %/built: %/tools $(WHEEL)/built
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --force-reinstall $(WHEEL)/*.whl
	touch $@
