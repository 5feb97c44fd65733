"""The names u1, u2, … of a page: each of one value, on whatever screen of it they stand."""

import re
from collections import defaultdict

import numpy as np
import pytest

import minigraph as mg
from minigraph.explain.page import shown


def normalized():
    """Two layers that are normalized: their rules define values of their own."""
    rng, x = np.random.default_rng(0), mg.Input("x", ("N", 6))
    W = [mg.Parameter(f"W{i}", rng.normal(size=(6, 6))) for i in (1, 2)]
    scale, bias = mg.Parameter("scale", np.ones(6)), mg.Parameter("bias", np.zeros(6))
    for each in W:
        x = mg.LayerNormalization(mg.Gelu(x @ each) ** 3, scale, bias, axis=1)
    return mg.Graph(loss=(x * x).mean()).forward(x=rng.normal(size=(4, 6)))


def pooled():
    """A convolution of which the derivation names what the circuit names too."""
    rng, x = np.random.default_rng(0), mg.Input("x", ("N", 1, 8, 8))
    a = mg.MaxPool(mg.Relu(mg.Conv(x, mg.Parameter("W", rng.normal(size=(2, 1, 3, 3))))), kernel_shape=(2, 2), strides=(2, 2))
    a = mg.MaxPool(mg.Relu(mg.Conv(a, mg.Parameter("V", rng.normal(size=(2, 2, 2, 2))))), kernel_shape=(2, 2), strides=(2, 2))
    return mg.Graph(loss=(a.reshape((-1, 2)) @ mg.Parameter("U", rng.normal(size=(2, 1)))).mean()).forward(
        x=rng.normal(size=(3, 1, 8, 8))
    )


@pytest.mark.parametrize("run", [normalized, pooled])
def test_a_name_that_a_formula_of_the_page_defines_is_of_one_value(run):
    """In steps, derivations and the circuit, which all stand on one screen."""
    record, circuit = shown(run())
    found = defaultdict(set)
    for step in record["steps"]:
        for name, value in re.findall(r"(?:with|;) (u\d+) = ([^;]+)", step["rule"]):
            found[name].add(value)
    derived = defaultdict(set)
    for node in record["nodes"].values():
        for name, value in re.findall(r"<msub><mi>u</mi><mn>(\d+)</mn></msub><mo[^>]*>=</mo>(.+?)</math>", node["gradient"]):
            derived[f"u{name}"].add(value)
    values = [value for of_one in derived.values() for value in of_one]
    assert len(values) == len(set(values)) == len(derived) > 2, "a value of several gradients has one name in all of them"
    assert {name for name, of_one in found.items() if len(of_one) > 1} == found.keys() & derived.keys() == set()
    labels = " ".join(re.findall(r"<text[^>]*>([^<]*)</text>", circuit))
    assert {*re.findall(r"(?<![\w.])u\d+(?![\w(])", labels)} <= {*found, *derived}
