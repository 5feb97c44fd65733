"""The stored answers of other frameworks: for each case its value, gradients and second derivatives.

A file holds a family's answers as one row of numbers for each element type, and an index that says where each case's
are. The index also holds a digest of the operands, so that a row which changed is not compared with an old answer.
"""

import hashlib
import json
from functools import cache
from math import prod
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parent / "answers"


def digest(arrays):
    """Sixteen digits that tell these arrays from others."""
    text = b"".join(str(array.shape).encode() + np.ascontiguousarray(array).tobytes() for array in arrays)
    return hashlib.sha256(text).hexdigest()[:16]


def save(family, answers):
    """Write the answers of a family: `{(case, dtype): (operands, arrays)}`."""
    index = {
        f"{case} {dtype}": [digest(operands), [a.shape for a in arrays]]
        for (case, dtype), (operands, arrays) in answers.items()
    }
    numbers = {
        dtype: np.concatenate([a.ravel() for (_, kind), (_, arrays) in answers.items() if kind == dtype for a in arrays])
        for dtype in ("float64", "float32")
    }
    FOLDER.mkdir(exist_ok=True)
    np.savez_compressed(FOLDER / f"{family}.npz", index=np.array(json.dumps(index)), **numbers)


@cache
def stored():
    """Every stored answer: the digest of its operands and its arrays, by case and element type."""
    answers = {}
    for path in sorted(FOLDER.glob("*.npz")):
        with np.load(path) as file:
            numbers, at = {dtype: file[dtype] for dtype in ("float64", "float32")}, {"float64": 0, "float32": 0}
            for key, (operands, shapes) in json.loads(str(file["index"])).items():
                dtype = key.rpartition(" ")[2]
                arrays = []
                for shape in shapes:
                    arrays.append(numbers[dtype][at[dtype] : at[dtype] + prod(shape)].reshape(shape))
                    at[dtype] += prod(shape)
                answers[key] = operands, arrays
    return answers


def answer(case, dtype, operands):
    """The stored arrays of a case; an AssertionError where there are none, or they are for other operands."""
    operands_then, arrays = stored().get(f"{case} {dtype}", (None, []))
    assert operands_then == digest(operands), f"{case} is new or has changed: run tests/oracles/pytorch.py again"
    return arrays
