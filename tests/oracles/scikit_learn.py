"""Store estimators of scikit-learn as ONNX files, with its own answers: `python tests/oracles/scikit_learn.py`.

It needs scikit-learn, skl2onnx and onnxruntime. The file holds each model as bytes, what it was given, and the answers. With
`--table` it compares all estimators with scikit-learn and ONNX Runtime, and prints the table of docs/onnx.md.
"""

import sys
import warnings
from pathlib import Path

import numpy as np
import onnxruntime
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType, Int64TensorType
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MinMaxScaler, Normalizer, OneHotEncoder, StandardScaler
from sklearn.svm import SVC, SVR
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

import minigraph as mg

FILE = Path(__file__).parent / "scikit_learn.npz"
rng = np.random.default_rng(0)
x = rng.normal(size=(120, 4)).astype(np.float32)
three = np.digitize(x[:, 0] + x[:, 1] * x[:, 2] + rng.normal(0, 0.2, 120), [-0.5, 0.5])
names, two = np.array(["ant", "bee", "cat"])[three], (three > 0).astype(int)
y = (x @ [1, -2, 3, 0] + x[:, 0] ** 2).astype(np.float32)
mixed = np.where(rng.random((120, 5)) < 0.1, np.nan, np.hstack([x[:, :3], x[:, :2]])).astype(np.float32)
mixed[:, 3:] = rng.integers(0, 4, (120, 2))

columns = ColumnTransformer([
    ("numbers", make_pipeline(SimpleImputer(), StandardScaler()), [0, 1, 2]),
    ("kinds", OneHotEncoder(handle_unknown="ignore"), [3, 4]),
])  # fmt: skip
small = {"hidden_layer_sizes": (8,), "max_iter": 300, "random_state": 0}
ESTIMATORS = {
    "LinearRegression": (LinearRegression(), x, y),
    "Ridge": (Ridge(), x, y),
    "LogisticRegression, 2 classes": (LogisticRegression(), x, two),
    "LogisticRegression, 3 classes": (LogisticRegression(), x, names),
    "StandardScaler": (StandardScaler(), x, None),
    "MinMaxScaler": (MinMaxScaler(), x, None),
    "Normalizer": (Normalizer(), x, None),
    "PCA": (PCA(3), x, None),
    "KMeans": (KMeans(3, random_state=0, n_init=3), x, None),
    "GaussianNB": (GaussianNB(), x, three),
    "KNeighborsClassifier": (KNeighborsClassifier(), x, three),
    "SVC": (SVC(), x, names),
    "SVR": (SVR(), x, y),
    "MLPClassifier": (MLPClassifier(**small), x, three),
    "MLPRegressor": (MLPRegressor(**small), x, y),
    "DecisionTreeClassifier": (DecisionTreeClassifier(max_depth=5, random_state=0), x, names),
    "DecisionTreeRegressor": (DecisionTreeRegressor(random_state=0), x, y),
    "RandomForestClassifier": (RandomForestClassifier(20, random_state=0), x, three),
    "RandomForestRegressor": (RandomForestRegressor(20, random_state=0), x, y),
    "GradientBoostingClassifier, 2 classes": (GradientBoostingClassifier(n_estimators=6, random_state=0), x, two),
    "GradientBoostingClassifier, 3 classes": (GradientBoostingClassifier(n_estimators=6, random_state=0), x, three),
    "GradientBoostingRegressor": (GradientBoostingRegressor(n_estimators=20, random_state=0), x, y),
    "Pipeline with SimpleImputer, OneHotEncoder": (Pipeline([("c", columns), ("l", LogisticRegression())]), mixed, two),
}
STORED = (
    "LogisticRegression, 3 classes", "SVC", "DecisionTreeClassifier", "GradientBoostingClassifier, 2 classes",
    "GradientBoostingRegressor", "Pipeline with SimpleImputer, OneHotEncoder", "KMeans",
)  # fmt: skip
OUTPUTS = {
    "predict": ("output_label", "label", "variable"),
    "predict_proba": ("output_probability",),
    "transform": ("variable", "scores"),
}


def converted(estimator, rows):
    """The estimator as an ONNX model."""
    types = [("x", FloatTensorType([None, rows.shape[1]]))]
    if rows is mixed:
        types = [("x", FloatTensorType([None, 3])), ("kinds", Int64TensorType([None, 2]))]
    return convert_sklearn(estimator, initial_types=types, target_opset={"": 18, "ai.onnx.ml": 3})


def given_of(rows):
    """The model's inputs: the first rows."""
    return {"x": rows[:20, :3], "kinds": rows[:20, 3:].astype(np.int64)} if rows is mixed else {"x": rows[:20]}


def answers(estimator, rows, model):
    """What scikit-learn says, by the names of the model's outputs."""
    found, own = {}, {each.name for each in model.graph.output}
    for method, outputs in OUTPUTS.items():
        name = next((each for each in outputs if each in own), None)
        if hasattr(estimator, method) and name is not None:
            found[name] = np.asarray(getattr(estimator, method)(rows[:20]))
    return found


def row(name, model, given, right):
    """A row of the table: the largest differences from scikit-learn and from ONNX Runtime."""
    graph = mg.from_onnx(model)
    run, differences = graph.forward(**given), [0.0, 0.0]
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    theirs = dict(zip([each.name for each in session.get_outputs()], session.run(None, given), strict=True))
    for output, answer in right.items():
        listed = theirs[output]
        dense = np.array([list(each.values()) for each in listed]) if isinstance(listed, list) else listed
        for i, each in enumerate((answer, dense)):
            labels = graph.imported.labels.get(output, ())
            own = np.array(labels)[run[output]] if each.dtype.kind in "OU" else run[output]
            apart = 1.0 - (own == each).mean() if each.dtype.kind in "OUi" else np.abs(own.reshape(each.shape) - each).max()
            differences[i] = max(differences[i], float(apart))
    operators = ", ".join(sorted({node.op_type for node in model.graph.node if node.domain == "ai.onnx.ml"}))
    return f"| {name} | {operators or 'none'} | {' | '.join(f'{each:.0e}' for each in differences)} |"


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    stored = {}
    for name, (estimator, rows, wanted) in ESTIMATORS.items():
        estimator.fit(rows) if wanted is None else estimator.fit(rows, wanted)
        model = converted(estimator, rows)
        right = answers(estimator, rows, model)
        if "--table" in sys.argv:
            print(row(name, model, given_of(rows), right))
        if name in STORED:
            stored[f"{name}/model"] = np.frombuffer(model.SerializeToString(), np.uint8)
            stored |= {f"{name}/given/{key}": each for key, each in given_of(rows).items()}
            stored |= {
                f"{name}/right/{key}": np.asarray(each, str if each.dtype.kind in "OU" else None) for key, each in right.items()
            }
    if "--table" not in sys.argv:
        np.savez_compressed(FILE, **stored)
