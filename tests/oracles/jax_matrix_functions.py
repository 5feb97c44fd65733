"""Make the answers about functions of matrices, with JAX: `python tests/oracles/jax_matrix_functions.py`, from the root.

For each expression: the parts of its value, the gradient of s = Σ w ⊙ y (y + 1) for each array, and its derivative along a
direction.
"""

import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.oracles.matrix_functions import EXPRESSIONS, NAMESPACE, direction, used, weights

jax.config.update("jax_enable_x64", True)


def answers(expression):
    arrays = {name: jnp.asarray(array) for name, array in used(expression).items()}

    def parts(given):
        value = eval(expression, {"np": jnp, **NAMESPACE, **given})
        return [*value] if isinstance(value, tuple) else [value]

    def scalar(given):
        return sum(jnp.sum(weights(expression, i, y.shape) * y * (y + 1)) for i, y in enumerate(parts(given)))

    gradient = jax.grad(scalar)
    along = {name: jnp.asarray(direction(name)) for name in arrays}
    _, second = jax.jvp(gradient, (arrays,), (along,))
    slopes = gradient(arrays)
    return [*parts(arrays), *(slopes[name] for name in arrays), *(second[name] for name in arrays)]


if __name__ == "__main__":
    found = {}
    for each in EXPRESSIONS:
        try:
            made = answers(each)
        except Exception as error:
            raise ValueError(each) from error
        for i, array in enumerate(made):
            found[f"{each} {i}"] = np.asarray(array)
    np.savez_compressed(Path(__file__).parent / "matrix_functions.npz", **found)
    print(f"{len(EXPRESSIONS)} expressions, {len(found)} arrays")
