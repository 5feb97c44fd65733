"""The recipes of docs/onnx.md for models that are written, run by ONNX Runtime where it is at hand."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from docs.onnx_exports import STORED, WHY, section
from minigraph.ops import OPERATIONS

DOCS = Path(__file__).parents[2] / "docs"
RECIPES = re.findall(r"^```python\n(.*?)^```$", (DOCS / "onnx.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def test_the_recipes_serve_a_model_and_run_a_training_step(tmp_path, monkeypatch):
    pytest.importorskip("onnxruntime")
    monkeypatch.chdir(tmp_path)
    scope = {}
    serve, train = RECIPES
    exec(serve, scope)
    np.testing.assert_array_equal(scope["probabilities"], np.full((3, 2), 0.5))
    exec(train, scope)
    assert scope["loss"] < 0.01
    assert "W" in scope["state"]


def test_the_page_has_what_was_measured_of_every_operation():
    stored = json.loads(STORED.read_text(encoding="utf-8"))["operations"]
    assert set(stored) == set(OPERATIONS), "run where onnxruntime is installed: python -m docs.onnx_exports"
    assert section() in (DOCS / "onnx.md").read_text(encoding="utf-8"), "run: python -m docs.onnx_tests"
    assert sum(not each["differ"]["float32"] for each in stored.values()) >= 0.94 * len(stored)


def test_every_reason_is_of_something_that_differs():
    stored = json.loads(STORED.read_text(encoding="utf-8"))["operations"]
    assert [operation for operation, _ in WHY if not any(stored[operation]["differ"].values())] == []
