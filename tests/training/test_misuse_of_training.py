"""What is given to the parts of a training and is nothing of the kind: each says what it takes."""

import numpy as np
import pytest

import minigraph as mg
from minigraph.training.data import Dataset, moons, read, split, standardized
from minigraph.training.estimator import GraphClassifier
from models.two_layer import build

GRAPH = build(hidden=4)
MISTAKES = {
    "rows without names": (
        lambda: Dataset([np.zeros((3, 2)), [0, 1, 0]]),
        "The data set gives each input's array by its name, {'x': …, 'y': …}, and is not a list.",
    ),
    "a fraction in words": (
        lambda: split(moons(4), validation="0.2"),
        "The fraction for validation lies between 0 and 1, not '0.2'.",
    ),
    "a graph to read": (
        lambda: read(GRAPH, "digits"),
        "read takes the name of an example, of a file or of a folder, not a Graph.",
    ),
    "a node to read for": (
        lambda: read("digits", GRAPH["loss"]),
        "What the data is read for is a Graph, such as mg.Graph(loss=loss), not the node loss.",
    ),
    "a graph and its data exchanged": (
        lambda: standardized(moons(4), GRAPH),
        "What is standardised is a Graph, such as mg.Graph(loss=loss), not a Dataset.",
    ),
    "rows to standardise by without names": (
        lambda: standardized(GRAPH, np.zeros((3, 2))),
        "The data gives each input's array by its name, {'x': …, 'y': …}, and is not an ndarray.",
    ),
    "the accuracy of arrays": (
        lambda: mg.accuracy(np.zeros((3, 2)), GRAPH["y"]),
        "The accuracy is composed of nodes, scores and labels, not of an ndarray.",
    ),
    "the statistics of a name": (
        lambda: mg.Statistics(["a1"]),
        "Statistics takes a list of nodes, such as [graph['a1']], not 'a1'.",
    ),
    "the statistics of a node alone": (
        lambda: mg.Statistics(GRAPH["a1"]),
        "Statistics takes a list of nodes, such as [graph['a1']], not the node a1.",
    ),
    "a figure by its number": (
        lambda: mg.train(GRAPH, moons(4), optimizer=mg.SGD(0.1), epochs=1, progress=False)[0],
        "The history holds no 0; it has loss and accuracy.",
    ),
    "a graph in place of a function that builds it": (
        lambda: GraphClassifier(GRAPH).fit(np.zeros((4, 2)), [0, 1, 0, 1]),
        "build is a function that gives a graph, build(features, outputs, seed), not a Graph.",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_what_is_nothing_of_the_kind_is_told(name):
    use, message = MISTAKES[name]
    with pytest.raises(mg.MinigraphError) as caught:
        use()
    assert str(caught.value) == message
