# Each target sets up what it needs on a machine that has only git, make and Python 3.10 or newer.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test lint venv

demo: venv  ## serve the page from the repository's weights; more flags with ARGS="--port 8000"
	$(BIN)/python app.py $(ARGS)

test: .venv/.dev  ## one part only with ARGS=tests/demo
	sh tests/helpers/browser.sh $(BIN)
	$(BIN)/python -m pytest $(ARGS)

lint: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

venv: .venv/.run

# A stamp is newer than the requirements it was made from, so that a second call does nothing.
.venv/.run: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.10 or newer is needed: make PYTHON=python3.12" if sys.version_info < (3, 10) else 0)'
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { apt-get update -qq && apt-get install -y -qq python3-venv; } \
		|| { echo "This Python cannot make virtual environments; on Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

.venv/.dev: requirements-dev.txt .venv/.run
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@
