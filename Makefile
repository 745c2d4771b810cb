# alphasync: run, test, check, bench. All of it lives in .venv; nothing needs root.

VENV := .venv
BIN := $(VENV)/bin

# The pinned versions hold for what is installed and, by these, for what builds it: pip up to 25
# reads the first in a build environment, later ones the second. (A relative path: pip splits at
# spaces.)
export PIP_CONSTRAINT := constraints.txt
export PIP_BUILD_CONSTRAINT := constraints.txt
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# Kept for the next process: the tests start hundreds, and compiling is half of what a start takes.
unexport PYTHONDONTWRITEBYTECODE

END_TO_END := tests/integration/command_line/test_serve.py::test_serve_runs_from_end_to_end_with_nothing_set

# What decides the content of the virtual environment.
INPUTS := pyproject.toml constraints.txt hatch_build.py static/package.json static/package-lock.json

# What looks for known holes; in an environment of its own, as nothing here needs it.
AUDIT := .venv-audit
PIP_AUDIT := pip-audit==2.10.1

.PHONY: run test quick malformed overload check bench audit clean

run: $(VENV)/.run
	@exec $(BIN)/alphasync serve $(ARGS)

# In several processes; in one, as for a debugger: make test ARGS="-n 0".
test: $(VENV)/.dev
	@exec $(BIN)/python -m pytest -n auto --dist worksteal $(ARGS)

# What takes a minute, for another Python: make quick VENV=.venv-3.13 PYTHON=python3.13
quick: $(VENV)/.test
	@exec $(BIN)/python -m pytest -q tests/unit tests/scripts $(END_TO_END) $(ARGS)

# Requests, packets and answers that are none: many more than the suite makes of them.
malformed: $(VENV)/.test
	@exec $(BIN)/python -m pytest tests/faults/malformed tests/integration/http/test_openapi.py \
		--malformed 100000 --log-cli-level=INFO $(ARGS)

# More typed texts than a server can carry, for a minute at twice and at four times as many.
overload: $(VENV)/.test
	@exec $(BIN)/python -m pytest tests/faults/test_overload.py --overload 60 --log-cli-level=INFO $(ARGS)

check: $(VENV)/.dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.bench
	$(BIN)/python -m benchmarks $(ARGS)

# Asks the network for the advisories of today: no gate, as it may fail without any change of ours.
audit: $(AUDIT)/bin/pip-audit
	$(AUDIT)/bin/pip-audit --disable-pip --no-deps --requirement constraints.txt
	cd static && npm audit --package-lock-only

$(AUDIT)/bin/pip-audit: $(BIN)/python
	@$(BIN)/python -m venv --clear $(AUDIT)
	@PIP_CONSTRAINT= $(AUDIT)/bin/python -m pip install --quiet '$(PIP_AUDIT)'

clean:
	rm -rf .venv .venv-3.* .venv-audit build dist static/vendor static/docs/vendor \
		.mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache

$(VENV)/.run: $(BIN)/python $(INPUTS)
	@echo "Installing alphasync and what it needs into $(VENV), once: it takes a minute"
	@$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/.test: $(BIN)/python $(INPUTS)
	@echo "Installing alphasync and what its tests need into $(VENV), once: it takes a minute"
	@$(BIN)/python -m pip install --quiet --editable '.[test]'
	@touch $@ $(VENV)/.run

$(VENV)/.dev: $(BIN)/python $(INPUTS)
	@echo "Installing alphasync, its tests' and its checks' needs into $(VENV), once: it takes a minute"
	@$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@ $(VENV)/.run $(VENV)/.test

$(VENV)/.bench: $(BIN)/python $(INPUTS)
	@echo "Installing alphasync and what its benchmarks need into $(VENV), once: it takes a minute"
	@$(BIN)/python -m pip install --quiet --editable '.[bench]'
	@touch $@ $(VENV)/.run

# Each candidate is asked, not only looked for: a version manager's shim may point to nothing.
$(BIN)/python:
	@for candidate in $(PYTHON) python3 python3.13 python3.12 python3.11 python; do \
		"$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
		echo "Creating $(VENV) with $$("$$candidate" --version)"; \
		"$$candidate" -m venv --clear $(VENV) && exit 0; \
		rm -rf $(VENV); \
		echo "$$candidate cannot make a virtual environment with pip in it." >&2; \
		echo "On Debian and Ubuntu the package python3-venv is missing." >&2; \
		exit 1; \
	done; \
	echo "alphasync needs Python 3.11 or newer, and none was found." >&2; \
	echo "If it is not on your PATH: make PYTHON=/path/to/python3 ..." >&2; \
	exit 1
