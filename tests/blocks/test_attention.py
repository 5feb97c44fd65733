"""Attention: masks, scale and softcap held against PyTorch's answers, which are stored, and what is refused."""

from pathlib import Path

import numpy as np
import pytest

import minigraph as mg
from minigraph import blocks
from tests.blocks.attended import CASES, made

ANSWERS = Path(__file__).parent.parent / "oracles" / "attention.npz"
NEAR = {"float64": 1e-12, "float32": 2e-5, "float16": 1e-2}
"""How near an answer is that is computed in a type."""
BEYOND_HALF = {"added_large", "added_least", "causal_and_added_least"}
"""The cases whose mask half precision does not hold."""
MASKED = [name for name, case in CASES.items() if case.mask is not None]


@pytest.fixture(scope="module")
def answers():
    with np.load(ANSWERS) as stored:
        return dict(stored)


def composed(case, dtype, mask=None, **named):
    """A graph of the case; its axes have sizes, or the names that are given."""
    shapes = (named.get(key, getattr(case, key)) for key in ("query", "key", "value"))
    q, k, v = (mg.Input(name, shape, dtype=dtype) for name, shape in zip(("query", "key", "value"), shapes, strict=True))
    options = {"causal": case.causal, "scale": case.scale, "softcap": case.softcap}
    return mg.Graph(y=blocks.attention(q, k, v, mask=case.mask if mask is None else mask, **options))


def held(graph, case, dtype, answers, name, **more):
    query, key, value, cotangent = made(case)
    run = graph.forward(query=query, key=key, value=value, **more)
    gradients = run.backward(cotangent=cotangent)
    found = {"y": run["y"]} | {each: gradients[each] for each in graph.inputs if gradients.get(each) is not None}
    assert run["y"].dtype == dtype
    if "least" in name:
        found.pop("mask", None)  # what is added counts as no less than −5·10³¹, and has no slope there
    stored = "float64" if dtype == "float16" else dtype
    for each, array in found.items():
        np.testing.assert_allclose(array, answers[f"{name}/{stored}/{each}"], rtol=NEAR[dtype], atol=NEAR[dtype], err_msg=each)


@pytest.mark.parametrize("dtype", NEAR)
@pytest.mark.parametrize("name", CASES)
def test_values_and_gradients_are_pytorchs(name, dtype, answers):
    case = CASES[name]
    if dtype == "float16" and name in BEYOND_HALF:
        with pytest.raises(mg.DTypeError, match="float16 and cannot take"):
            composed(case, dtype)
        return
    held(composed(case, dtype), case, dtype, answers, name)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", MASKED)
def test_a_mask_that_a_run_is_given_gives_the_same(name, dtype, answers):
    case = CASES[name]
    mask = mg.Input("mask", case.mask.shape, dtype=bool if case.mask.dtype == bool else dtype)
    held(composed(case, dtype, mask), case, dtype, answers, name, mask=case.mask)


@pytest.mark.parametrize("name", ["causal", "booleans_that_hide_a_row", "softcap_added_infinity", "causal_and_booleans"])
def test_the_program_and_axes_known_only_in_a_run_give_the_same(name, answers):
    case = CASES[name]
    mask = None if case.mask is None else mg.Input("mask", ("T", "S"), dtype=bool if case.mask.dtype == bool else float)
    graph = composed(case, "float64", mask, query=("N", "T", 4), key=("N", "S", 4), value=("N", "S", 6))
    more = {} if mask is None else {"mask": case.mask}
    held(graph, case, "float64", answers, name, **more)
    program = mg.compile(graph)
    for rows in (2, 1):
        query, key, value, _ = (array[:rows] for array in made(case))
        found = program(query=query, key=key, value=value, **more)["y"]
        np.testing.assert_allclose(found, answers[f"{name}/float64/y"][:rows], rtol=1e-12, atol=1e-12)


def test_where_a_row_can_be_hidden_is_known_before_a_run_where_the_mask_is():
    """The picture has one choice for a causal mask, and two only where a row may take nothing."""

    def choices(name):
        return sum(isinstance(node, mg.Where) for node in composed(CASES[name], "float32").nodes)

    assert [choices(name) for name in ("plain", "added", "causal", "booleans", "booleans_that_hide_a_row")] == [0, 0, 1, 1, 2]


