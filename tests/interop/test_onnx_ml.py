"""Models of ONNX-ML: what scikit-learn learns, and trees that ask in every way."""

import operator
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

import minigraph as mg

FILE = Path(__file__).parents[1] / "oracles" / "scikit_learn.npz"
MODELS = sorted({key.partition("/")[0] for key in np.load(FILE).files})


def stored(name):
    """A model, what it is given, and scikit-learn's answers."""
    with np.load(FILE) as file:
        parts = {key.removeprefix(f"{name}/"): file[key] for key in file.files if key.startswith(f"{name}/")}
    given, right = ({k.partition("/")[2]: v for k, v in parts.items() if k.startswith(kind)} for kind in ("given", "right"))
    return onnx.load_model_from_string(parts["model"].tobytes()), given, right


@pytest.mark.parametrize("name", MODELS)
def test_an_estimator_of_scikit_learn_gives_what_it_gave(name):
    model, given, right = stored(name)
    graph = mg.from_onnx(model)
    assert not isinstance(graph.inputs["x"].shape[0], int) and right
    for found in (graph.forward(**given), mg.compile(graph)(**given)):
        for output, answer in right.items():
            if answer.dtype.kind == "U":
                assert np.array(graph.imported.labels[output])[found[output]].tolist() == answer.tolist()
            else:
                np.testing.assert_allclose(found[output].reshape(answer.shape), answer, rtol=1e-4, atol=1e-5)


def test_numbers_of_classes_have_their_names_beside_the_graph():
    model, _, _ = stored("LogisticRegression, 3 classes")
    graph = mg.from_onnx(model)
    names = ("ant", "bee", "cat")
    assert graph.imported.labels == {"output_label": names, "output_probability": names}
    assert "classes of output_label: ant, bee, cat" in str(graph.imported)


def ml(kind, outputs, features=2, names=("y",), **attributes):
    """A model of one node of ONNX-ML."""
    node = helper.make_node(kind, ["x"], list(names), domain="ai.onnx.ml", **attributes)
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", features])
    y = [helper.make_tensor_value_info(name, outputs, ["A"]) for name in names]
    sets = [helper.make_opsetid("", 20), helper.make_opsetid("ai.onnx.ml", 5 if kind == "TreeEnsemble" else 3)]
    return helper.make_model(helper.make_graph([node], "g", [x], y), opset_imports=sets, ir_version=9)


ASKED = {
    "BRANCH_LEQ": operator.le, "BRANCH_LT": operator.lt, "BRANCH_GTE": operator.ge, "BRANCH_GT": operator.gt,
    "BRANCH_EQ": operator.eq, "BRANCH_NEQ": operator.ne,
}  # fmt: skip
EDGES = np.float32([0.1, np.nextafter(np.float32(0.1), 1), np.nextafter(np.float32(0.1), -1), np.nan, np.inf, -np.inf, 5])


def tree(mode, missing, true=1, aggregate="SUM"):
    parts = {
        "nodes_treeids": [0] * 5, "nodes_nodeids": [0, 1, 2, 3, 4], "nodes_featureids": [0, 1, 0, 0, 0],
        "nodes_values": [0.1, 0.1, 0.0, 0.0, 0.0], "nodes_modes": [mode, mode, "LEAF", "LEAF", "LEAF"],
        "nodes_truenodeids": [true, 3, 0, 0, 0], "nodes_falsenodeids": [2, 4, 0, 0, 0],
        "nodes_missing_value_tracks_true": [missing] * 5, "n_targets": 1, "target_treeids": [0] * 3,
        "target_nodeids": [2, 3, 4], "target_ids": [0] * 3, "target_weights": [2.0, 3.0, 4.0], "aggregate_function": aggregate,
    }  # fmt: skip
    return ml("TreeEnsembleRegressor", TensorProto.FLOAT, **parts)


