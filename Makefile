# make figures: set up, build the tables, fit the first models, draw the figures.  make help lists the rest.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --constraint constraints.txt
CODE := $(shell find pkstats -name '*.py' -o -name '*.toml' -o -name '*.csv')
RAW := $(wildcard data/raw/*.csv data/raw/*.toml)
TABLES := data/processed/build.json

.PHONY: help figures data test lint types docs notebooks bench fixtures clean
.DEFAULT_GOAL := help

help: ## list the targets
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /: /' | column -t -s:

figures: $(VENV)/figures.done ## set up, build the tables, fit the models, draw every figure

$(VENV)/figures.done: $(TABLES)
	$(BIN)/pkstats figures --out figures
	@touch $@

data: $(TABLES) ## build data/processed from data/raw

$(TABLES): $(VENV)/core.done $(CODE) $(RAW)
	$(BIN)/pkstats build
	@touch $@

test: $(VENV)/test.done $(TABLES) ## run the tests
	$(BIN)/python -m pytest

lint: $(VENV)/dev.done ## style, formatting and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: $(VENV)/core.done ## write the generated codebook page
	$(BIN)/pkstats codebook --out docs/codebook.md

notebooks: $(VENV)/notebooks.done $(TABLES) ## run the notebooks in place
	@set -e; for notebook in notebooks/*.ipynb; do \
	  $(BIN)/jupyter nbconvert --to notebook --execute --inplace $$notebook; done

bench: $(VENV)/test.done $(TABLES) ## time readers, build and panels beside bare pandas (needs publisher files)
	$(BIN)/python benchmarks/run.py

fixtures: $(VENV)/test.done $(TABLES) ## rewrite the R fixtures in tests/r (needs R)
	$(BIN)/python tests/r/make_data.py
	@set -e; for script in tests/r/*.R; do Rscript $$script; done

clean: ## remove the environment and everything generated
	rm -rf $(VENV) data/processed/*.parquet data/processed/build.json .pytest_cache .mypy_cache .ruff_cache

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
