# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Makes one environment, .venv, and calls what is in it. What the sessions of the tests do stands in noxfile.py.

# Under pyenv every Python that is installed is found by its name; elsewhere this says nothing.
PYENV := $(shell pyenv versions --bare 2>/dev/null | sort -rV | paste -sd:)
ifneq ($(PYENV),)
export PYENV_VERSION := $(PYENV)
endif

VENV := .venv
PIP := $(VENV)/bin/pip install --quiet --disable-pip-version-check
NOX := PATH="$(CURDIR)/$(VENV)/bin:$$PATH" $(VENV)/bin/nox --reuse-existing-virtualenvs --no-error-on-missing-interpreters
LINT := lint docs-check license-check extra-checks build-import-check ansible-lint types imports workflows
CORES := 2.21 2.20 2.19 2.18 2.17
TESTS := oldest-core coverage keystone examples python39 fuzz interop docs bench-tests demo simulator release $(LINT) \
	integration-2.21 sanity-2.21

.PHONY: help demo test unit integration lint docs matrix bench mutation clients-table session format clean

help: ## List what can be made
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

demo: $(VENV)/runs ## Run the main job against the simulator
	@$(VENV)/bin/python tests/tools/demo.py

test: $(VENV)/ready ## Run everything, with the newest and the oldest ansible-core
	@$(VENV)/bin/python tests/tools/sessions.py $(TESTS)

unit: $(VENV)/ready ## Run the unit tests only
	@$(NOX) --session units

integration: $(VENV)/ready ## Run the integration tests with the newest ansible-core
	@$(NOX) --session integration-2.21

lint: $(VENV)/ready ## Run the linters and the checks of types, docs and licences
	@$(NOX) --session $(LINT)

docs: $(VENV)/ready ## Build the guide and the pages of the modules, into docs/html
	@$(NOX) --session docs

bench: $(VENV)/ready ## Measure the speed beside other ways, and write the page about it
	@$(NOX) --session bench

mutation: $(VENV)/ready ## Break the decision core, and see that the tests notice
	@$(NOX) --session mutation

clients-table: $(VENV)/ready ## Compare the page about other clients with what they do
	@$(NOX) --session clients-table

session: $(VENV)/ready ## Run the session NAME of noxfile.py
	@$(VENV)/bin/python tests/tools/sessions.py $(NAME)

matrix: $(VENV)/ready ## Run units, integration and sanity tests with every ansible-core
	@$(VENV)/bin/python tests/tools/sessions.py $(foreach core,$(CORES),units-$(core) integration-$(core) other-way-$(core) sanity-$(core))

format: $(VENV)/ready ## Format the code
	@$(NOX) --session formatters

clean: ## Remove all that was made
	rm -rf $(VENV) .nox docs/html tests/output

$(VENV)/runs: requirements.txt tests/simulator/requirements.txt
	@echo "Setting up $(VENV) with Ansible and the simulated cloud's libraries; this takes half a minute, once."
	@python3 -m venv --clear $(VENV)
	@$(PIP) ansible-core $(foreach file,$^,-r $(file))
	@touch $@

$(VENV)/ready: $(VENV)/runs tests/requirements.txt
	@echo "Adding what runs the tests."
	@$(PIP) -r tests/requirements.txt
	@touch $@
