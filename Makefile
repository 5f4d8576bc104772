# GNU make 3.81 (macOS) and POSIX sh are enough for this file.

# With PYTHON=… only that one is used; otherwise the first of these that fits.
ifeq ($(origin PYTHON),undefined)
PYTHONS = python3 python3.13 python3.12 python3.11
else
PYTHONS = $(PYTHON)
endif

# Torch is installed first and alone. On its own pip takes the CUDA build on Linux, gigabytes that nobody here uses; a
# requirement that ends in +cpu can only be met by a CPU build, from TORCH_INDEX or from a folder pip is configured with.
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu
TORCH_VERSION := $(shell sed -n 's/^torch==//p' constraints.txt)
OS := $(shell uname -s)
ifeq ($(OS),Darwin)
TORCH ?= torch==$(TORCH_VERSION)
else
TORCH ?= torch==$(TORCH_VERSION)+cpu
endif
# Of the 19,000 modules that are installed, the program imports 1,500. Each is compiled when it is first imported, which
# saves 40 s of compiling the rest.
LAZY = --no-compile

# Without its dependencies, so that the index is asked for one name: if it does not answer, that costs two tries of 10 s.
TORCH_ALONE = $(LAZY) --no-deps --extra-index-url $(TORCH_INDEX) --retries 1 --timeout 10

# Every other wheel is held to the hashes of its lock.
HELD = $(LAZY) --require-hashes --only-binary :all: --no-deps

BIN = .venv/bin
PIP = pip --disable-pip-version-check

# Nothing leaves this machine, and no model is downloaded.
export HF_HUB_OFFLINE = 1
export TRANSFORMERS_OFFLINE = 1
export TOKENIZERS_PARALLELISM = false

# NumPy's products are small here. With two threads they wait for each other: on a busy core, seven times as long.
export OPENBLAS_NUM_THREADS = 1

# Compiled modules are kept, even where the variable says otherwise: hundreds of processes of the tests import them.
export PYTHONDONTWRITEBYTECODE =

.PHONY: help setup run index check test bench bench-speed docs lint types reference lock hashes audit clean corpus-check packaged weights floors red-flags stress coverage

help: ## list these targets
	@sed -n 's/^\([a-z-]*\):.*## /\1	/p' Makefile | while IFS='	' read -r name what; do printf '  make %-14s%s\n' "$$name" "$$what"; done

setup: packaged ## make .venv with what running needs, pinned, and build the index; quick when nothing changed

run: .venv/.ok ## bring the index up to date, then serve the page on http://127.0.0.1:7860, or PORT=8000
	@$(BIN)/b12assistant index
	@$(BIN)/python app.py $(if $(PORT),--port '$(PORT)')

index: .venv/.ok ## bring index/ up to date with corpus/; the first takes minutes, later ones encode only what changed
	@$(BIN)/b12assistant index

# A copy of what index/ holds goes into the package, so that the tests, and whoever installs a wheel, need not encode the
# corpus again. It is copied whole or not at all, and only if it is not there yet.
PACKAGED = src/b12assistant/data/index
packaged: index ## put the index into the package: a wheel made then answers its first question in seconds
	@name=$$(cat index/CURRENT 2>/dev/null) || exit 0; [ -d "$(PACKAGED)/$$name" ] || { \
	  rm -rf $(PACKAGED) && mkdir $(PACKAGED) && \
	  cp -R "index/generations/$$name" $(PACKAGED)/.copied && mv $(PACKAGED)/.copied "$(PACKAGED)/$$name"; }

# Side by side, for none of them fills two cores: the index is built while the rest is installed and types are checked.
# Three processes for all tests, for some of the slow ones wait, and two for the others; tests/conftest.py says which tests
# stay together, and in which order they run.
READY = $(MAKE) --no-print-directory -j 2 lint types packaged
SPREAD = --dist loadscope --no-loadscope-reorder
check: .venv/.ok ## format, lint, types and the fast tests: about a minute and a half
	@$(READY)
	@$(BIN)/python -m pytest -n 2 $(SPREAD) -m "not slow"

test: .venv/.ok ## format, lint, types and all tests but the nightly ones; they check the corpus too
	@$(READY)
	@$(BIN)/python -m pytest -n 3 $(SPREAD) -m "not nightly"

bench: .venv/.test ## measure the ranking again on DATASETS=FOLDER; fails if it fell behind what is expected
	@$(BIN)/python benchmarks/run_suite.py '$(or $(DATASETS),$(error make bench DATASETS=FOLDER, the folder of the test collections))' $(ARGUMENTS)

