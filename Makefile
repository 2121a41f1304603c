# Every target sets up what it needs: a virtual environment with the locked tools, and the package built into it.

# Which Python: another one makes the environments anew. Which pip (`PIP=pip==23.0.1`): the one that the Python brings.
PYTHON ?= python3
PIP :=
export PIP_DISABLE_PIP_VERSION_CHECK := 1

VENV := .venv
BIN := $(VENV)/bin

RUST := Cargo.toml Cargo.lock $(shell find rust/core rust/py -name '*.rs' -o -name Cargo.toml)

# Peers that cannot be installed side by side have an environment each.
BENCH := .venv-bench
FRAMEWORKS := $(BENCH)-frameworks $(BENCH)-instructor
BENCHES := $(BENCH) $(BENCH)-niquests $(BENCH)-litellm $(FRAMEWORKS)
SDKS := $(VENV)-sdks-newest $(VENV)-sdks-oldest
CODINGS := $(VENV)-codings
WHEELS := $(VENV)-wheels
DOCS := $(VENV)-docs
ENGINES := $(VENV)-engines
ENVIRONMENTS := $(VENV) $(BENCHES) $(BENCH)-merging $(SDKS) $(CODINGS) $(WHEELS) $(DOCS)
WHEEL := target/bench-wheel

.PHONY: help demo test test-rust test-python test-sdks test-codings test-frameworks test-engines test-abi3 test-setup environments guard \
    soak wheels docs bench bench-functions million fuzz hostile merging lint format stubs lock clean always

help:  ## what can be made
	@grep -E '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

demo: $(VENV)/built  ## a live stream through requests, httpx, httpx2 and aiohttp
	$(BIN)/ssewire demo

test: test-rust test-python  ## all tests

test-rust: .interpreter
	cargo test --locked

test-python: $(VENV)/built
	$(BIN)/python -m pytest
	SSEWIRE_DIRECT=0 $(BIN)/python -m pytest tests/sources --ignore tests/sources/direct

test-sdks: $(VENV)/built $(SDKS:=/tools)  ## the adapters with the newest release of each SDK, and with the oldest
	for environment in $(SDKS); do \
	    PYTHONPATH=python $$environment/bin/python -m pytest --noconftest tests/integrations/test_sdks.py || exit 1; \
	done

test-codings: $(VENV)/built $(CODINGS)/tools  ## recordings that are compressed with Zstandard and Brotli
	PYTHONPATH=python $(CODINGS)/bin/python -m pytest --noconftest tests/cli/recorded

test-frameworks: $(VENV)/built $(FRAMEWORKS:=/tools)  ## the frameworks on the SDKs, plain and accelerated
	for environment in $(FRAMEWORKS); do \
	    PYTHONPATH=python $$environment/bin/python -m pytest --noconftest tests/integrations/test_frameworks.py || exit 1; \
	done

test-engines: $(VENV)/built $(ENGINES)/tools  ## recorded streams through Polars, DuckDB, pandas, Spark and Ray
	PYTHONPATH=python $(ENGINES)/bin/python -m pytest --noconftest tests/engines

test-setup:  ## whether a fresh clone sets itself up, with every Python that is found
	.ci/fresh-clone

environments: $(ENVIRONMENTS:=/tools)

guard: $(VENV)/built  ## instructions counted against benches/budget.json; GUARD_ARGS="--update" writes it
	$(BIN)/python benches/guard.py $(GUARD_ARGS)

# With an arena for each thread malloc keeps more and more of what it was given, which looks like a leak.
soak: $(VENV)/built  ## many streams at a time, with everything going wrong; SOAK_ARGS="--streams 1000 --seconds 120"
	MALLOC_ARENA_MAX=1 $(BIN)/python -W error -m tests.soak $(SOAK_ARGS)

bench: $(BENCHES:=/built)  ## everything measured beside its peers; BENCH_ARGS="--quick" for a look
	$(BENCH)/bin/python -m benches.run $(BENCH_ARGS)

WHEEL_PYTHONS ?= $(PYTHON)

wheels: $(WHEELS)/tools .interpreter  ## the packages in dist, checked, installed and tried; WHEEL_PYTHONS="$$(.ci/pythons)" for all
	PATH="$(CURDIR)/$(WHEELS)/bin:$$PATH" .ci/wheels $(WHEEL_PYTHONS)

