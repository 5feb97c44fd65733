PYTHON ?= python3
BIN := .venv/bin

.PHONY: test

test: .venv/installed
	$(BIN)/pytest

.venv/installed: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --editable '.[dev]'
	touch $@
