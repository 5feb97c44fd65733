"""Store what some steps with batch normalisation make: `PYTHONPATH=. python tests/oracles/pytorch_batch_normalization.py`.

The file holds the batches and a weight for each element of the value, whose sum is the loss; then the losses, and what five
steps of gradient descent make of the parameters and the running statistics; and the value for the first batch in inference
after that.
"""

from pathlib import Path

import numpy as np
import torch

FILE = Path(__file__).parent / "batch_normalization.npz"
STEPS, SHAPE, RATE = 5, (6, 3, 2, 2), 0.1


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    batches = np.round(rng.normal(1, 2, (STEPS, *SHAPE)), 3)
    weights = np.round(rng.normal(size=SHAPE), 3)
    module = torch.nn.BatchNorm2d(SHAPE[1], dtype=torch.float64)
    optimizer = torch.optim.SGD(module.parameters(), lr=RATE)
    losses = []
    for batch in batches:
        optimizer.zero_grad()
        loss = (module(torch.tensor(batch)) * torch.tensor(weights)).sum()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    module.eval()
    stored = {"scale": module.weight, "bias": module.bias, "mean": module.running_mean, "variance": module.running_var}
    stored["inference"] = module(torch.tensor(batches[0]))
    answers = {name: tensor.detach().numpy() for name, tensor in stored.items()}
    np.savez_compressed(FILE, batches=batches, weights=weights, losses=np.array(losses), **answers)
