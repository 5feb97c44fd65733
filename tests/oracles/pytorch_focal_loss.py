"""Store what torchvision's focal loss gives: `PYTHONPATH=. python tests/oracles/pytorch_focal_loss.py`.

The file holds logits and labels, and for each γ the loss of each row, its gradient and its second derivative.
"""

from pathlib import Path

import numpy as np
import torch
from torchvision.ops import sigmoid_focal_loss

FILE = Path(__file__).parent / "focal_loss.npz"
GAMMAS = (0.5, 1.0, 2.0, 5.0)


if __name__ == "__main__":
    z = np.concatenate([np.linspace(-6, 6, 13), [-30.0, 30.0]]).repeat(2)
    labels = np.tile([0, 1], len(z) // 2)
    answers = []
    for gamma in GAMMAS:
        logits = torch.tensor(z, requires_grad=True)
        losses = sigmoid_focal_loss(logits, torch.tensor(labels, dtype=torch.float64), alpha=-1, gamma=gamma)
        (slopes,) = torch.autograd.grad(losses.sum(), logits, create_graph=True)
        (curvatures,) = torch.autograd.grad(slopes.sum(), logits)
        answers.append([losses.detach().numpy(), slopes.detach().numpy(), curvatures.numpy()])
    np.savez_compressed(FILE, z=z, labels=labels, gammas=np.array(GAMMAS), answers=np.array(answers))
