# Two commands for users: `make demo` and `make test`. Each sets up what it needs; see README.md.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN := $(BIN)/onnx2luau
# Where Python's platformdirs has it.
CACHE := $(if $(filter Darwin,$(shell uname)),$(HOME)/Library/Caches,$(or $(XDG_CACHE_HOME),$(HOME)/.cache))/onnx2luau
STYLUA_VERSION := 2.6.0
SELENE_VERSION := 0.31.0
STYLUA := $(CACHE)/stylua-$(STYLUA_VERSION)/bin/stylua
SELENE := $(CACHE)/selene-$(SELENE_VERSION)/bin/selene
# A checker of our own sources, so its folder is named by them.
TYPES_SOURCES := $(wildcard $(addprefix tests/type_checker/,Cargo.toml Cargo.lock src/* src/lune/*))
TYPES_ROOT := $(CACHE)/type-checker-$(shell cat $(sort $(TYPES_SOURCES)) 2>/dev/null | cksum | cut -d ' ' -f 1)
TYPES := $(TYPES_ROOT)/bin/type-checker
JOBS ?= auto
LOWEST_TESTS := tests/frontends tests/test_passes.py

.PHONY: help demo place web test test-lowest test-browser setup-browser lint format unit bench bench-compare setup-demo setup-test campaign official golden package clean

help:
	@echo "make demo      compile the trained Keras digit model and prove it on 10,000 digits"
	@echo "make place     write build/digits.rbxl, the digit game, for Roblox Studio"
	@echo "make web       write build/site, the same game as a page"
	@echo "make test      lint, types of Python and Luau, layering, Luau formatting and all tests"
	@echo "make lint      all of these but the tests"
	@echo "make unit      the tests alone"
	@echo "make test-browser  the tests of the page, in Chromium or Chrome with its driver"
	@echo "make test-lowest  the tests of reading models, with the oldest packages that pyproject.toml allows"
	@echo "make format    format Python and Luau"
	@echo "make campaign  20,000 random graphs, 10,000 damaged files, the random tests a hundred times over: hours"
	@echo "make official  ONNX's own backend tests: what passes, what is refused and why"
	@echo "make golden    write the golden Luau anew after a wanted change"
	@echo "make bench     measure all networks and write benchmarks/results; ROUNDS=3 NETWORKS=mnist256 for a quick look"
	@echo "make bench-compare  measure again and show which ratios moved since the committed results"
	@echo "make package   build the wheel and the sdist into dist"

demo: setup-demo
	@$(RUN) demo

place: setup-demo
	@$(RUN) place -o build/digits.rbxl

web: setup-demo
	@$(RUN) web -o build/site

test: setup-test lint unit

lint: setup-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(STYLUA) --check runtime_luau game benchmarks tests/luau examples/crowd/src/shared examples/crowd/src/server examples/tinymnist/package/src
	$(TYPES) runtime_luau game/canvas game/host game/play game/ui game/web benchmarks
	$(SELENE) runtime_luau game benchmarks
	$(SELENE) --config selene_roblox.toml game/ui game/Digits.client.luau examples/crowd/src/shared examples/crowd/src/server examples/tinymnist/package/src

unit: setup-test
	ONNX2LUAU_STYLUA=$(STYLUA) ONNX2LUAU_TYPES=$(TYPES) $(BIN)/pytest -n $(JOBS) --dist worksteal

test-browser: setup-browser
	$(BIN)/pytest tests/browser

# The venv is one of its own, made anew each time: a few minutes.
LOWEST := $(VENV)-lowest

test-lowest:
	$(PYTHON) -m venv --clear $(LOWEST)
	$(LOWEST)/bin/pip install --quiet --disable-pip-version-check uv
	$(LOWEST)/bin/uv pip install --quiet --python $(LOWEST) --resolution lowest-direct --editable ".[keras]" "pytest>=8.3" "hypothesis>=6.120"
	$(LOWEST)/bin/onnx2luau doctor --install > $(LOWEST)/doctor.txt || { cat $(LOWEST)/doctor.txt; exit 1; }
	$(LOWEST)/bin/pytest -p no:cacheprovider $(LOWEST_TESTS)

format: setup-test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(STYLUA) runtime_luau game benchmarks tests/luau examples/crowd/src/shared examples/crowd/src/server examples/tinymnist/package/src

# `make campaign GRAPHS=500 MUTANTS=200 SEED=3` for a quick look; another seed each time otherwise.
GRAPHS ?= 20000
MUTANTS ?= 10000
SEED ?= $(shell date +%s)

campaign: setup-test
	$(BIN)/python -m tests.random_graphs --count $(GRAPHS) --seed $(SEED)
	$(BIN)/python -m tests.hostile --count $(MUTANTS) --seed $(SEED)
	ONNX2LUAU_STYLUA=$(STYLUA) $(BIN)/pytest -n $(JOBS) tests/test_random_networks.py tests/test_names.py tests/frontends/test_keras_mutants.py --hypothesis-profile campaign

official: setup-test
	$(BIN)/python -m tests.official

# Names of networks in benchmarks/networks.py; all otherwise.
NETWORKS ?=
ROUNDS ?= 11

bench: setup-test
	$(BIN)/python -m benchmarks.run --rounds $(ROUNDS) $(NETWORKS)

bench-compare: setup-test
	$(BIN)/python -m benchmarks.compare --rounds $(ROUNDS) $(NETWORKS)

golden: setup-test
	$(BIN)/pytest tests/test_golden.py tests/test_golden_kernels.py --update-golden

package: setup-test
	$(BIN)/pip install --quiet build
	$(BIN)/python -m build --outdir dist .

setup-demo: $(VENV)/demo.stamp lune
setup-test: $(VENV)/test.stamp rojo $(STYLUA) $(SELENE) $(TYPES)
setup-browser: $(VENV)/browser.stamp lune

.PHONY: lune rojo
lune: | $(VENV)/demo.stamp
	@$(RUN) doctor --install > $(VENV)/doctor.txt || { cat $(VENV)/doctor.txt; exit 1; }

# `place` can do without it; the tests compare what the two build.
rojo: | lune
	@$(RUN) doctor --install --rojo > $(VENV)/doctor.txt || { cat $(VENV)/doctor.txt; exit 1; }

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; set PYTHON=" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)

# TensorFlow is large: this takes a minute or two, once.
$(VENV)/demo.stamp: pyproject.toml | $(VENV)/bin/python
	@echo "installing Python packages, TensorFlow among them: a minute or two, once"
	$(BIN)/pip install --quiet --disable-pip-version-check --editable ".[keras]"
	@touch $@

$(VENV)/test.stamp: pyproject.toml | $(VENV)/demo.stamp
	$(BIN)/pip install --quiet --disable-pip-version-check --editable ".[dev]"
	@touch $@

$(VENV)/browser.stamp: pyproject.toml | $(VENV)/test.stamp
	$(BIN)/pip install --quiet --disable-pip-version-check --editable ".[browser]"
	@touch $@

$(STYLUA):
	@echo "building StyLua: about 2 minutes, once"
	cargo install --quiet stylua --version $(STYLUA_VERSION) --features luau --locked --root $(CACHE)/stylua-$(STYLUA_VERSION)

$(SELENE):
	@echo "building selene: about 2 minutes, once"
	cargo install --quiet selene --version $(SELENE_VERSION) --locked --root $(CACHE)/selene-$(SELENE_VERSION)

$(TYPES):
	@echo "building the type checker: about 3 minutes, once"
	cargo install --quiet --path tests/type_checker --locked --root $(TYPES_ROOT) --target-dir $(TYPES_ROOT)/target
	rm -r $(TYPES_ROOT)/target

clean:
	rm -rf $(VENV) $(LOWEST) dist build .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
