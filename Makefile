# Each target sets up what it needs on a machine that has only git, make and Python 3.10 or newer.
PYTHON ?= python3
BIN := .venv/bin
WORKERS ?= 2
PIP := $(BIN)/python -m pip install --disable-pip-version-check
CPU_BUILDS := https://download.pytorch.org/whl/cpu

.PHONY: demo test lint venv

demo: venv  ## serve the page from the repository's weights; more flags with ARGS="--port 8000"
	@$(BIN)/python app.py $(ARGS)

test: .venv/.dev  ## one part only with ARGS=tests/demo; WORKERS=4 where there are four cores
	@sh tools/install_chromium.sh $(BIN)
	@echo "Running the tests: six to nine minutes on two cores. ARGS=tests/data runs a part of them."
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(ARGS)

lint: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

venv: .venv/.run

# A stamp is newer than the requirements it was made from, so that a second call does nothing.
.venv/.run: requirements.txt constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.10 or newer is needed: make PYTHON=python3.12" if sys.version_info < (3, 10) else 0)'
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { apt-get update -qq && apt-get install -y -qq python3-venv; } \
		|| { echo "This Python cannot make virtual environments; on Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing the packages of requirements.txt into .venv: about 1.5 GB, or 6 GB with CUDA. This takes some minutes."
	@if [ "$$(uname -s)" = Linux ] && ! nvidia-smi >/dev/null 2>&1; then \
		echo "No NVIDIA card found: trying the smaller build of PyTorch for the CPU (200 MB)."; \
		$(PIP) --retries 1 --timeout 15 --index-url $(CPU_BUILDS) $$(grep -oE '^torch(vision)?==[0-9.]+' requirements.txt) \
			|| echo "It cannot be installed here; taking the usual build, about 3 GB to download."; \
	fi
	@$(PIP) -r requirements.txt -c constraints.txt
	@touch $@

.venv/.dev: requirements-dev.txt constraints.txt .venv/.run
	@echo "Installing the packages of requirements-dev.txt: about 150 MB, a minute."
	@$(PIP) -r requirements-dev.txt -c constraints.txt
	@touch $@
