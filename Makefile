# Needs Python 3.11 or newer and make; everything else goes into .venv. Another interpreter: make run PYTHON=python3.12

PYTHON ?= python3
SCENARIO ?= insulin-challenge
TESTS ?= tests --ignore=tests/browser
PROCESSES ?= 4
IN_PARALLEL = -n $(PROCESSES) --dist loadfile --no-loadscope-reorder
KINDS ?=

VENV := .venv
BIN := $(VENV)/bin
# The build backend runs in an environment of its own, which `-c` does not reach: newer versions of pip take its pins from
# PIP_BUILD_CONSTRAINT, older ones from PIP_CONSTRAINT. What pip would compile one file after the other, all processors do,
# without the tests of libraries, of which some are meant not to compile.
define INSTALL
@PIP_CONSTRAINT=constraints.txt PIP_BUILD_CONSTRAINT=constraints.txt PIP_DISABLE_PIP_VERSION_CHECK=1 \
	$(BIN)/python -m pip install --quiet --no-compile -c constraints.txt -e '.$(1)'
@$(BIN)/python -W ignore -m compileall -qq -j 0 -x '/tests?/' $(VENV)/lib || true
endef

# The parts of the package under its name: pyright, here and in editors, does not follow an editable install of a repository
# that is the package itself.
PARTS := __init__.py version.py py.typed agents benchmarks sim

.PHONY: help run dashboard kernels test browser coverage lint docs bench bench-peers stress mutants fits validation clinical fit-body clean
.DELETE_ON_ERROR:

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' Makefile

run: $(VENV)/.installed  ## Run the main scenario (another one: SCENARIO=insulin-pulse)
	$(BIN)/glut4sim run $(SCENARIO)

dashboard: $(VENV)/.installed-dashboard  ## Open the live dashboard (with another scenario: SCENARIO=men/trt)
	$(BIN)/glut4sim dashboard $(SCENARIO)

# Four processes keep two processors at work, as many tests wait for programs. Where the environment forbids Python to
# keep what it has compiled, each program that a test starts would compile all that it imports.
kernels test browser: export PYTHONDONTWRITEBYTECODE =
kernels: $(VENV)/.installed-dev  ## Compile what the tests run
	$(BIN)/python -m tests.kernels

test: kernels  ## Run the tests, but for those in a browser (some of them: TESTS=tests/unit)
	$(BIN)/pytest $(IN_PARALLEL) $(TESTS)

# Chromium and the server of the page have processes of their own.
browser: kernels  ## Run the tests of the dashboard in a browser (2 min)
	$(BIN)/pytest $(IN_PARALLEL) tests/browser

# What is compiled cannot be watched: the tests of kernels run again, with kernels in Python. Some test roundings that
# Python does otherwise.
IN_PYTHON := $(addprefix tests/unit/agents/test_, candidates.py clocks.py next_steps.py population.py rates.py) \
	$(addprefix tests/unit/model/test_, poisson.py signalling.py twin.py) tests/unit/endocrine/test_pharmacokinetics.py \
	$(addprefix tests/unit/endocrine/test_hormones.py::test_, hill_form_with_an_opponent a_lag_is_a_chain_of_equal_compartments)
COMPILED := not armed_with_each and not fire_many_times and not (twin and (brisk or preset))

coverage: $(VENV)/.installed-dev  ## Say which lines and branches the tests leave out; at least 90 % are run (30 min)
	$(call INSTALL,[coverage])
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest $(IN_PARALLEL) tests
	NUMBA_DISABLE_JIT=1 $(BIN)/coverage run -m pytest -p tests.python_mode -k "$(COMPILED)" $(IN_PYTHON)
	$(BIN)/coverage combine
	$(BIN)/coverage report

lint: $(VENV)/.installed-dev  ## Check style, formatting, import contracts and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/pyright

docs: export NO_MKDOCS_2_WARNING = 1
docs: $(VENV)/.installed-dev  ## Build the documentation as a site, build/site/index.html; a warning is an error
	$(BIN)/mkdocs build

bench: $(VENV)/.installed-dev  ## Measure speed
	$(BIN)/pytest benchmarks/performance --benchmark-only

bench-peers: $(VENV)/.installed-dev  ## Race Smoldyn, Mesa, NFsim and others, and write docs/performance.md (20 min)
	$(BIN)/python -m glut4sim.benchmarks.performance.peers

stress: export PYTHONDONTWRITEBYTECODE =
stress: $(VENV)/.installed-dev  ## Break what surrounds the program, at random, and write docs/reliability.md (40 min)
	$(BIN)/python -m glut4sim.benchmarks.stress $(KINDS)

mutants: $(VENV)/.installed-dev  ## Change 50 places that make numbers, one by one, and see that tests notice (5 min)
	$(BIN)/python -m tests.mutants

validation: $(VENV)/.installed  ## Compare the cells with published measurements and write docs/validation.md (5 min)
	rm -rf build/validation
	$(BIN)/glut4sim bench validation --uncertain --out build/validation
	cp -R build/validation/validation.md build/validation/validation docs/

clinical: $(VENV)/.installed  ## Compare bodies with clinical numbers and write docs/clinical.md (8 min)
	rm -rf build/clinical
	$(BIN)/glut4sim bench clinical --uncertain --out build/clinical
	cp build/clinical/clinical.md docs/

# Each preset after those that it extends: its fit starts from their values.
FITS := adipocyte skeletal-muscle human-adipocyte type-2-diabetes

fits: $(VENV)/.installed-dev  ## Fit the presets to data again: digits, posteriors and docs/fits (20 min)
	rm -rf build/fits
	for name in $(FITS); do \
		$(BIN)/glut4sim fit $$name --starts 4 --steps 400 --draws 300 --out build/fits/$$name && \
		$(BIN)/python -m glut4sim.benchmarks.fits.adopt build/fits/$$name || exit 1; \
	done

fit-body: $(VENV)/.installed  ## Fit the body to clinical numbers again: values, posterior, docs/fits/body (15 min)
	$(BIN)/python -m glut4sim.benchmarks.fits.body

clean:  ## Remove .venv, builds and caches (results stay)
	rm -rf $(VENV) build dist *.egg-info __pycache__ .pytest_cache .ruff_cache .import_linter_cache .hypothesis .benchmarks
	find agents sim benchmarks tests -type d -name __pycache__ -prune -exec rm -rf {} +

# Set-up happens once, and again when the dependencies or their pins change.

$(VENV)/.created:
	@command -v $(PYTHON) >/dev/null || { \
		echo "glut4sim needs Python 3.11 or newer, and there is no '$(PYTHON)'; name yours: make run PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "glut4sim needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) --version 2>&1). Name a newer one:" \
			"make run PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "'$(PYTHON)' cannot make a virtual environment with pip; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@echo "Setting up $(VENV) with $$($(PYTHON) --version); this takes a minute or two, once."
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.installed: $(VENV)/.created pyproject.toml constraints.txt
	$(call INSTALL)
	@touch $@

$(VENV)/.installed-dashboard: $(VENV)/.created pyproject.toml constraints.txt
	$(call INSTALL,[dashboard])
	@touch $@ $(VENV)/.installed

$(VENV)/.installed-dev: $(VENV)/.created pyproject.toml constraints.txt
	$(call INSTALL,[dev])
	@mkdir -p $(VENV)/link/glut4sim
	@for part in $(PARTS); do ln -sfn ../../../$$part $(VENV)/link/glut4sim/$$part; done
	@touch $@ $(VENV)/.installed
