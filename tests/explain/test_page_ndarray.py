"""The page's functions one by one, beside NumPy's: on every type of element, on numbers at the edges, on empty arrays."""

import warnings
from itertools import product

import numpy as np
import pytest

from minigraph.explain.page.program import array_data

pytestmark = pytest.mark.needs("chromium", "chromedriver")

EDGES = [0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 3.0, 7.0, 0.1, 1e-4, 1e4, 65504.0, 1e5, 3e38, np.inf, -np.inf, np.nan]
WHOLE = {"bool": [0, 1], "uint8": [0, 1, 2, 7, 200, 255]}
KINDS = ["bool", "int8", "uint8", "int16", "int32", "int64", "float16", "float32", "float64"]
WITHIN = {"float16": 2e-3, "float32": 3e-7, "float64": 1e-14}
CALL = """
const made = (each) => (each?.data !== undefined ? decoded(each) : each);
return arguments[0].map(([name, operands, options]) => {
  const { data, shape, dtype } = asArray(functions[name](...operands.map(made), ...(options ? [options] : [])));
  return [Array.from(data, (x) => (Object.is(x, -0) ? "-0" : String(Number(x)))), shape, dtype];
});
"""


def edges(kind):
    if kind[0] == "f":
        with np.errstate(over="ignore"):
            return np.array(EDGES).astype(kind)
    return np.array(WHOLE.get(kind, [0, 1, -1, 2, -3, 7, 100, -128]), kind)


def ufuncs(library, operands):
    """The page's functions of the names of NumPy's of so many operands."""
    names = library.execute_script("return Object.keys(functions)")
    found = {name: getattr(np, name) for name in names if isinstance(getattr(np, name, None), np.ufunc)}
    return {name: function for name, function in found.items() if function.nin == operands}


def given(operands):
    return [array_data(each) if isinstance(each, np.ndarray) else each for each in operands]


def assert_alike(library, calls):
    """Each call, `(name, function, operands, options)`, gives what NumPy gives where NumPy gives something."""
    wanted = []
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, function, operands, options in calls:
            try:
                wanted.append((name, operands, options, np.asarray(function(*operands, **options))))
            except (TypeError, ValueError, OverflowError):
                continue
    found = library.execute_script(CALL, [[name, given(operands), options] for name, operands, options, _ in wanted])
    for (name, operands, options, array), (numbers, shape, dtype) in zip(wanted, found, strict=True):
        what = name, operands, options
        assert (dtype, tuple(shape)) == (array.dtype.name, array.shape), what
        got = np.array([float(each.replace("Infinity", "inf")) for each in numbers]).reshape(shape)
        expected, unit = array.astype(float), WITHIN.get(dtype, 0)
        np.testing.assert_allclose(got, expected, rtol=unit, atol=6e-8 if dtype == "float16" else 0, err_msg=str(what))
        if unit and name not in ("maximum", "minimum", "max", "min", "clip", "sort"):  # of which NumPy gives either 0
            zero = expected == 0
            assert (np.signbit(got) == np.signbit(expected))[zero].all(), what
    return len(wanted)


def test_functions_of_one_number(library):
    calls = [(name, function, [edges(kind)], {}) for name, function in ufuncs(library, 1).items() for kind in KINDS]
    calls = [call for call in calls if not (call[0] == "reciprocal" and call[2][0].dtype.kind in "iu")]  # 1/0 is any number
    if np.floor(True).dtype != bool:  # before NumPy 2.1
        calls = [call for call in calls if not (call[0] in ("ceil", "floor", "trunc") and call[2][0].dtype == bool)]
    assert assert_alike(library, calls) > 250


def test_functions_of_two_numbers(library):
    """Each number at the edges with each; of two types that are not alike as well, and beside Python's own numbers."""
    calls = []
    for name, function in ufuncs(library, 2).items():
        for one, other in product(KINDS, KINDS):
            if name == "power" and one[0] + other[0] in ("ii", "uu", "iu", "ui"):
                continue  # beyond 2⁵³ whole numbers are not exact
            if {one, other} == {"int8", "uint8"}:
                continue  # NumPy finds a float of its own for each function
            calls.append((name, function, [edges(one)[:, None], edges(other)], {}))
        calls += [(name, function, [edges(kind), number], {}) for kind in KINDS for number in (2, 1.5)]
    assert assert_alike(library, calls) > 1500


ARRAYS = [(3, 4), (2, 1, 3), (1,), (0, 3), ()]


def test_reductions(library):
    rng, calls = np.random.default_rng(0), []
    for name, kind, shape in product(("sum", "prod", "max", "min", "any", "all", "mean", "argmax", "argmin"), KINDS, ARRAYS):
        x = rng.integers(0, 4, shape).astype(kind) if name == "prod" else rng.choice(edges(kind)[:8], shape).astype(kind)
        for axis, keepdims in product((None, *range(-x.ndim, x.ndim)), (False, True)):
            if x.size or name in ("sum", "prod", "any", "all"):
                calls.append((name, getattr(np, name), [x], {"axis": axis, "keepdims": keepdims}))
    hidden = np.array([[1.0, np.nan, 3], [np.inf, -np.inf, 0]])
    calls += [
        (name, getattr(np, name), [hidden], {"axis": axis}) for name in ("max", "argmin", "argmax", "mean") for axis in (0, 1)
    ]
    assert assert_alike(library, calls) > 1000


def test_products_along_axes_casts_and_bounds(library):
    rng, calls = np.random.default_rng(0), []
    for kind in KINDS:
        numbers = edges(kind)
        others = KINDS if kind[0] != "f" else ["bool", "float16", "float32", "float64"]  # others may make any number of NaN
        calls += [("astype", np.ndarray.astype, [numbers, other], {}) for other in others]
        calls += [(name, getattr(np, name), [numbers[:2]], {"axis": -1}) for name in ("cumsum", "cumprod", "sort")]
        calls += [("clip", np.clip, [numbers, low, high], {}) for low, high in ((None, 2), (1, None), (2, 0), (0, 1))]
        for shapes in (
            ((5, 3), (3, 6)),
            ((3,), (3,)),
            ((2, 1, 9, 2), (4, 2, 5)),
            ((2, 0), (0, 3)),
            ((3,), (3, 7)),
            ((4, 7), (7,)),
        ):
            operands = [rng.integers(0, 3, shape).astype(kind) for shape in shapes]
            calls.append(("matmul", np.matmul, operands, {}))
    assert assert_alike(library, calls) > 150


REFUSED = """
return arguments[0].map(([name, x, options]) => {
  try {
    return asArray(functions[name](decoded(x), options)).shape;
  } catch (error) {
    return error.message;
  }
});
"""


def test_what_numpy_chooses_of_no_elements_is_refused(library):
    calls, expected = [], []
    for name, shape in product(("max", "min", "argmax", "argmin"), ((0,), (0, 3), (3, 0), (0, 0))):
        for axis in (None, *range(-len(shape), len(shape))):
            calls.append((name, array_data(np.zeros(shape)), {"axis": axis}))
            try:
                expected.append([*np.shape(getattr(np, name)(np.zeros(shape), axis=axis))])
            except ValueError:
                expected.append("There is no first, smallest or largest of no elements.")
    assert library.execute_script(REFUSED, calls) == expected and [0] in expected
    started = library.execute_script(REFUSED, [["max", array_data(np.zeros(0)), {"initial": 2}]])
    assert started == [[]]
