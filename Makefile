PYTHON ?= python3
VENV ?= .venv
PIP := $(VENV)/bin/pip install --disable-pip-version-check --quiet

.PHONY: demo test property lint docs models

demo: $(VENV)/for-training
	$(VENV)/bin/minigraph train models/two_layer.py --out out/two_layer --overwrite

test: lint
	$(VENV)/bin/pytest --numprocesses auto --dist loadgroup

property: $(VENV)/for-development
	$(VENV)/bin/pytest -m property --numprocesses auto

lint: $(VENV)/for-development
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/mypy

docs: $(VENV)/for-development
	$(VENV)/bin/python -m docs.make
	$(VENV)/bin/python -m docs.circuits
	$(VENV)/bin/python -m docs.gallery
	$(VENV)/bin/python -m docs.operations
	$(VENV)/bin/python -m docs.onnx_tests

# Ten minutes: what docs/training.md tells of each model.
models: $(VENV)/for-development
	$(VENV)/bin/python -m docs.models

$(VENV)/for-training: pyproject.toml | $(VENV)/bin/pip
	$(PIP) --editable '.[train]'
	touch $@

$(VENV)/for-development: pyproject.toml | $(VENV)/bin/pip
	$(PIP) --editable '.[dev]'
	touch $@

$(VENV)/bin/pip:
	$(PYTHON) -m venv $(VENV)
