"""The table of cases by which every operation is proven, one file a family.

To add an operation: rows in its family's file, its answer in tests/oracles/pytorch.py, and run that script. Every check of
tests/ops/test_every_operation.py is then made on every row.
"""

from tests.cases import (
    activation,
    arithmetic,
    comparison,
    convolution,
    cumulative,
    distances,
    einsum,
    elementary,
    index,
    layout,
    linear,
    logic,
    loss,
    matrix,
    measures,
    normalization,
    pooling,
    random,
    rectifiers,
    reduction,
    resampling,
    scatter,
    shape,
    slicing,
    smooth,
    sorting,
    trigonometry,
    windows,
)

FAMILIES = {
    "elementary": elementary.ROWS,
    "trigonometry": trigonometry.ROWS,
    "logic": logic.ROWS,
    "measures": measures.ROWS,
    "cumulative": cumulative.ROWS,
    "rectifiers": rectifiers.ROWS,
    "smooth": smooth.ROWS,
    "distances": distances.ROWS,
    "arithmetic": arithmetic.ROWS,
    "comparison": comparison.ROWS,
    "linear": linear.ROWS,
    "reduction": reduction.ROWS,
    "shape": shape.ROWS,
    "index": index.ROWS,
    "activation": activation.ROWS,
    "loss": loss.ROWS,
    "windows": windows.ROWS,
    "convolution": convolution.ROWS,
    "pooling": pooling.ROWS,
    "resampling": resampling.ROWS,
    "einsum": einsum.ROWS,
    "layout": layout.ROWS,
    "matrix": matrix.ROWS,
    "scatter": scatter.ROWS,
    "slicing": slicing.ROWS,
    "sorting": sorting.ROWS,
    "normalization": normalization.ROWS,
    "random": random.ROWS,
}
ROWS = [row for rows in FAMILIES.values() for row in rows]
CASES = [case for row in ROWS for case in row.sizes]
"""Every row with every size of its axis "N"."""

WITHOUT_ANSWER: dict[str, str] = dict.fromkeys(
    ("Bernoulli", "Dropout", "DropoutMask", "RandomNormal", "RandomUniform"),
    "another source draws other numbers; tests/ops/test_random_numbers.py holds the distributions",
)
"""The operations that no independent source computes, each with the reason."""
