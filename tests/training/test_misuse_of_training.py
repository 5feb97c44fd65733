"""What is given to the parts of a training and is nothing of the kind: each says what it takes."""

import numpy as np
import pytest

import minigraph as mg
from minigraph.training.data import Dataset, moons, read, split, standardized
from minigraph.training.estimator import GraphClassifier
from models.two_layer import build

GRAPH = build(hidden=4)
MISTAKES = {
    "rows without names": lambda: Dataset([np.zeros((3, 2)), [0, 1, 0]]),
    "a fraction in words": lambda: split(moons(4), validation="0.2"),
    "a graph to read": lambda: read(GRAPH, "digits"),
    "a node to read for": lambda: read("digits", GRAPH["loss"]),
    "a graph and its data exchanged": lambda: standardized(moons(4), GRAPH),
    "rows to standardise by without names": lambda: standardized(GRAPH, np.zeros((3, 2))),
    "the accuracy of arrays": lambda: mg.accuracy(np.zeros((3, 2)), GRAPH["y"]),
    "the statistics of a name": lambda: mg.Statistics(["a1"]),
    "the statistics of a node alone": lambda: mg.Statistics(GRAPH["a1"]),
    "a figure by its number": lambda: mg.train(GRAPH, moons(4), optimizer=mg.SGD(0.1), epochs=1, progress=False)[0],
    "no gradients": lambda: mg.Adam(0.1).updates({}),
    "no gradients for matrices": lambda: mg.Muon(0.1).updates({}),
    "gradients alone": lambda: mg.Adam(0.1).updates(mg.gradient(GRAPH["loss"], [GRAPH["W1"]])),
    "the gradient of a name": lambda: mg.Adam(0.1).updates({"W1": GRAPH["W1"]}),
    "the gradient of an input": lambda: mg.Adam(0.1).updates({GRAPH["x"]: GRAPH["x"]}),
    "a gradient in numbers": lambda: mg.Adam(0.1).updates({GRAPH["W1"]: np.ones((2, 4))}),
    "a gradient that would broadcast": lambda: mg.Adam(0.1).updates({GRAPH["W1"]: GRAPH["W1"].sum(axis=0)}),
    "a gradient of another precision": lambda: mg.Adam(0.1).updates({GRAPH["W1"]: GRAPH["W1"].astype(np.float64)}),
    "a graph in place of a function that builds it": lambda: GraphClassifier(GRAPH).fit(np.zeros((4, 2)), [0, 1, 0, 1]),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_what_is_nothing_of_the_kind_is_refused(mistake, wording):
    with pytest.raises(mg.MinigraphError) as error:
        MISTAKES[mistake]()
    wording(error.value, mistake)
