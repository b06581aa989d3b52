# make demo   the page, from a fresh clone: runtime dependencies only (ARGS="--help" shows its options)
# make test   every check, as CI runs them (ARGS="tests/auth -k token" chooses tests, WORKERS=6 takes more cores)
# make quick  the checks, and the tests that start no server, browser or training (ARGS, WORKERS as above)
# make fix    mend what ruff can mend by itself, and format
# make bench BASE=<commit>   whether anything is slower than it was there (ARGS="--only scan --rounds 15"); docs/performance.md
# make coverage   the branches that the tests never take (ARGS as above); docs/testing.md
# make mutants    small changes that no test notices; docs/testing.md
# make audit  look the pinned versions up among known vulnerabilities; this needs the network
# make sbom   what the demo is made of, as CycloneDX: build/sbom.cdx.json; this needs the network, once
# make lock   pin the dependencies of pyproject.toml anew (ARGS=--upgrade takes newer versions)
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# --no-deps: the locks are full closures, and the pip of Python 3.11 would look an extra's newest release up again.
INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes
# The command `facejury`, built by the locked setuptools without the network. -qq: newer pips show its build warnings.
COMMAND := $(BIN)/pip install -qq --disable-pip-version-check --no-index --no-deps --no-build-isolation --editable .
# As pip does with what it installs: to compile our modules at each start takes longer than the first verdict may.
BYTECODE = $(BIN)/python -m compileall -q auth detectors models registry storage text ui demo.py facejury.py
# What `facejury detectors install` pinned, where a fresh environment lacks it: docs/plugins.md.
PLUGINS = @[ ! -e plugins.toml ] || $(BIN)/facejury detectors install
TESTS := $(BIN)/python -m pytest
# On two cores: tests that wait for a server, a browser or a clock leave room for a third.
WORKERS ?= 3
# A file at a time, in the order of tests/conftest.py: the longest first.
BESIDE = FACEJURY_THREADS=1 $(TESTS) --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder --max-worker-restart 0
COMPILE := .venv-lock/bin/uv pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes \
	--custom-compile-command "make lock" $(ARGS) pyproject.toml

.PHONY: audit bench check coverage demo fix lock mutants quick sbom test
.DELETE_ON_ERROR:

demo: $(VENV)/.runtime
	$(BIN)/python demo.py $(ARGS)

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: check
	$(BESIDE) $(ARGS) || [ $$? = 5 ]
	$(TESTS) --alone $(ARGS) || [ $$? = 5 ]  # 5: none of the tests that ARGS chose is of this kind

quick: check
	$(BESIDE) -m "not slow and not browser" $(ARGS)

fix: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench:
	@[ -n "$(BASE)" ] || { echo "Say what to compare with: make bench BASE=HEAD~1"; exit 2; }
	$(MAKE) $(VENV)/.dev
	$(BIN)/python -m benchmarks.commits $(BASE) $(ARGS)

# Subprocesses are measured too. Serial: what is marked `alone` counts as well.
coverage: $(VENV)/.dev
	$(TESTS) --cov --cov-report=term $(ARGS)

# mutmut stays out of the lock, as make lock's uv does: it is wanted now and then, and by no test.
mutants: $(VENV)/.dev
	$(BIN)/python -m venv .venv-mutants
	.venv-mutants/bin/pip install --quiet --disable-pip-version-check "mutmut>=3.8,<4"
	PYTHONPATH=$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))') \
		.venv-mutants/bin/mutmut run --max-children 1 $(ARGS)
	.venv-mutants/bin/mutmut results

# Both environments are one folder: requirements-dev.lock holds requirements.lock at the same versions, and more.
$(VENV)/.runtime: pyproject.toml requirements.lock | $(BIN)/pip
	@echo "Installing what the demo needs into $(VENV): a minute or two, once."
	$(INSTALL) -r requirements.lock
	$(COMMAND)
	$(BYTECODE)
	$(PLUGINS)
	@touch $@

$(VENV)/.dev: pyproject.toml requirements-dev.lock | $(BIN)/pip
	@echo "Installing what training and the tests need into $(VENV): a few minutes, once."
	$(INSTALL) -r requirements-dev.lock
	$(COMMAND)
	$(BYTECODE)
	$(PLUGINS)
	@touch $@ $(VENV)/.runtime

$(BIN)/pip:
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is not here: Python 3.11 or newer is needed."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "$(PYTHON) is too old: Python 3.11 or newer is needed (make PYTHON=python3.12 ...)."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "$(PYTHON) cannot make environments: install its venv module (Debian: python3-venv)."; exit 1; }
	$(PYTHON) -m venv $(VENV)

audit:
	$(PYTHON) -m venv .venv-audit
	.venv-audit/bin/pip install --quiet --disable-pip-version-check "pip-audit>=2.9,<3"
	.venv-audit/bin/pip-audit --disable-pip --require-hashes --strict --requirement requirements.lock $(ARGS)

sbom:
	$(PYTHON) -m venv .venv-sbom
	.venv-sbom/bin/pip install --quiet --disable-pip-version-check "cyclonedx-bom>=7.5,<8"
	@mkdir -p build
	.venv-sbom/bin/cyclonedx-py requirements --pyproject pyproject.toml --output-reproducible \
		--output-file build/sbom.cdx.json requirements.lock
	@echo "build/sbom.cdx.json"

lock:
	$(PYTHON) -m venv .venv-lock
	.venv-lock/bin/pip install --quiet --disable-pip-version-check "uv>=0.9,<1"
	$(COMPILE) --output-file requirements.lock
	$(COMPILE) --output-file requirements-dev.lock --extra dev --constraint requirements.lock
