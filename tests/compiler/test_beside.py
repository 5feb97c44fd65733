"""New values beside the old ones: a step that is not accepted changes nothing, and one that is exchanges the arrays."""

import numpy as np
import pytest

import minigraph as mg
from minigraph.compiler.beside import Block
from models.two_layer import build

X, Y = np.random.default_rng(0).normal(size=(60, 2)), np.arange(60) % 2


class NotTakenError(Exception):
    pass


def programs(accept, engine="numpy", threads=1):
    """A graph's step of Adam that writes beside the variables, and that of another one like it, which writes over them."""
    both = []
    for options in ({"accept": accept}, {}):
        graph = build(hidden=6)
        updates = mg.Adam(0.1).minimize(graph["loss"])
        measured = mg.Graph(loss=graph["loss"], hidden=graph["a1"])
        both.append(mg.compile(measured, updates=updates, engine=engine, threads=threads, **options))
    return both


def values(step):
    return [variable.value for variable in step.updates]


def same(found, expected):
    return all(np.array_equal(a, b) for a, b in zip(found, expected, strict=True))


@pytest.mark.parametrize("engine", ["numpy", "c"])
@pytest.mark.parametrize("rows", [1, 60, 60_000])
def test_the_numbers_are_those_of_a_step_that_writes_over_the_variables(engine, rows):
    beside, over = programs(lambda outputs, new: None, engine)
    x, y = np.resize(X, (rows, 2)), np.resize(Y, rows)
    for _ in range(3):
        found, expected = beside(x=x, y=y), over(x=x, y=y)
        assert same(found.values(), expected.values()) and same(values(beside), values(over))


def test_a_step_that_is_not_accepted_changes_no_variable():
    seen = []

    def accept(outputs, new):
        seen.append((outputs["loss"], [array.copy() for array in new.arrays]))
        if len(seen) == 2:
            raise NotTakenError

    step, over = programs(accept)
    step(x=X, y=Y), over(x=X, y=Y)
    before = values(step)
    with pytest.raises(NotTakenError):
        step(x=X, y=Y)
    assert same(values(step), before)
    assert float(step(x=X, y=Y)["loss"]) == float(over(x=X, y=Y)["loss"]) == seen[1][0]  # as if nothing had been
    assert same(values(step), values(over)) and same(values(step), seen[1][1])


def test_two_blocks_serve_all_steps_and_an_array_that_someone_has_stays_as_it_is(monkeypatch):
    step, _ = programs(lambda outputs, new: None)
    step(x=X, y=Y), step(x=X, y=Y)
    made, usual = [], Block.__init__
    monkeypatch.setattr(Block, "__init__", lambda self, variables: made.append(0) or usual(self, variables))
    for _ in range(5):
        step(x=X, y=Y)
    assert not made
    W1 = next(variable for variable in step.updates if variable.name == "W1")
    for part in (lambda array: array, lambda array: array[:1]):
        held = part(W1.current_array)
        expected = held.copy()
        for _ in range(4):
            step(x=X, y=Y)
        assert np.array_equal(held, expected)
    assert len(made) == 2  # one for each that was held
    del held
    W1.value = np.zeros((2, 6))
    zeros = W1.current_array
    step(x=X, y=Y)
    assert not zeros.any() and len(made) == 2


def test_another_program_changes_the_same_variables_in_turn():
    """One writes beside them and one over them: neither writes into what the other counts on."""
    graph, alike = build(hidden=6), build(hidden=6)
    updates = mg.SGD(0.1).minimize(graph["loss"])
    beside = mg.compile(graph, updates=updates, accept=lambda outputs, new: None)
    over, alone = mg.compile(graph, updates=updates), mg.compile(alike, updates=mg.SGD(0.1).minimize(alike["loss"]))
    for step in (beside, over, beside, beside, over, over, beside):
        step(x=X, y=Y), alone(x=X, y=Y)
    assert same(values(beside), values(alone))


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_a_block_knows_whether_all_of_it_is_finite(dtype, value):
    large = np.finfo(dtype).max
    variables = [mg.Variable("n", [1, 2], dtype=np.int64), mg.Variable("w", [[large, -large]], dtype=dtype)]
    block = Block([*variables, mg.Variable("b", 0.5, dtype=dtype), mg.Variable("none", np.zeros((0, 3)), dtype=dtype)])
    for array in block.arrays[1:]:
        array.fill(large)
    assert block.is_finite() and [array.shape for array in block.arrays] == [(2,), (1, 2), (), (0, 3)]
    block.arrays[2][...] = value
    assert not block.is_finite()


def test_a_profile_changes_nothing():
    step, _ = programs(lambda outputs, new: None)
    step(x=X, y=Y)
    before = values(step)
    assert "new_W1" in step.profile(x=X, y=Y, calls=2) and same(values(step), before)
