# Every target installs what it needs first: a virtual environment from requirements.lock, once.
#   make test PYTHON=python3.13 VENV=.venv-3.13     another interpreter, beside the first
PYTHON ?= python3
VENV ?= .venv
# The lock is kept as far as pyproject.toml allows; LOCKFLAGS=--upgrade takes the newest of everything.
LOCKFLAGS ?=

BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
LOCK_VENV := $(VENV)-lock
UV := uv==0.13.9

.DEFAULT_GOAL := help
.PHONY: help demo test lint app docs odd bench systems validation studies lessons notebooks calibration figures replay lock clean

help: ## Show the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: $(STAMP) ## Compare the joint-punishment regime of 2016 with its baseline
	$(BIN)/creditregime compare regime=joint_2016

test: lint ## Check style and types, then run the tests
	$(BIN)/pytest

lint: $(STAMP) ## Check style and types only
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

app: $(STAMP) ## Open the classroom: twin worlds in the browser
	$(BIN)/creditregime app

docs: $(STAMP) ## Build the documentation into docs/_build/html
	$(BIN)/sphinx-build -W --keep-going -b html docs docs/_build/html

odd: $(STAMP) ## Rewrite docs/odd.md, the ODD+D description, from its parts and the code
	$(BIN)/python docs/odd.py

bench: $(STAMP) ## Measure speed and memory, up to ten million firms over ten years (an hour and a half, 15 GB)
	$(BIN)/python -m benchmarks.run
	$(BIN)/python -m benchmarks.others
	$(BIN)/python -m benchmarks.sweeps
	$(BIN)/python -m benchmarks.profile --write
	$(BIN)/python -m benchmarks.scale

systems: $(STAMP) ## Run all demonstrations of the 47 systems into docs/systems.md (a quarter of an hour)
	$(BIN)/python experiments/systems/make_table.py

validation: $(STAMP) ## Run the whole validation suite into docs/validation.md (half an hour)
	$(BIN)/python experiments/validation/make_page.py

studies: $(STAMP) ## Run the twelve studies into experiments/ (half an hour; SIZE=small: two minutes, into results/)
	$(BIN)/python -m experiments.studies $(if $(filter small,$(SIZE)),--small)

lessons: $(STAMP) ## Run what the lessons say a class will see, into docs/classroom (a minute)
	$(BIN)/python -m experiments.lessons

notebooks: $(STAMP) ## Execute the notebooks of docs/notebooks in place (a minute)
	$(BIN)/python docs/run_notebooks.py

replay: $(STAMP) ## Write the replay explorer, one HTML file for a class, into results/ (five minutes)
	$(BIN)/creditregime replay experiments/replay/study.yaml

calibration: $(STAMP) ## Calibrate the shipped baseline again: preset, draws, figures, page (an hour)
	$(BIN)/python experiments/calibration/make_baseline.py
	$(BIN)/python experiments/calibration/recovery.py

figures: $(STAMP) ## Draw the pictures of README and docs, and the table of published shares, at full size
	$(BIN)/python experiments/flagship/make_figures.py
	$(BIN)/python experiments/bunching/make_figure.py
	$(BIN)/python experiments/gallery/make_figures.py
	$(BIN)/python experiments/published_shares/make_table.py --firms 4000

lock: ## Regenerate requirements.lock from pyproject.toml (LOCKFLAGS=--upgrade for the newest versions)
	$(PYTHON) -m venv $(LOCK_VENV)
	$(LOCK_VENV)/bin/pip install --quiet --disable-pip-version-check $(UV)
	$(LOCK_VENV)/bin/uv pip compile --quiet --no-config --no-python-downloads --python $(LOCK_VENV)/bin/python \
		--universal --python-version 3.11 --all-extras --generate-hashes --no-emit-index-url \
		--only-binary :all: --no-binary antlr4-python3-runtime --no-binary solara-assets \
		--custom-compile-command "make lock" $(LOCKFLAGS) pyproject.toml -o requirements.lock

clean: ## Remove the environments, caches and builds (results/ stays)
	rm -rf $(VENV) $(LOCK_VENV) build dist docs/_build .mypy_cache .pytest_cache .ruff_cache .hypothesis
	rm -rf model/creditregime/compiled/__pycache__ model/creditregime/laboratory/__pycache__
	find .ci benchmarks configs docs experiments model tests -type d -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true

$(STAMP): pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(None if (3, 11) <= sys.version_info < (3, 14) else \
		"creditregime needs Python 3.11, 3.12 or 3.13: make PYTHON=/path/to/python")'
	@echo "Installing the locked packages into $(VENV) (a minute or two, once)"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@
