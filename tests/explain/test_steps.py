"""The steps of backpropagation: in the order of the traversal, with the numbers of the run and the rules' own mathematics."""

import json

import numpy as np
import pytest

import minigraph as mg
from minigraph.core.rewriting import topological_order
from minigraph.explain.page.record import page_record
from minigraph.explain.page.steps import steps_of
from minigraph.explain.page.worked import added_element, worked_element
from models.two_layer import build
from tests.cases import CASES
from tests.ops.test_every_operation import Composed

X, Y = np.linspace(-1, 1, 6).reshape(3, 2), [0, 1, 1]


@pytest.fixture
def run():
    return build(hidden=4, penalty=0.01).astype(np.float64).forward(x=X, y=Y)


def test_the_steps_forward_are_the_graph_s_order(run):
    steps = steps_of(run)
    assert [step.node for step in steps if step.kind == "value"] == list(run.graph.operations)
    assert all(np.array_equal(step.result, run[step.node]) for step in steps if step.forward)


def test_the_steps_back_are_the_traversal_s_order(run):
    order = list(reversed(topological_order([run.graph["loss"]])))
    places = [order.index(step.wire[0]) for step in steps_of(run) if step.kind == "contribution"]
    assert places == sorted(places)


def test_no_step_back_needs_a_gradient_that_is_not_there_yet(run):
    back = [step for step in steps_of(run) if not step.forward]
    awaited = {step.wire: i for i, step in enumerate(back) if step.wire}
    for i, step in enumerate(back):
        if step.wire:
            bringing = [at for (node, k), at in awaited.items() if node.operands[k] is step.wire[0]]
            assert all(at < i for at in bringing)


def test_the_contributions_of_a_fork_add_up_to_its_gradient(run):
    steps, gradients = steps_of(run), run.backward()
    forks = [step for step in steps if step.kind == "sum"]
    assert {step.node.name for step in forks} == {"W1", "W2"}
    for node in gradients:
        contributions = [step.result for step in steps if step.kind == "contribution" and step.node is node]
        np.testing.assert_allclose(sum(contributions) if contributions else 1.0, gradients[node], rtol=1e-12)


def test_a_step_back_writes_the_upstream_gradient_into_the_rule():
    steps = steps_of(build(hidden=4).forward(x=X, y=Y))
    rules = {step.name: step.rule for step in steps if not step.forward}
    assert rules["∂loss/∂z1"] == "∂loss/∂a1 ⊙ (1 − a1²)"
    assert rules["∂loss/∂W2"] == "a1ᵀ · ∂loss/∂(a1 · W2)"
    assert rules["∂loss/∂b2"] == "Σ rows ∂loss/∂z2"
    assert rules["∂loss/∂z2"] == "∂loss/∂loss ⊙ (ŷ − one_hot(y, 2)) / N"


def test_a_changed_rule_changes_its_step():
    class Odd(mg.Tanh):
        def backward(self, gradient, y, x):
            return gradient * 7

    run = mg.Graph(y=Odd(mg.Input("x", ()), name="a")).forward(x=1.0)
    step = steps_of(run)[-1]
    assert (step.rule, step.result) == ("∂y/∂a ⊙ 7", 7)


def test_a_first_output_that_is_no_scalar_has_no_steps_back():
    x = mg.Input("x", ("N",))
    run = mg.Graph(y=np.tanh(x), total=np.tanh(x).sum()).forward(x=[1.0, 2.0])
    assert all(step.forward for step in steps_of(run))
    assert [step.kind for step in steps_of(run, "total")][-3:] == ["cotangent", "contribution", "contribution"]


def every_term(run):
    """Each step back with its element worked out, all terms rules one by one."""
    gradients = run.backward()
    for step in steps_of(run):
        if step.wire:
            yield step, worked_element(run, gradients, step.wire, step.result)


def test_one_element_is_the_sum_of_upstream_gradients_times_local_derivatives(run):
    for step, worked in every_term(run):
        assert not worked.others
        assert worked.result == step.result[worked.place] == pytest.approx(sum(t.upstream * t.local for t in worked.terms))


@pytest.mark.parametrize("case", [case for case in CASES if case.kink is None], ids=str)
def test_an_element_is_worked_out_for_every_operation(case):
    composed = Composed(case)
    if not composed.differentiable or not composed.value(composed.y).size:
        return
    graph = mg.Graph(loss=(composed.y * composed.cotangent).sum())
    run = graph.forward(**{name: composed.given[name] for name in graph.inputs})
    gradients, count = run.backward(), 0
    for step in steps_of(run):
        worked = worked_element(run, gradients, step.wire, step.result) if step.wire else None
        if worked:
            count += 1
            sum_of_terms = sum(term.upstream * term.local for term in worked.terms) + worked.rest
            assert worked.result == pytest.approx(sum_of_terms, rel=1e-9, abs=1e-12)
            assert worked.others or worked.terms or worked.result == 0
    assert count >= 1
    json.dumps(page_record(run, None, {"now": run}, {}), allow_nan=False)


def test_where_nothing_depends_on_an_element_its_local_derivative_is_0():
    x = mg.Parameter("x", [-2.0])
    run = mg.Graph(loss=mg.ReduceSum(mg.Relu(x, name="r"))).forward()
    worked = worked_element(run, run.backward(), (run.graph["r"], 0), np.array([0.0]))
    assert str(worked) == "1 × 0 = 0"


def test_many_terms_are_told_together():
    x = mg.Parameter("x", np.full((10, 1), 2.0))
    w = mg.Parameter("w", [[3.0]])
    run = mg.Graph(loss=mg.ReduceSum(mg.MatMul(x, w, name="z"))).forward()
    worked = worked_element(run, run.backward(), (run.graph["z"], 1), np.array([[20.0]]))
    assert str(worked) == "1 × 2 + 1 × 2 + 1 × 2 + 1 × 2 + 12 from 6 more = 20"


def test_the_element_of_a_sum_is_that_of_its_contributions():
    worked = added_element(np.array([1.0, 5.0]), [np.array([1.0, 2.0]), np.array([0.0, 3.0])])
    assert (worked.place, str(worked)) == ((1,), "2 + 3 = 5")


@pytest.mark.parametrize("contribution", [np.zeros((0, 2)), np.array([np.nan])])
def test_an_empty_or_infinite_gradient_has_no_element_to_work_out(contribution, run):
    assert worked_element(run, {}, (run.graph["a1"], 0), contribution) is None
    assert added_element(contribution, [contribution]) is None
