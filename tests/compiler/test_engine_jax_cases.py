"""Every operation on JAX's arrays: each row of the table in tests/cases, its value and its gradients."""

from collections import defaultdict

import pytest

import minigraph as mg
from minigraph.ops import OPERATIONS
from tests.cases import CASES
from tests.ops.test_every_operation import Composed, assert_close

pytest.importorskip("jax", reason="engine='jax' is compared with NumPy where JAX is installed: pip install 'minigraph[jax]'")

REFUSED: dict[str, str] = {}
"""The operations that JAX does not run, each with the reason."""


def together(cases):
    """The cases as one graph, which is compiled once: the values and the gradients, with what each input is given."""
    outputs, given = {}, {}
    for i, case in enumerate(cases):
        made = Composed(case)
        for name in [*made.inputs, "cotangent"]:
            given[f"{name}_{i}"] = made.given[name]
        for node in [*made.inputs.values(), made.cotangent]:
            node.name = f"{node.name}_{i}"
        outputs[f"y{i}"] = made.y
        outputs |= {f"y{i} d{j}": node for j, node in enumerate(made.symbolic() if made.differentiable else [])}
    graph = mg.Graph(outputs)
    return graph, {name: given[name] for name in graph.inputs}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_values_and_gradients_are_those_of_the_plain_run(operation):
    by_rows = defaultdict(list)
    for case in CASES:
        if case.operation == operation:
            by_rows[case.rows].append(case)
    assert by_rows
    for cases in by_rows.values():
        graph, given = together(cases)
        plain = graph.forward(**given)
        if operation in REFUSED:
            with pytest.raises(mg.OperationError, match=REFUSED[operation]):
                mg.compile(graph, engine="jax")(**given)
            continue
        for name, found in mg.compile(graph, engine="jax")(**given).items():
            assert found.dtype == plain[name].dtype, name
            assert_close(found, plain[name], 1e-9)


def test_at_most_two_of_the_older_operations_are_refused_and_few_of_the_others():
    assert len(REFUSED) <= 2
    print(f"{len(OPERATIONS) - len(REFUSED)} of {len(OPERATIONS)} operations, {len(CASES)} cases")
