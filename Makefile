# The one list of commands. `make` alone prints it.

PYTHON ?= python3
ENV ?= local
BIN := .venv/bin
export ENV

.DEFAULT_GOAL := help
.PHONY: help setup format lint types

help: ## print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.venv/.ready: requirements/uv.txt requirements/project.txt ops/setup.py
	@$(PYTHON) ops/setup.py

setup: .venv/.ready ## install everything into .venv (other commands do it when needed)

format: .venv/.ready ## format the code
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .
