"""Store what autograd and JAX do with the calls of docs/numpy.md: `python -m docs.numpy_others`, where both are installed.

A call counts where its value is NumPy's and, if that is of floating-point numbers, its gradient is computed. Nothing of
minigraph is needed, and the page needs neither of them: it reads docs/numpy_others.json.
"""

import json
import warnings
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from tests.numpy_calls import ABSENT, ARRAYS, CALLS
from tests.oracles import matrix_functions

STORED = Path(__file__).with_suffix(".json")
Grad = Callable[..., Any]


def works(call: str, scope: dict[str, Any], arrays: dict[str, Any], module: Any, grad: Grad) -> bool:
    """Whether a library's functions, in the place of NumPy's, give the value of a call and a gradient."""
    expected = parts(eval(call, {"np": np} | scope, arrays))
    floats = {name: array for name, array in arrays.items() if np.asarray(array).dtype.kind == "f"}

    def total(given: dict[str, Any]) -> Any:
        found = parts(eval(call, {"np": module} | scope, arrays | {name: given[name] for name in floats}))
        return sum(module.sum(y) for y, right in zip(found, expected, strict=True) if np.asarray(right).dtype.kind == "f")

    try:
        found = parts(eval(call, {"np": module} | scope, arrays))
        same = [
            np.shape(y) == np.shape(right) and np.allclose(y, right, equal_nan=True)
            for y, right in zip(found, expected, strict=False)
        ]
        if any(np.asarray(right).dtype.kind == "f" for right in expected):
            grad(total)(floats)
    except Exception:  # whatever a library says: it does not do it
        return False
    return all(same) and len(found) == len(expected)


def parts(found: Any) -> list[Any]:
    """The values of a call that gives one or several; autograd puts what it differentiates in boxes."""
    return list(found) if isinstance(getattr(found, "_value", found), tuple | list) else [found]


def count(module: Any, grad: Grad) -> dict[str, list[int]]:
    """For each function how many of its calls work, and of how many."""
    tables = [
        ([*CALLS, *ABSENT], ARRAYS, {}),
        (matrix_functions.EXPRESSIONS, matrix_functions.ARRAYS, matrix_functions.NAMESPACE),
    ]
    found: dict[str, list[int]] = {}
    for calls, arrays, scope in tables:
        for call in calls:
            if call.startswith("np."):
                tally = found.setdefault(call.partition("(")[0], [0, 0])
                tally[0] += works(call, scope, dict(arrays), module, grad)
                tally[1] += 1
    return found


if __name__ == "__main__":
    import autograd
    import autograd.numpy
    import jax

    jax.config.update("jax_enable_x64", True)
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    others = {"autograd": count(autograd.numpy, autograd.grad), "JAX": count(jax.numpy, jax.grad)}
    versions = {name: version(name) for name in ("numpy", "autograd", "jax")}
    STORED.write_text(json.dumps({"versions": versions, "calls": others}, indent=1, sort_keys=True) + "\n")