bench-speed: .venv/.test ## time it beside sentence-transformers + FAISS, on the texts of DATASETS=FOLDER
	@$(BIN)/python benchmarks/speed.py '$(or $(DATASETS),$(error make bench-speed DATASETS=FOLDER, the folder of the test collections))' $(ARGUMENTS)

corpus-check: .venv/.test ## check the corpus; AGAINST=FOLDER finds words taken over from its files
	@$(BIN)/python tools/corpus_check.py $(if $(AGAINST),--against '$(AGAINST)')

lint: .venv/.test
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .

types: .venv/.test
	@$(BIN)/mypy

reference: .venv/.test ## write docs/reference/ from the code
	@$(BIN)/python tools/reference.py

# Prints the Python to use, or what is needed and the command to get it. (Debian has venv without ensurepip, so both are
# checked; a name can be on the path and still not run, as with pyenv.)
FIND_PYTHON = for python in $(PYTHONS); do \
	  "$$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' 2>/dev/null || continue; \
	  : "$${found:=$$python}"; \
	  "$$python" -c 'import venv, ensurepip' 2>/dev/null && { echo "$$python"; exit; }; \
	done; \
	if [ -n "$$found" ] && [ $(OS) = Darwin ]; then echo "needs venv: brew install python@3.13"; \
	elif [ -n "$$found" ]; then echo "needs venv and pip: sudo apt install $$(basename "$$found")-venv"; \
	elif [ $(OS) = Darwin ]; then echo "needs Python 3.11 to 3.14: brew install python@3.13"; \
	elif python3 -c '' 2>/dev/null; then echo "needs Python 3.11 to 3.14: sudo apt install python3.11 python3.11-venv"; \
	else echo "needs Python 3.11 to 3.14: sudo apt install python3 python3-venv"; fi

# For the start of a recipe: make stops with one line, before anything is created.
define with_python
$(eval FOUND := $(shell $(FIND_PYTHON)))$(if $(filter needs,$(FOUND)),$(error b12assistant $(FOUND)))
endef

# The stamp names the folder the .venv was made for, since a moved or copied one still runs the code it came from. It is
# removed first and written last: without it, or with another folder in it, the .venv is made again.
STAMP := $(shell cat .venv/.ok 2>/dev/null)
ifneq ($(STAMP),$(CURDIR))
.PHONY: .venv/.ok
endif

.venv/.ok: pyproject.toml constraints.txt requirements.lock Makefile
	$(with_python)
	@[ ! -L .venv ] || { echo ".venv is a link, perhaps to that of another checkout: remove the link, then try again" >&2; exit 1; }
	@rm -f $@
	@[ "$(STAMP)" = "$(CURDIR)" ] && $(BIN)/python -m pip --version >/dev/null 2>&1 || '$(FOUND)' -m venv --clear .venv
	@echo "Installing torch ($(TORCH)), then the rest; about 1.6 GB in .venv"
	@$(BIN)/$(PIP) install -c constraints.txt $(TORCH_ALONE) '$(TORCH)' || { \
	  echo "No CPU build of torch was found: let pip reach $(TORCH_INDEX), or name a wheel: make setup TORCH=FILE" >&2; exit 1; }
	@$(BIN)/$(PIP) install $(HELD) -r requirements.lock
	@$(BIN)/$(PIP) install --no-deps --no-build-isolation -e .
	@$(BIN)/$(PIP) check
	@$(BIN)/python -c 'import torch; assert torch.version.cuda is None, "a CUDA build of torch came in: make clean setup"'
	@echo '$(CURDIR)' > $@

# What tests, checks and the documentation also need.
.venv/.test: .venv/.ok requirements-test.lock
	@rm -f $@
	@echo "Installing what the tests need; about 0.7 GB more in .venv"
	@$(BIN)/$(PIP) install $(HELD) -r requirements-test.lock
	@$(BIN)/$(PIP) check
	@touch $@

docs: .venv/.test ## build the documentation as a site, in build/site
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet
	@echo "build/site/index.html; with its search: $(BIN)/python -m http.server --bind 127.0.0.1 -d build/site"

stress: .venv/.test ## nightly: property tests with 100 examples, then the nightly tests and every stress test in full: half an hour and more
	@HYPOTHESIS_PROFILE=stress $(BIN)/python -m pytest -n 2 $(SPREAD) -m "not slow"
	@HYPOTHESIS_PROFILE=stress $(BIN)/python -m pytest -v --durations=0 -m nightly

