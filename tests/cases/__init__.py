"""The table of cases by which every operation is proven: a file for each family of minigraph/ops, under its name.

To add an operation: rows in its family's file, its answer in tests/oracles/pytorch.py, and run that script. Every check of
tests/ops/test_every_operation.py is then made on every row. Nothing here imports minigraph, nor does that script.
"""

import pkgutil
from importlib import import_module

FAMILIES = {
    name: import_module(f"tests.cases.{name}").ROWS
    for _, name, _ in pkgutil.iter_modules(__path__)
    if name not in ("__main__", "making")
}
ROWS = [row for rows in FAMILIES.values() for row in rows]
CASES = [case for row in ROWS for case in row.sizes]
"""Every row with every size of its axis "N"."""

WITHOUT_ANSWER: dict[str, str] = dict.fromkeys(
    ("Bernoulli", "Dropout", "DropoutMask", "RandomNormal", "RandomUniform"),
    "another source draws other numbers; tests/ops/test_random_numbers.py holds the distributions",
)
"""The operations that no independent source computes, each with the reason."""
