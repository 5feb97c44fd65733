"""Store JAX's answers for the functions of tests/functions/ten.py: `python tests/oracles/jax_functions.py`, with JAX.

They are values, gradients and Hessians. The functions' text is run as it is, with `jax.numpy` for `numpy` and JAX's `grad`.
"""

from pathlib import Path

import numpy as np

TEN = Path(__file__).parents[1] / "functions" / "ten.py"
FILE = Path(__file__).parent / "functions.npz"


def leaves(tree):
    """The arrays of a tree as one vector, dicts by the alphabet, as JAX has them."""
    if isinstance(tree, dict):
        tree = [tree[key] for key in sorted(tree)]
    return np.concatenate([leaves(each) for each in tree]) if isinstance(tree, list | tuple) else np.ravel(tree)


def stored(grad, hessian, ten):
    """What is stored of each function: its value, its gradient and its Hessian, each as one vector."""
    found = {}
    for function, arguments in ten.items():
        parts = {
            "value": function(*arguments),
            "gradient": grad(function)(*arguments),
            "hessian": hessian(function)(*arguments),
        }
        found |= {f"{function.__name__} {part}": leaves(each) for part, each in parts.items()}
    return found


if __name__ == "__main__":
    import jax

    jax.config.update("jax_enable_x64", True)
    text = (
        TEN.read_text()
        .replace("import numpy as np", "import jax.numpy as np")
        .replace("from minigraph", "from jax")
        .replace("scipy", "jax.scipy")
    )
    names = {"__name__": "ten"}
    exec(compile(text.replace("np.random", "__import__('numpy').random"), str(TEN), "exec"), names)
    found = stored(jax.grad, jax.hessian, names["TEN"])
    np.savez_compressed(FILE, **found)
    print(*(f"{name}: {array.size}" for name, array in found.items()), sep="\n")