test-abi3: wheels $(VENV)/tools  ## the core's tests with the wheel that is for every later Python
	rm -rf target/abi3
	$(BIN)/python -m zipfile --extract dist/abi3/*.whl target/abi3
	PYTHONPATH=target/abi3 $(BIN)/python -c 'from ssewire import _core; assert ".abi3." in _core.__file__, _core.__file__'
	PYTHONPATH=target/abi3 $(BIN)/python -m pytest tests/framing tests/accumulate

docs: $(DOCS)/tools  ## the site of docs/, in target/site; a broken link is an error
	PATH="$(CURDIR)/$(DOCS)/bin:$$PATH" NO_MKDOCS_2_WARNING=1 $(DOCS)/bin/mkdocs build

million: $(VENV)/built $(ENGINES)/tools  ## a million recorded bodies, by pyarrow alone and on two Ray nodes
	PYTHONPATH=python:examples:. $(ENGINES)/bin/python -m benches.million $(MILLION_ARGS)

bench-functions: $(BENCH)/built  ## the public functions, each by itself
	$(BENCH)/bin/python -m pytest benches/test_functions.py

# The fuzzers' checks without a fuzzer; rust/fuzz/README.md tells how to run them with one.
FUZZ_ROUNDS ?= 100
fuzz: .interpreter  ## the fuzzers' checks, over new inputs: FUZZ_ROUNDS=100
	FUZZ_ROUNDS=$(FUZZ_ROUNDS) cargo test --locked --release --package ssewire-core --test core fuzz

hostile: $(VENV)/built  ## what hostile input costs, as the table in SECURITY.md
	$(BIN)/python -m benches.hostile

merging: $(VENV)/built $(BENCH)-merging/tools $(BENCH)-litellm/tools  ## docs/merge-table.md: what peers make of the same streams
	$(BIN)/python -m tests.merging

lint: $(VENV)/built  ## formatting, lints, types, the stub and the crate's documentation
	cargo fmt --all --check
	PYO3_PYTHON=$(CURDIR)/$(BIN)/python cargo clippy --locked --workspace --all-targets -- --deny warnings
	RUSTDOCFLAGS="--deny warnings" cargo doc --locked --no-deps --package ssewire-core
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m mypy.stubtest ssewire._core --mypy-config-file pyproject.toml
	$(BIN)/python .ci/stub.py --check

format: $(VENV)/tools  ## write both languages as the linters want them
	cargo fmt --all
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

stubs: $(VENV)/built  ## the stub's docstrings, which are the built module's
	$(BIN)/python .ci/stub.py
	$(BIN)/ruff format --quiet python/ssewire/_core.pyi

LOCKER := target/uv
COMPILE := $(LOCKER)/bin/uv pip compile --quiet --upgrade --universal --generate-hashes --no-emit-index-url \
    --only-binary :all: --no-binary pyspark --no-emit-find-links --no-header --no-annotate

LOCKED := $(patsubst .venv-%,%,$(filter-out $(VENV),$(ENVIRONMENTS) $(ENGINES)))

lock: .interpreter  ## newest versions of everything, into the lock files, which are then tried
	"$(PYTHON)" -m venv --clear $(LOCKER)
	$(LOCKER)/bin/python -m pip install --quiet uv
	$(COMPILE) --python-version 3.10 --group dev --output-file requirements/dev.txt
	for group in $(LOCKED); do \
	    $(COMPILE) --python-version 3.11 --group $$group --output-file requirements/$$group.txt || exit 1; \
	done
	cargo update
	.ci/fresh-clone

clean:  ## remove what was made
	rm -rf $(ENVIRONMENTS) $(ENGINES) .interpreter target python/ssewire/_core.*.so

# What the machine must have is looked at first; the file changes only with the interpreter.
.interpreter: always
	@.ci/needs "$(PYTHON)" $@

# A lock is complete, so nothing is resolved: pip below 23.3 would take the newest release of what is wanted with an extra.
# Everything is a wheel but Spark, which has none.
# The stamp goes first and comes last: half a set-up is none.
define INSTALL
@echo "installing $< into $(@D): some minutes where nothing is cached"
"$(PYTHON)" -m venv --clear $(@D)
$(if $(PIP),$(@D)/bin/python -m pip install --quiet --upgrade "$(PIP)")
$(@D)/bin/python -m pip install --quiet --no-deps --only-binary :all: --no-binary pyspark --require-hashes --requirement $<
$(@D)/bin/python -m pip check
touch $@
endef

$(VENV)/tools: requirements/dev.txt .interpreter
	$(INSTALL)

.venv-%/tools: requirements/%.txt .interpreter
	$(INSTALL)

# An editable install: Python files count as they are, only the Rust ones need another build.
$(VENV)/built: $(VENV)/tools pyproject.toml $(RUST)
	@echo "building the package into $(@D): a minute or two"
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m pip install --quiet --no-build-isolation --no-deps --editable .
	touch $@

# What is measured is what users install: one wheel, in every environment.
$(WHEEL)/built: $(BENCH)/tools pyproject.toml $(RUST) $(shell find python -name '*.py')
	@echo "building the wheel that is measured: a minute or two"
	rm -rf $(WHEEL)
	PATH="$(CURDIR)/$(BENCH)/bin:$$PATH" $(BENCH)/bin/python -m pip wheel --quiet \
	    --no-build-isolation --no-deps --wheel-dir $(WHEEL) .
	touch $@

$(BENCHES:=/built): %/built: %/tools $(WHEEL)/built
	$(@D)/bin/python -m pip install --quiet --no-deps --force-reinstall $(WHEEL)/*.whl
	touch $@
