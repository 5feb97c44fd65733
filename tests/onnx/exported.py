"""Models that PyTorch exported, shipped with ONNX: layers and small expressions, with inputs and PyTorch's outputs."""

from functools import cache
from pathlib import Path

import onnx
from onnx.backend.test.loader import load_model_tests

from minigraph.core.errors import MinigraphError
from minigraph.interop.onnx.model import from_onnx
from tests.onnx.node_tests import FAILED, PASSED, REFUSED, Outcome, as_array, difference, reason_of

KINDS = ("pytorch-converted", "pytorch-operator")


@cache
def exported_outcomes():
    """What every one of them came to."""
    tests = [test for kind in KINDS for test in sorted(load_model_tests(kind=kind), key=lambda test: test.name)]
    return [exported_outcome(test) for test in tests]


def exported_outcome(test):
    """Read one, run it and compare."""
    folder = Path(test.model_dir)
    model = onnx.load(folder / "model.onnx")
    try:
        found = run(model, folder / "test_data_set_0")
    except MinigraphError as error:
        return Outcome(test.name, "", REFUSED, reason_of(error))
    wrong = [difference(*each, test.rtol, test.atol) for each in found]
    return Outcome(test.name, "", FAILED if any(wrong) else PASSED, "".join(wrong))


def run(model, data):
    """Each output beside what PyTorch gave."""
    graph = from_onnx(model)
    stored = {each.name for each in model.graph.initializer}
    names = [each.name for each in model.graph.input if each.name not in stored]
    given = {name: tensor(data / f"input_{i}.pb") for i, name in enumerate(names)}
    values = graph.forward(**{name: given[name] for name in graph.inputs})
    return [(values[each.name], tensor(data / f"output_{i}.pb")) for i, each in enumerate(model.graph.output)]


def tensor(file):
    proto = onnx.TensorProto()
    proto.ParseFromString(file.read_bytes())
    return as_array(proto)
