"""Store the second derivatives of the article's model: `python tests/oracles/pytorch_two_layer.py`, with PyTorch.

All of them: the matrix ∂²loss/∂p∂q over the parameters W1, b1, W2 and b2 laid end to end, for 3 hidden units and 7 rows.
The file holds the numbers it was made with.
"""

from pathlib import Path

import numpy as np
import torch

FILE = Path(__file__).parent / "two_layer.npz"


def loss_of(flat, x, y, shapes):
    W1, b1, W2, b2 = (
        part.reshape(shape) for part, shape in zip(flat.split([int(np.prod(s)) for s in shapes]), shapes, strict=True)
    )
    return torch.nn.functional.cross_entropy(torch.tanh(x @ W1 + b1) @ W2 + b2, y)


if __name__ == "__main__":
    random = np.random.RandomState(0)
    shapes = {"W1": (2, 3), "b1": (3,), "W2": (3, 2), "b2": (2,)}
    given = {name: random.normal(size=shape) for name, shape in shapes.items()}
    given |= {"x": random.normal(size=(7, 2)), "y": random.randint(0, 2, 7)}
    flat = torch.tensor(np.concatenate([given[name].ravel() for name in shapes]))
    x, y = torch.tensor(given["x"]), torch.tensor(given["y"])
    hessian = torch.autograd.functional.hessian(lambda p: loss_of(p, x, y, shapes.values()), flat)
    np.savez_compressed(FILE, hessian=hessian.numpy(), **given)
    print(f"{hessian.shape[0]} × {hessian.shape[1]} second derivatives")
