"""minigraph: compose a computational graph, see its gradient, train it.

>>> import numpy as np
>>> import minigraph as mg
>>> x = mg.Input("x", ("N", 2))
>>> W = mg.Parameter("W", np.ones((2, 1)))
>>> loss = np.tanh(x @ W).sum()
>>> run = mg.Graph(loss=loss, names=locals()).forward(x=[[0.0, 0.0]])
>>> float(run["loss"])
0.0

The core and the operations are imported with the package, everything else when it is first used. What an editor and a type
checker see is `__init__.pyi`, which `python -m tests.stubs` writes from the tables below.
"""

from collections.abc import Callable as _Callable
from importlib import import_module as _import_module
from typing import Any as _Any

from numpy import empty as _empty

from minigraph.core import errors as _errors
from minigraph.core.graph import Graph as _Graph
from minigraph.core.leaves import Variable as _Variable
from minigraph.core.node import Node as _Node
from minigraph.core.run import Run as _Run
from minigraph.ops import OPERATIONS as _OPERATIONS
from minigraph.ops.signature import CallSignature as _CallSignature

_NAMES: dict[str, tuple[str, ...]] = {
    "minigraph.core.errors": tuple(_errors.__all__),
    "minigraph.core.graph": ("Graph",),
    "minigraph.core.leaves": ("Input", "Parameter", "Variable"),
    "minigraph.core.node": ("Constant", "Node"),
    "minigraph.core.run": ("Gradients", "Run"),
    "minigraph.core.vjp": ("gradient",),
    "minigraph.ops": tuple(_OPERATIONS),
    "minigraph.ops.loops": ("scan",),
    "minigraph.ops.modes": ("inference", "state_updates"),
    "minigraph.ops.random": ("RandomState",),
    "minigraph.compiler.program": ("Program", "compile"),
    "minigraph.explain.check": ("GradientReport", "RuleCheck", "check_gradients"),
    "minigraph.explain.circuit.compare": ("compare",),
    "minigraph.explain.derivation": ("Derivation", "DerivationStep", "derive"),
    "minigraph.explain.lint.lint": ("Finding", "LintReport"),
    "minigraph.explain.page": ("Page",),
    "minigraph.functions.derivatives": ("grad", "hessian", "jacobian", "value_and_grad"),
    "minigraph.functions.forward_mode": ("jvp",),
    "minigraph.functions.tracing": ("trace",),
    "minigraph.interop.files": ("DataError", "FileError", "FormatError"),
    "minigraph.interop.onnx.model": ("from_onnx",),
    "minigraph.training.loop.callbacks": ("Checkpoint", "EarlyStopping", "Statistics"),
    "minigraph.training.loop.evaluation": ("Predictor",),
    "minigraph.training.loop.history": ("History",),
    "minigraph.training.loop.logs": ("JSONLog", "TensorBoard"),
    "minigraph.training.loop.targets": ("standardized_targets",),
    "minigraph.training.loop.train": ("train",),
    "minigraph.training.loop.trainer": ("Callback", "Trainer"),
    "minigraph.training.metrics.metrics": ("accuracy",),
    "minigraph.training.runs.predictions": ("Predictions",),
    "minigraph.training.runs.trained": ("TrainedModel", "open"),
    "minigraph.training.optim.optimizer": ("Optimizer",),
    "minigraph.training.optim.optimizers": ("SGD", "Adagrad", "Adam", "AdamW", "Lion", "Muon", "RMSProp"),
}
"""The public names, by the module that holds them."""

_MODULES = {
    "blocks": "minigraph.blocks",
    "data": "minigraph.training.data",
    "initializers": "minigraph.blocks.initializers",
    "metrics": "minigraph.training.metrics.metrics",
    "ops": "minigraph.ops",
    "schedules": "minigraph.training.optim.schedules",
}
"""The public modules, by the name that they have here."""

_METHODS: dict[type, dict[str, tuple[str, str]]] = {
    _Graph: {
        "forward": ("minigraph.core.run", "forward"),
        "compile": ("minigraph.compiler.program", "compile"),
        "check_gradients": ("minigraph.explain.check", "check_gradients"),
        "draw": ("minigraph.explain.circuit.circuit", "draw"),
        "_repr_mimebundle_": ("minigraph.explain.circuit.circuit", "shown_in_notebook"),
        "draw_network": ("minigraph.explain.circuit.network", "draw_network"),
        "derive": ("minigraph.explain.derivation", "derive_graph"),
        "lint": ("minigraph.explain.lint.lint", "lint"),
        "explain": ("minigraph.explain.page", "explain_graph"),
        "save": ("minigraph.interop.weights", "save"),
        "load": ("minigraph.interop.weights", "load"),
        "to_onnx": ("minigraph.interop.onnx.export.model", "to_onnx"),
        "astype": ("minigraph.ops.copies", "astype"),
        "__getstate__": ("minigraph.ops.copies", "records"),
        "__setstate__": ("minigraph.ops.copies", "restore"),
    },
    _Variable: {
        "__dlpack__": ("minigraph.interop.weights", "dlpack"),
        "__dlpack_device__": ("minigraph.interop.weights", "dlpack_device"),
    },
    _Run: {
        "draw": ("minigraph.explain.circuit.circuit", "draw_run"),
        "_repr_mimebundle_": ("minigraph.explain.circuit.circuit", "run_shown_in_notebook"),
        "explain": ("minigraph.explain.page", "explain_run"),
    },
}
"""The methods of Graph, Variable and Run that are functions of packages above them, by module and name."""

_HOMES = {name: home for home, names in _NAMES.items() for name in names}

__all__ = sorted(_HOMES)


class _Method:
    """A method whose function is imported when it is first asked for, and then takes its place in the class."""

    def __init__(self, owner: type, name: str, home: str, function: str) -> None:
        self.owner, self.name, self.home, self.function = owner, name, home, function

    def __get__(self, instance: object, owner: type | None = None) -> _Callable[..., _Any]:
        function = getattr(_import_module(self.home), self.function)
        setattr(self.owner, self.name, function)
        return function.__get__(instance, owner)


_Node.__signature__ = _CallSignature()
for _owner, _methods in _METHODS.items():
    for _name, (_home, _function) in _methods.items():
        setattr(_owner, _name, _Method(_owner, _name, _home, _function))


def __dir__() -> list[str]:
    return sorted([*__all__, *_MODULES, *(name for name in globals() if name.startswith("__"))])


def __getattr__(name: str) -> _Any:
    """The public name, imported now; a name that minigraph does not have is refused with what to write instead."""
    if name in _MODULES:
        value = _import_module(_MODULES[name])
    elif name in _HOMES:
        value = getattr(_import_module(_HOMES[name]), name)
    else:
        raise _errors.UnknownAttributeError(f"minigraph has no attribute {name!r}.{_remedy(name)}")
    globals()[name] = value
    return value


def _remedy(name: str) -> str:
    if name.startswith("_"):
        return ""
    for module, home in _MODULES.items():
        if name in _import_module(home).__all__:
            return f" It is mg.{module}.{name}."
    hint: str = _import_module("minigraph.ops.equivalents").hint(f"mg.{name}", __all__)
    return hint


# The C library of Linux gives large arrays back to the system when they are freed, which clears them page by page when they
# come again: half of the time of a plain run. Once a larger one was freed it does so no more (mallopt(3), M_MMAP_THRESHOLD).
# Nothing is written into this one, so that it takes no memory.
_empty(1 << 24, "u1")

# A package that is no part of the face: graph.explain() writes the page, and mg.explain says so.
_import_module("minigraph.explain")
del globals()["explain"]