def test_a_mask_that_is_not_a_number_is_not_hidden():
    mask = np.zeros((3, 5))
    mask[1, 2] = np.nan
    for given in (mask, mg.Input("mask", (3, 5), dtype=np.float64)):
        graph = composed(CASES["plain"], "float64", given)
        more = {"mask": mask} if "mask" in graph.inputs else {}
        query, key, value, _ = made(CASES["plain"])
        y = graph.forward(query=query, key=key, value=value, **more)["y"]
        assert np.isnan(y[:, 1]).all() and np.isfinite(y[:, [0, 2]]).all()


def test_second_derivatives_through_a_hidden_row_are_those_of_differences():
    case = CASES["causal_and_added_infinity"]
    q, k, v = (mg.Input(name, getattr(case, name), dtype=np.float64) for name in ("query", "key", "value"))
    y = blocks.attention(q, k, v, mask=case.mask, causal=True)
    (gradient,) = mg.gradient((y * y).sum(), [q])
    graph = mg.Graph(total=(gradient * gradient).sum())
    query, key, value, direction = made(case)
    direction = direction[..., :4]
    slope = (graph.forward(query=query, key=key, value=value).backward()["query"] * direction).sum()
    up, down = (graph.forward(query=query + h * direction, key=key, value=value)["total"] for h in (1e-5, -1e-5))
    assert slope == pytest.approx((up - down) / 2e-5, rel=1e-6) and abs(slope) > 1e-3


@pytest.mark.parametrize("shape", [(3, 5), (2, 3, 5), (2, 2, 3, 5)])
def test_heads_take_masks_of_places_of_rows_and_of_heads(shape):
    mask = np.random.default_rng(2).normal(size=shape) > -0.5
    x, memory = mg.Input("x", (2, 3, 8)), mg.Input("memory", (2, 5, 8))
    graph = mg.Graph(
        y=blocks.multi_head_attention(x, memory, heads=2, rng=np.random.default_rng(0), mask=mask, scale=0.5, softcap=3.0)
    )
    seen = mg.Input("mask", shape, dtype=bool)
    other = mg.Graph(
        y=blocks.multi_head_attention(x, memory, heads=2, rng=np.random.default_rng(0), mask=seen, scale=0.5, softcap=3.0)
    )
    rng = np.random.default_rng(4)
    given = {"x": rng.normal(size=(2, 3, 8)), "memory": rng.normal(size=(2, 5, 8))}
    np.testing.assert_allclose(graph.forward(**given)["y"], other.forward(**given, mask=mask)["y"], atol=1e-6)


Q, K, V = (mg.Input(name, shape) for name, shape in (("q", ("N", 3, 4)), ("k", ("N", 5, 4)), ("v", ("N", 5, 4))))
REFUSED = {
    "a mask of whole numbers": ({"mask": np.ones((3, 5), int)}, mg.DTypeError),
    "a mask of another shape": ({"mask": np.ones((5, 3), bool)}, mg.ShapeError),
    "a mask with more axes": ({"mask": mg.Input("mask", (2, "N", 3, 5))}, mg.ShapeError),
    "a mask of another type": ({"mask": mg.Input("mask", (3, 5), dtype=np.float64)}, mg.DTypeError),
    "a mask of rows of many lengths": ({"mask": [[True, False], [True]]}, mg.ShapeError),
    "a mask that is text": ({"mask": "causal"}, mg.DTypeError),
    "a scale that is no number": ({"scale": "1"}, mg.OperationError),
    "a scale that is not finite": ({"scale": np.nan}, mg.OperationError),
    "no softcap": ({"softcap": 0}, mg.OperationError),
    "a softcap that is a truth": ({"softcap": True}, mg.OperationError),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_mask_or_scale_is_refused(name, wording):
    options, error = REFUSED[name]
    with pytest.raises(error) as raised:
        blocks.attention(Q, K, V, **options)
    wording(raised.value)


def test_a_derivation_of_hidden_rows_is_held_by_differences():
    """What a mask leaves out is huge, and neither sets how far values are moved nor excuses a difference."""
    case = CASES["causal_and_booleans"]
    graph = composed(case, "float64")
    loss = (graph["y"] ** 2).sum()
    query, key, value, _ = made(case)
    derivation = mg.derive(loss, graph.inputs["query"], query=query, key=key, value=value)
    found = [step.directional for step in derivation.steps if step.directional]
    assert len(found) >= 3 and not any(each.differ or each.noise > 1e-5 for each in found)
