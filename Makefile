# Everything a person or CI does with this repository. `make` alone lists the targets.
SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
PYTEST := $(BIN)/python -m pytest
PIP_COMPILE := $(BIN)/pip-compile -q --generate-hashes --no-emit-index-url --no-emit-find-links \
  --allow-unsafe --strip-extras --no-header

.DEFAULT_GOAL := help
.PHONY: help install quickstart test test-idp test-clients test-gate test-shell soak fuzz fuzz-guided check bench docs image lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(VENV)/.product ## the product in .venv, from the lock file

quickstart: $(VENV)/.product ## run the whole story on this machine: bastion, demo provider, demo host
	@exec $(BIN)/bastion quickstart $(ARGS)

test: $(VENV)/.tests ## everything that can be tested in minutes; installs what the tests need
	@.ci/packages
	@$(BIN)/python -m compileall -q bastion replay_tui tests  # also where Python is told to write none
	$(PYTEST) -n 3 --dist loadfile $(ARGS)

test-idp: $(VENV)/.tests ## more identity providers (needs node, npm, Debian's glewlwyd); writes docs/identity.md
	$(PYTEST) -p no:xdist -m idp tests/idp

test-clients: $(VENV)/.tests ## clients of all kinds (needs node, npm; installs Debian's); writes docs/clients.md
	@.ci/packages
	@.ci/packages clients
	$(PYTEST) -p no:xdist -m clients tests/clients

test-gate: $(VENV)/.tests ## what the gate stops, in four shells (installs Debian's); writes docs/gate.md
	@.ci/packages
	@.ci/packages gate
	$(PYTEST) -p no:xdist -m gate tests/gate $(ARGS)

test-shell: $(VENV)/.tests ## the shells' tests with another version (root): WITH=/path/to/it FOR=/usr/bin/bash
	@.ci/packages
	.ci/with "$(WITH)" "$(FOR)" $(PYTEST) -n 2 tests/command/shell -k "$(notdir $(FOR))" $(ARGS)

soak: $(VENV)/.tests ## random editing for half an hour: what was judged is what ran
	@.ci/packages
	$(BIN)/python -m bench.soak $(ARGS)

fuzz: $(VENV)/.tests ## a million lines through reading and judging (about 40 minutes)
	@nice -n 10 $(BIN)/python -m bench.fuzz $(ARGS)

fuzz-guided: $(VENV)/.fuzz ## the same, led by what code is reached (2 hours; x86-64, Python 3.11 to 3.13)
	@nice -n 10 $(BIN)/python -m bench.guided $(ARGS)

check: $(VENV)/.tests ## ruff, mypy --strict, the shape of the tree, the docs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(PYTEST) -q tests/test_architecture.py tests/test_docs.py

bench: $(VENV)/.tests ## through the bastion against OpenSSH's ProxyJump and direct, as ratios
	@.ci/packages
	$(BIN)/python -m bench $(ARGS)

docs: $(VENV)/.tests ## make the generated pages and pictures again
	$(BIN)/python docs/generate.py
	$(BIN)/python docs/screenshot.py

image: ## build the container image (podman, buildah or docker)
	.ci/image

lock: $(VENV)/.tests ## resolve the dependencies anew
	$(PIP_COMPILE) --upgrade --output-file requirements.lock pyproject.toml .ci/build.in
	$(PIP_COMPILE) --upgrade --extra dev --constraint requirements.lock \
	  --output-file requirements-dev.lock pyproject.toml .ci/build.in
	$(PIP_COMPILE) --upgrade --output-file .ci/fuzz.lock .ci/fuzz.in

clean: ## forget .venv and caches
	rm -rf $(VENV) .fuzz .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/.product: requirements.lock pyproject.toml .ci/venv
	@.ci/venv $(VENV) requirements.lock
	@touch $@

$(VENV)/.tests: requirements-dev.lock pyproject.toml .ci/venv
	@.ci/venv $(VENV) requirements-dev.lock
	@touch $@ $(VENV)/.product

$(VENV)/.fuzz: $(VENV)/.tests .ci/fuzz.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes \
	  --requirement .ci/fuzz.lock
	@touch $@