# Only the tests of what is measured: the whole suite would take twice its time.
COVERING = tests/loaders $(addprefix tests/test_,cleaning.py damage.py documents.py quoting.py store.py stress.py triage.py)
coverage: .venv/.test ## measure the branches of loaders, store, quoting and triage; fails under 95 %
	@rm -f build/.coverage*
	@$(BIN)/python -m coverage run -m pytest -q -m "not slow" $(COVERING)
	@$(BIN)/python -m coverage combine --quiet
	@$(BIN)/python -m coverage report

# The inputs, times and order of each are in docs/reference/weights.md.
weights: .venv/.test index ## fit a file of weights again: OF=graph, projection, encoder, context, leaning, ranker, topics, words, red-flags, danger or refusal
	@PYTHONPATH=benchmarks $(BIN)/python -m fit $(or $(OF),$(error make weights OF=graph, projection, encoder, context, leaning, ranker, topics, words, red-flags, danger or refusal)) $(if $(DATASETS),--datasets '$(DATASETS)') $(ARGUMENTS)
	@[ '$(OF)' != graph ] || $(BIN)/python -m pytest -q tests/test_onnx.py -k what_ships

floors: .venv/.test index ## measure the answers on the labelled questions; fails if a figure is beyond its floor
	@$(BIN)/python tools/floors.py

red-flags: .venv/.test ## audit the red flags, in build/; DATASETS=FOLDER adds real questions; fails if a figure fell behind
	@$(BIN)/python tools/red_flags.py $(if $(DATASETS),--datasets '$(DATASETS)')

audit: .venv/.test ## ask the package index for known vulnerabilities of what is pinned
	@$(BIN)/uv --quiet tool run pip-audit --strict --no-deps --disable-pip --progress-spinner off --requirement constraints.txt

# All but torch, whose CPU build is only in its own index: its version is checked, and that it has no CUDA. Its needs are
# read from itself, and setuptools is what builds b12assistant.
UV = $(BIN)/uv
EXTRAS = mcp milvus
COMPILE = pip compile --quiet --universal --python-version 3.11 --only-binary :all: --generate-hashes --no-annotate --no-header \
  -c build/pins.txt --override build/no-torch.txt
hashes: ## write requirements.lock and requirements-test.lock: the pins and the hashes of their wheels, for Linux and macOS
	@mkdir -p build
	@grep -v '^torch==' constraints.txt > build/pins.txt
	@echo "torch; python_version < '3'" > build/no-torch.txt
	@$(dir $(UV))python -c 'from importlib.metadata import requires; print(*requires("torch"), "setuptools", sep="\n")' > build/needed.txt
	@$(UV) $(COMPILE) pyproject.toml build/needed.txt -o build/requirements.lock
	@$(UV) $(COMPILE) $(addprefix --extra ,$(EXTRAS)) --group test pyproject.toml build/needed.txt -o build/requirements-test.lock
	@for lock in requirements.lock requirements-test.lock; do { \
	  echo '# Written by `make hashes` from constraints.txt and pyproject.toml; nothing else is installed but torch.'; \
	  sed "s/ ; (python_full_version < '3.15' and sys_platform == 'darwin') or (python_full_version < '3.15' and sys_platform == 'linux')//" build/$$lock; \
	  } > build/$$lock.new && mv build/$$lock.new $$lock || exit 1; done

lock: ## renew constraints.txt and requirements.lock: the newest of what pyproject.toml allows
	$(with_python)
	'$(FOUND)' -m venv --clear build/lock
	build/lock/bin/$(PIP) install $(TORCH_ALONE) "$$(sed -n 's/^ *"\(torch[<>=].*\)",/\1/p' pyproject.toml)"
	build/lock/bin/$(PIP) install . --group test
	@sed '/^[^#]/,$$d' constraints.txt > build/lock/constraints.txt
	@build/lock/bin/$(PIP) freeze --all --exclude pip --exclude b12assistant | sed 's/+cpu$$//' >> build/lock/constraints.txt
	@! grep -i '^nvidia' build/lock/constraints.txt
	mv build/lock/constraints.txt constraints.txt
	@$(MAKE) hashes UV=build/lock/bin/uv
	@rm -rf build/lock

clean: ## remove what make built except the index
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis src/*.egg-info
