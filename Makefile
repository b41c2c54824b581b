# make figures: set up, build the tables, fit the first models, draw the figures.  make help lists the rest.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# A worker per processor. A file stays with one worker, which keeps what the file has loaded.
PYTEST := $(BIN)/python -m pytest --numprocesses auto --dist loadfile
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --constraint constraints.txt
CODE := $(shell find pkstats -name '*.py' -o -name '*.toml' -o -name '*.csv' -o -name '*.gz')
RAW := $(wildcard data/raw/*.csv data/raw/*.toml)
TABLES := data/processed/build.json
SITE := docs/_build/html/index.html
GENERATED := docs/codebook.md docs/measures.md docs/checked.md docs/evidence.md
PAGES := $(filter-out $(GENERATED),$(wildcard docs/*.md docs/*.py docs/_static/*)) \
  $(wildcard figures/* notebooks/*.ipynb benchmarks/*.png)

.PHONY: help figures data test test-slow test-all test-site coverage lint hooks docs notebooks notebooks-update bench fuzz \
  durability fixtures dist clean
.DEFAULT_GOAL := help

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /: /' | column -t -s:

figures: $(VENV)/figures.done ## set up, build the tables, fit the models, draw every figure

$(VENV)/figures.done: $(TABLES)
	$(BIN)/pkstats figures --out figures
	@touch $@

data: $(TABLES) ## build data/processed from data/raw

$(TABLES): $(VENV)/core.done $(CODE) $(RAW)
	$(BIN)/pkstats build
	@touch $@

test: $(VENV)/test.done $(TABLES) ## run the tests, except the slow ones
	$(PYTEST) -m 'not slow'

test-slow: $(VENV)/dev.done $(TABLES) ## run the slow tests: whole releases, drawing again, types of a user's script
	$(PYTEST) -m slow

test-all: test test-slow ## run all tests

coverage: $(VENV)/dev.done $(TABLES) ## run the tests, except the slow ones, and print the lines they miss
	$(PYTEST) -m 'not slow' --cov

test-site: $(VENV)/test.done $(VENV)/docs.done $(TABLES) ## test the site in a browser, and the running of notebooks
	PKSTATS_SITE=required $(BIN)/python -m pytest tests/test_site.py tests/test_notebooks.py

lint: $(VENV)/dev.done ## style, formatting and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

hooks: $(VENV)/dev.done ## lint and types before each commit
	$(BIN)/pre-commit install

docs: $(SITE) ## render the site and print the file to open
	@echo "open $(CURDIR)/$(SITE)"

$(SITE): $(VENV)/docs.done $(TABLES) $(CODE) $(PAGES)
	$(BIN)/pkstats codebook --out docs/codebook.md
	$(BIN)/pkstats checked --out docs/checked.md
	$(BIN)/pkstats evidence --out docs/evidence.md
	$(BIN)/sphinx-build -q -W --keep-going -j auto docs $(@D)
	@touch $@

notebooks: $(VENV)/docs.done $(TABLES) ## run changed notebooks, compare with what is stored, render the site (ONLY=03, UPDATE=1)
	$(BIN)/python notebooks/check.py $(if $(UPDATE),--update) $(ONLY)
	@$(MAKE) --no-print-directory docs

notebooks-update: ## run changed notebooks and store their outputs
	@$(MAKE) --no-print-directory notebooks UPDATE=1

bench: $(VENV)/bench.done $(TABLES) ## time readers, models and the multiverse beside their peers (WRITE=1 keeps the tables)
	$(BIN)/python benchmarks/run.py $(if $(WRITE),--write)
	$(BIN)/python benchmarks/multiverse.py $(if $(WRITE),--write)

FILES ?= 40000

fuzz: $(VENV)/dev.done ## read FILES spoiled files of every kind (40,000; about 20 minutes on two cores)
	$(BIN)/python -m tests.hardening.fuzz --files $(FILES)

durability: $(VENV)/test.done $(TABLES) ## flip bits, kill builds, race readers and writers; fails if anything wrong is served
	$(BIN)/python -m tests.hardening.durability
	$(BIN)/python -m tests.hardening.durability_multiverse

fixtures: $(VENV)/test.done $(TABLES) ## rewrite the R fixtures in tests/r (needs R)
	$(BIN)/python tests/r/make_data.py
	@set -e; for script in tests/r/*.R; do Rscript $$script; done

dist: $(VENV)/release.done ## build the wheel and the source archive into dist/
	rm -rf dist
	$(BIN)/python -m build --no-isolation

clean: ## remove the environment and everything generated
	rm -rf $(VENV) data/processed/generation-* data/processed/*.parquet data/processed/*.json data/processed/claims data/processed/drawn .pytest_cache .mypy_cache .ruff_cache
	rm -rf dist .coverage
	rm -rf docs/_build docs/api docs/gallery docs/notebooks docs/measures.md

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "pkstats needs Python 3.11 or newer; found $$($(PYTHON) --version). Set PYTHON=."; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/core.done: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) --editable .
	@touch $@

$(VENV)/%.done: $(VENV)/core.done
	$(PIP) --editable '.[$*]'
	@touch $@