@pytest.mark.parametrize("missing", [0, 1])
@pytest.mark.parametrize("mode", ASKED)
def test_a_tree_asks_as_its_nodes_say_also_of_neighbouring_numbers_and_of_none(mode, missing):
    def holds(value):
        return bool(missing) if np.isnan(value) else ASKED[mode](value, np.float32(0.1))

    x = np.stack(np.meshgrid(EDGES, EDGES), -1).reshape(-1, 2)
    right = [[(3.0 if holds(b) else 4.0) if holds(a) else 2.0] for a, b in x]
    assert mg.from_onnx(tree(mode, missing)).forward(x=x)["y"].tolist() == right


def test_a_tree_whose_nodes_lead_back_is_refused(refused):
    refused(mg.FormatError, lambda: mg.from_onnx(tree("BRANCH_LEQ", 0, true=0)))
    model = tree("BRANCH_LEQ", 0)
    (children,) = (each for each in model.graph.node[0].attribute if each.name == "nodes_falsenodeids")
    children.ints[1] = 0
    refused(mg.FormatError, lambda: mg.from_onnx(model))


def test_a_tree_whose_children_there_are_not_is_refused(refused):
    refused(mg.FormatError, lambda: mg.from_onnx(tree("BRANCH_LEQ", 0, true=9)))
    refused(mg.OperationError, lambda: mg.from_onnx(tree("BRANCH_LEQ", 0, aggregate="MEDIAN")))


def test_a_set_of_several_numbers_is_asked_for_one_after_another():
    attributes = {
        "n_targets": 1, "tree_roots": [0], "nodes_featureids": [0, 1], "nodes_truenodeids": [0, 1], "nodes_trueleafs": [1, 1],
        "nodes_falsenodeids": [1, 2], "nodes_falseleafs": [0, 1], "leaf_targetids": [0, 0, 0],
        "nodes_modes": helper.make_tensor("m", TensorProto.UINT8, [2], [6, 6]),
        "nodes_splits": helper.make_tensor("s", TensorProto.FLOAT, [2], [0.0, 0.0]),
        "membership_values": helper.make_tensor("v", TensorProto.FLOAT, [6], [1, 4, 7, np.nan, 2, np.nan]),
        "leaf_weights": helper.make_tensor("w", TensorProto.FLOAT, [3], [1, 2, 3]),
    }  # fmt: skip
    graph = mg.from_onnx(ml("TreeEnsemble", TensorProto.FLOAT, **attributes))
    x = [[1, 0], [4, 0], [7, 0], [5, 2], [5, 1], [np.nan, 2]]
    assert graph.forward(x=x)["y"].ravel().tolist() == [1, 1, 1, 2, 3, 2]


def test_one_score_for_two_classes_is_the_second_ones():
    attributes = {"coefficients": [1.0, -1.0], "intercepts": [0.5], "classlabels_strings": ["no", "yes"]}
    graph = mg.from_onnx(ml("LinearClassifier", TensorProto.FLOAT, names=("y", "z"), **attributes))
    run = graph.forward(x=[[1, 0], [0, 1]])
    assert run["y"].tolist() == [1, 0] and run["z"].tolist() == [[-1.5, 1.5], [0.5, -0.5]]
    assert graph.imported.labels == {"y": ("no", "yes")}


def test_what_onnx_ml_has_and_a_graph_does_not_is_refused(refused):
    linear = {"coefficients": [1.0, 2.0], "intercepts": [0.5]}
    refused(mg.OperationError, lambda: mg.from_onnx(ml("LinearRegressor", TensorProto.FLOAT, 3, **linear)))
    odd = ml("LinearRegressor", TensorProto.FLOAT, **linear, post_transform="PROBIT")
    refused(mg.OperationError, lambda: mg.from_onnx(odd))
    text = ml("OneHotEncoder", TensorProto.FLOAT, cats_strings=["a", "b"])
    text.graph.input[0].type.tensor_type.elem_type = TensorProto.STRING
    refused(mg.OperationError, lambda: mg.from_onnx(text))
