"""A handful of the wrong rules of tests/break_rules.py; the script tries them all."""

import pytest

from minigraph.ops import OPERATIONS
from tests.break_rules import MUTATIONS, broken, red

HANDFUL = [MUTATIONS[i] for i in range(0, len(MUTATIONS), 12)]


@pytest.mark.parametrize("mutation", HANDFUL, ids=lambda mutation: f"{mutation[0]}.{mutation[1]}")
def test_a_wrong_rule_turns_the_table_red(mutation):
    operation, rule, before, _ = mutation
    assert red(*mutation)
    assert not red(operation, rule, before, before)


def test_every_wrong_rule_still_changes_a_rule_that_is_there():
    for operation, rule, before, after in MUTATIONS:
        broken(OPERATIONS[operation], rule, before, after)
