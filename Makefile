PYTHON ?= python3
VENV ?= .venv
PIP := $(VENV)/bin/pip install --disable-pip-version-check --quiet

.PHONY: demo test property lint jax lowest wheel docs models typeset

demo: $(VENV)/for-demo
	$(VENV)/bin/minigraph train models/two_layer.py --out out/two_layer --overwrite
	@echo && echo 'To go on: source $(VENV)/bin/activate, and minigraph --help'

test: lint
	$(VENV)/bin/pytest --numprocesses auto --dist worksteal

property: $(VENV)/for-development
	$(VENV)/bin/pytest -m property --numprocesses auto

lint: $(VENV)/for-development
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/mypy

# The tests of the engine that needs JAX, which is large: in an environment of their own.
jax:
	$(PYTHON) -m venv .venv-jax
	.venv-jax/bin/pip install --disable-pip-version-check --quiet --editable '.[train,jax]' pytest pytest-xdist hypothesis
	.venv-jax/bin/pytest --numprocesses auto --dist worksteal tests/compiler/test_engine_jax*.py

# The tests on the lowest versions that pyproject.toml allows, with the newest tools to run them, which warn of what is old.
lowest:
	$(PYTHON) -m venv --clear .venv-lowest
	.venv-lowest/bin/pip install --disable-pip-version-check --quiet uv
	.venv-lowest/bin/uv pip install --quiet --python .venv-lowest --resolution lowest-direct --editable '.[train,images,pdf,onnx,page,tensorboard,tables]'
	.venv-lowest/bin/uv pip install --quiet --python .venv-lowest pytest pytest-xdist hypothesis selenium mypy ruff basedpyright
	.venv-lowest/bin/pytest --numprocesses auto --dist worksteal -o filterwarnings=default

# The tests on the package as it is installed from a wheel, out of sight of its source.
wheel:
	$(PYTHON) -m venv --clear .venv-wheel
	.venv-wheel/bin/pip wheel --disable-pip-version-check --quiet --no-deps --wheel-dir .venv-wheel/wheels .
	.venv-wheel/bin/pip install --disable-pip-version-check --quiet "$$(echo .venv-wheel/wheels/*.whl)[dev]"
	rm -rf out/installed && mkdir -p out/installed
	cp -r README.md CHANGELOG.md CONTRIBUTING.md Makefile pyproject.toml docs models tests out/installed
	cd out/installed && ../../.venv-wheel/bin/pytest --numprocesses auto --dist worksteal --pyargs minigraph tests

docs: $(VENV)/for-development
	$(VENV)/bin/python -m tests.stubs
	$(VENV)/bin/python -m docs.make
	$(VENV)/bin/python -m docs.circuits
	$(VENV)/bin/python -m docs.gallery
	$(VENV)/bin/python -m docs.playground
	$(VENV)/bin/python -m docs.page
	$(VENV)/bin/python -m docs.operations
	$(VENV)/bin/python -m docs.numpy
	$(VENV)/bin/python -m docs.dirt
	$(VENV)/bin/python -m docs.recipes
	$(VENV)/bin/python -m docs.tables
	$(VENV)/bin/python -m docs.onnx_tests
	$(VENV)/bin/python -m docs.scaling

# Derivations of the gallery and the operations through KaTeX, MathJax and LaTeX, those that are here; the PDF is in out/typeset.
typeset: $(VENV)/for-development
	mkdir -p out/typeset
	-npm install --silent --no-fund --no-audit --prefix out/typeset katex mathjax-full@3
	$(VENV)/bin/python -m docs.typeset out/typeset

# Ten minutes: what docs/training.md tells of each model.
models: $(VENV)/for-development
	$(VENV)/bin/python -m docs.models

$(VENV)/for-demo: pyproject.toml | $(VENV)/bin/pip
	$(PIP) --editable '.[train,page,onnx]'
	touch $@

$(VENV)/for-development: pyproject.toml | $(VENV)/bin/pip
	$(PIP) --editable '.[dev]'
	touch $@

$(VENV)/bin/pip:
	$(PYTHON) -m venv $(VENV)
