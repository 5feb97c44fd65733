"""Fashion-MNIST, from its four files: the models of models/ trained beside PyTorch's on the same processors.

    python -m tests.performance.fashion FOLDER                # the perceptron, all epochs, and the test accuracy
    python -m tests.performance.fashion FOLDER --model cnn --peer PYTHON

FOLDER holds train-images-idx3-ubyte.gz and the three beside it, as Debian's package dataset-fashion-mnist has them. With
--peer, another Python that has PyTorch trains the same network, on the same number of threads, epoch by epoch in turn with
minigraph, each in a process of its own that waits while the other works; the medians of the epochs are told, with their ratio.
"""

import argparse
import gzip
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

BATCH, RATE, THREADS = 128, 0.002, 2
FILES = {
    "x": "train-images-idx3-ubyte.gz",
    "y": "train-labels-idx1-ubyte.gz",
    "test x": "t10k-images-idx3-ubyte.gz",
    "test y": "t10k-labels-idx1-ubyte.gz",
}


def read(folder):
    """The arrays of the four files: images as N × 784 from 0 to 1, labels as int64."""
    arrays = {}
    for name, file in FILES.items():
        content = gzip.decompress((Path(folder) / file).read_bytes())
        axes = content[3]
        shape = np.frombuffer(content, ">u4", axes, 4).astype(int)
        values = np.frombuffer(content, np.uint8, -1, 4 + 4 * axes).reshape(shape[0], -1)
        arrays[name] = values[:, 0].astype(np.int64) if axes == 1 else values.astype(np.float32) / 255
    return arrays


def ours(kind, data, epochs):
    """Seconds of each epoch of training, and the test accuracy after it."""
    import minigraph as mg
    from minigraph.training.loop.evaluation import evaluate
    from models import lenet, mlp

    graph = mlp.fashion() if kind == "mlp" else lenet.build()
    rows, validation = ({"x": data[f"{part}x"], "y": data[f"{part}y"]} for part in ("", "test "))
    rate = mg.schedules.cosine(RATE, epochs * -(-len(data["x"]) // BATCH))
    trainer = mg.Trainer(graph, rows, optimizer=mg.Adam(rate), batch_size=BATCH, threads=THREADS)
    for epoch in range(epochs):
        start = time.perf_counter()
        trainer.run(epoch + 1)
        seconds = time.perf_counter() - start
        yield seconds, evaluate(graph, validation)["accuracy"]


def pytorchs(kind, data, epochs):
    """The same of PyTorch."""
    import torch

    torch.set_num_threads(THREADS)
    torch.manual_seed(0)
    nn = torch.nn
    layers = {
        "mlp": [nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10)],
        "cnn": [
            nn.Unflatten(1, (1, 28, 28)),
            nn.Conv2d(1, 16, 5, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 5, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(32 * 49, 128),
            nn.ReLU(),
            nn.Linear(128, 10),
        ],
    }
    model = nn.Sequential(*layers[kind])
    optimizer = torch.optim.Adam(model.parameters(), RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs * -(-len(data["x"]) // BATCH))
    x, y, test_x, test_y = (torch.from_numpy(data[name]) for name in FILES)
    for _ in range(epochs):
        start = time.perf_counter()
        for rows in torch.randperm(len(x)).split(BATCH):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(x[rows]), y[rows]).backward()
            optimizer.step()
            schedule.step()
        seconds = time.perf_counter() - start
        with torch.no_grad():
            chosen = torch.cat([model(part).argmax(1) for part in test_x.split(1000)])
        yield seconds, float((chosen == test_y).float().mean())


def work(contestant, arguments):
    """Train an epoch for each line on the standard input, and print what came of it."""
    epochs = {"minigraph": ours, "pytorch": pytorchs}[contestant](arguments.model, read(arguments.folder), arguments.epochs)
    for _ in sys.stdin:
        print(json.dumps(next(epochs)), flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--model", choices=["mlp", "cnn"], default="mlp")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--peer", help="a Python with PyTorch and NumPy")
    parser.add_argument("--contestant", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.contestant:
        work(arguments.contestant, arguments)
        return
    pythons = {"minigraph": sys.executable, **({"pytorch": arguments.peer} if arguments.peer else {})}
    options = [arguments.folder, "--model", arguments.model, "--epochs", str(arguments.epochs)]
    running = {
        name: subprocess.Popen(
            [python, "-m", "tests.performance.fashion", *options, "--contestant", name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name, python in pythons.items()
    }
    seconds = {name: [] for name in running}
    for epoch in range(1, arguments.epochs + 1):
        for name, process in running.items():
            process.stdin.write("\n")
            process.stdin.flush()
            took, accuracy = json.loads(process.stdout.readline())
            seconds[name].append(took)
            print(f"epoch {epoch}  {name}: {took:.2f} s, test accuracy {accuracy:.2%}", flush=True)
    for process in running.values():
        process.communicate()
    medians = {name: statistics.median(each) for name, each in seconds.items()}
    print("  ".join(f"{name} {median:.2f} s an epoch" for name, median in medians.items()))
    if arguments.peer:
        print(f"PyTorch's time / minigraph's: {medians['pytorch'] / medians['minigraph']:.2f}")


if __name__ == "__main__":
    main()
