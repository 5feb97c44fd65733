"""Rows of tests.performance.networks: training as a whole, on handwritten digits, and prediction by the article's model."""

import numpy as np

from tests.performance.contest import Row
from tests.performance.contestants import RATE, torch_of, weights_of

__all__ = ["ROWS"]

EPOCHS, BATCH = 10, 200


def digits_data():
    import minigraph as mg
    from models import mlp

    given = mg.data.digits()
    return {"x": given["x"].reshape(-1, 64), "y": given["y"], **weights_of(mlp.build())}


def digits(engine):
    def made(arrays, threads):
        import minigraph as mg
        from models import mlp

        data = {"x": arrays["x"], "y": arrays["y"]}

        def step():
            options = {"epochs": EPOCHS, "batch_size": BATCH, "threads": threads, "engine": engine, "progress": False}
            return mg.train(mlp.build(), data, optimizer=mg.Adam(RATE), **options)["loss"][0]

        return step

    return made


def torch_digits(arrays, threads):
    torch = torch_of(threads)
    nn = torch.nn
    x, y = torch.from_numpy(arrays["x"]), torch.from_numpy(arrays["y"])

    def step():
        module, losses = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 10)), []
        given = [arrays["hidden1.W"].T, arrays["hidden1.b"], arrays["scores.W"].T, arrays["scores.b"]]
        module.load_state_dict({key: torch.from_numpy(a) for key, a in zip(module.state_dict(), given, strict=True)})
        optimizer, rng = torch.optim.Adam(module.parameters(), RATE), np.random.default_rng(0)
        for _ in range(EPOCHS):
            loss = 0.0
            for rows in torch.from_numpy(rng.permutation(len(x))).split(BATCH):
                optimizer.zero_grad()
                own = nn.functional.cross_entropy(module(x[rows]), y[rows])
                own.backward()
                optimizer.step()
                loss += own.item() * len(rows) / len(x)
            losses.append(loss)
        return losses[0]

    return step


def sklearn_digits(arrays, threads):
    import warnings

    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    warnings.simplefilter("ignore", ConvergenceWarning)
    options = {"hidden_layer_sizes": (128,), "batch_size": BATCH, "learning_rate_init": RATE, "alpha": 0, "random_state": 0}

    def step():
        model = MLPClassifier(**options, max_iter=EPOCHS, n_iter_no_change=EPOCHS).fit(arrays["x"], arrays["y"])
        return model.loss_curve_[0]

    return step


def article_data(rows):
    def data():
        from models import two_layer

        x = np.random.default_rng(0).normal(size=(rows, 2)).astype(np.float32)
        return {"x": x, **weights_of(two_layer.build())}

    return data


def in_parts(x, rows=2_000):
    """The rows, in parts: the others are faster by many calls than by one that takes memory for all rows."""
    return [x[i : i + rows] for i in range(0, len(x), rows)]


def predictor(engine):
    def made(arrays, threads):
        import minigraph as mg
        from models import two_layer

        predict, x = mg.Predictor(two_layer.build(), threads=threads, engine=engine), arrays["x"]
        return lambda: predict(x)["probabilities"]

    return made


def torch_predictor(compiled):
    def made(arrays, threads):
        torch = torch_of(threads)
        x, W1, b1, W2, b2 = (torch.from_numpy(arrays[name]) for name in ("x", "W1", "b1", "W2", "b2"))
        parts = in_parts(x)

        def predict(x):
            return torch.softmax(torch.addmm(b2, torch.tanh(torch.addmm(b1, x, W1)), W2), dim=1)

        predict = torch.compile(predict) if compiled else predict

        def step():
            with torch.inference_mode():
                return predict(x) if len(parts) == 1 else torch.cat([predict(part) for part in parts])

        return step

    return made


def jax_predictor(arrays, threads):
    import jax

    x, W1, b1, W2, b2 = (jax.numpy.asarray(arrays[name]) for name in ("x", "W1", "b1", "W2", "b2"))
    predict = jax.jit(lambda x: jax.nn.softmax(jax.numpy.tanh(x @ W1 + b1) @ W2 + b2))
    parts = in_parts(x, 10_000)
    if len(parts) == 1:
        return lambda: jax.block_until_ready(predict(x))
    return lambda: jax.block_until_ready(jax.numpy.concatenate([predict(part) for part in parts]))


def onnx_predictor(arrays, threads):
    import onnx
    import onnxruntime

    nodes = [
        ("Gemm", ("x", "W1", "b1"), "z1"),
        ("Tanh", ("z1",), "a1"),
        ("Gemm", ("a1", "W2", "b2"), "z2"),
        ("Softmax", ("z2",), "p"),
    ]
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node(kind, given, [found]) for kind, given, found in nodes],
        "article",
        [onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, ("N", 2))],
        [onnx.helper.make_tensor_value_info("p", onnx.TensorProto.FLOAT, ("N", 2))],
        [onnx.numpy_helper.from_array(arrays[name], name) for name in ("W1", "b1", "W2", "b2")],
    )
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or 0
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    parts = in_parts(arrays["x"])
    if len(parts) == 1:
        return lambda: session.run(None, {"x": arrays["x"]})[0]
    return lambda: np.concatenate([session.run(None, {"x": part})[0] for part in parts])


def sklearn_predictor(arrays, threads):
    import warnings

    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    warnings.simplefilter("ignore", ConvergenceWarning)
    x = np.float32([[0, 0], [1, 1], [0, 1]])
    model = MLPClassifier((500,), "tanh", max_iter=1).fit(x, [[1, 0], [0, 1], [0, 1]])
    model.coefs_, model.intercepts_ = [arrays["W1"], arrays["W2"]], [arrays["b1"], arrays["b2"]]
    model.out_activation_ = "softmax"
    parts = in_parts(arrays["x"])
    return lambda: np.concatenate([model.predict_proba(part) for part in parts])


PREDICTORS = {
    "minigraph": predictor("numpy"),
    "minigraph c": predictor("c"),
    "PyTorch": torch_predictor(False),
    "PyTorch compiled": torch_predictor(True),
    "JAX": jax_predictor,
    "onnxruntime": onnx_predictor,
    "scikit-learn": sklearn_predictor,
}
ROWS = {
    f"training on digits, {EPOCHS} epochs": Row(
        digits_data,
        {"minigraph": digits("numpy"), "minigraph c": digits("c"), "PyTorch": torch_digits, "scikit-learn": sklearn_digits},
    ),
    "prediction of 1 row": Row(article_data(1), PREDICTORS),
    "prediction of 1 000 000 rows": Row(article_data(1_000_000), PREDICTORS),
}
