"""Store what PyTorch's optimizers make of the article's model: `python tests/oracles/pytorch_optimizers.py`.

100 steps in float64 on 100 batches of 8 rows, for 6 hidden units: the loss of every step and the parameters at the end, for
each case. What PyTorch lacks (Lion) or does in another way is written here from its paper. The file holds the numbers it was
made with.
"""

from pathlib import Path

import numpy as np
import torch
from torch.optim import lr_scheduler

FILE = Path(__file__).parent / "optimizers.npz"
STEPS, ROWS = 100, 8
SHAPES = {"W1": (2, 6), "b1": (6,), "W2": (6, 2), "b2": (2,)}


class Lion(torch.optim.Optimizer):
    """Chen and others, Symbolic discovery of optimization algorithms, 2023, algorithm 2."""

    def __init__(self, params, lr, betas=(0.9, 0.99), weight_decay=0.0):
        super().__init__(params, {"lr": lr, "betas": betas, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            (beta1, beta2), lr = group["betas"], group["lr"]
            for w in group["params"]:
                m = self.state[w].setdefault("m", torch.zeros_like(w))
                update = torch.sign(beta1 * m + (1 - beta1) * w.grad)
                w.sub_(lr * (update + group["weight_decay"] * w))
                m.mul_(beta2).add_((1 - beta2) * w.grad)


class Both:
    """Muon for the matrices, AdamW for the rest."""

    def __init__(self, params):
        matrices, rest = [p for p in params if p.ndim == 2], [p for p in params if p.ndim != 2]
        self.all = [torch.optim.Muon(matrices, lr=0.02, weight_decay=0.1), torch.optim.AdamW(rest, lr=1e-3)]

    def step(self):
        for optimizer in self.all:
            optimizer.step()


def by_name(params):
    w1, b1, w2, b2 = params
    return torch.optim.SGD([{"params": [w1], "weight_decay": 0.1}, {"params": [b1, w2, b2]}], lr=0.1)


def scheduled(make, schedule):
    def made(params):
        optimizer = make(params)
        return optimizer, schedule(optimizer)

    return made


def sgd(params):
    return torch.optim.SGD(params, lr=0.1)


CASES = {
    "sgd": sgd,
    "momentum": lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9),
    "nesterov": lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, nesterov=True, weight_decay=0.01),
    "decay by name": by_name,
    "adagrad": lambda p: torch.optim.Adagrad(p, lr=0.1, weight_decay=0.01),
    "rmsprop": lambda p: torch.optim.RMSprop(p, lr=0.01),
    "rmsprop with momentum": lambda p: torch.optim.RMSprop(p, lr=0.003, alpha=0.9, momentum=0.9, weight_decay=0.01),
    "adam": lambda p: torch.optim.Adam(p, lr=0.01),
    "adam with decay": lambda p: torch.optim.Adam(p, lr=0.01, betas=(0.8, 0.95), eps=1e-6, weight_decay=0.1),
    "adamw": lambda p: torch.optim.AdamW(p, lr=0.01, weight_decay=0.1),
    "lion": lambda p: Lion(p, lr=0.003, weight_decay=0.1),
    "muon": Both,
    "clipped by norm": sgd,
    "clipped by value": sgd,
    "accumulated": lambda p: torch.optim.Adam(p, lr=0.01),
    "averaged": lambda p: torch.optim.Adam(p, lr=0.01),
    "step decay": scheduled(sgd, lambda o: lr_scheduler.StepLR(o, 30, gamma=0.5)),
    "cosine": scheduled(sgd, lambda o: lr_scheduler.CosineAnnealingLR(o, STEPS, eta_min=0.01)),
    "warm-up": scheduled(sgd, lambda o: lr_scheduler.LambdaLR(o, lambda step: min((step + 1) / 20, 1))),
    "one cycle": scheduled(sgd, lambda o: lr_scheduler.OneCycleLR(o, 0.5, total_steps=STEPS, cycle_momentum=False)),
}


def trained(case, given):
    """The losses, the parameters at the end, and where they are averaged their averages."""
    params = [torch.tensor(given[name], requires_grad=True) for name in SHAPES]
    made = CASES[case](params)
    optimizer, schedule = made if isinstance(made, tuple) else (made, None)
    losses, averages = [], [p.detach().clone() for p in params]
    for step in range(STEPS):
        x, y = torch.tensor(given["x"][step]), torch.tensor(given["y"][step])
        w1, b1, w2, b2 = params
        loss = torch.nn.functional.cross_entropy(torch.tanh(x @ w1 + b1) @ w2 + b2, y)
        losses.append(loss.item())
        every = 4 if case == "accumulated" else 1
        (loss / every).backward()
        if (step + 1) % every:
            continue
        if case == "clipped by norm":  # clip_grad_norm_ adds 1e-6 to the norm
            norm = torch.cat([p.grad.ravel() for p in params]).norm()
            for p in params:
                p.grad.mul_(0.3 / max(norm, torch.tensor(0.3)))
        if case == "clipped by value":
            torch.nn.utils.clip_grad_value_(params, 0.05)
        optimizer.step()
        if schedule:
            schedule.step()
        for p, average in zip(params, averages, strict=True):
            average.lerp_(p.detach(), 0.1)
            p.grad = None
    return np.array(losses), [p.detach().numpy() for p in (averages if case == "averaged" else params)]


def plateau_rates(figures):
    """The learning rate after each epoch with such a figure."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    schedule = lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=2, threshold=0)
    rates = []
    for figure in figures:
        schedule.step(figure)
        rates.append(schedule.get_last_lr()[0])
    return np.array(rates)


if __name__ == "__main__":
    torch.Tensor.bfloat16 = lambda self: self.clone()  # Muon rounds to it; the formula is held in float64
    random = np.random.RandomState(0)
    given = {name: random.normal(size=shape) for name, shape in SHAPES.items()}
    given |= {"x": random.normal(size=(STEPS, ROWS, 2)), "y": random.randint(0, 2, (STEPS, ROWS))}
    answers = {}
    for case in CASES:
        losses, params = trained(case, given)
        answers[f"{case}: losses"] = losses
        answers[f"{case}: parameters"] = np.concatenate([p.ravel() for p in params])
    answers["plateau: figures"] = random.randint(0, 100, 60) * 0.97 ** np.arange(60)
    answers["plateau: rates"] = plateau_rates(answers["plateau: figures"])
    np.savez_compressed(FILE, **given, **answers)
    print(f"{len(CASES)} cases, {FILE.stat().st_size} bytes")
