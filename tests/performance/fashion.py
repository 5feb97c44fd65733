"""Fashion-MNIST: the models of models/ trained beside PyTorch's on the same processors, epoch by epoch in turn.

    python -m tests.performance.fashion FOLDER --model cnn --with torch=PATH

FOLDER holds train-images-idx3-ubyte.gz and the three beside it, as Debian's package dataset-fashion-mnist has them; without it
the arrays are random, of the same shapes, and say nothing of accuracy. PATH is a Python that has PyTorch, or a folder that it
was installed into. Each contestant is a process of its own that waits while another works; the medians of the epochs are shown.
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

from tests.performance.contest import CORES, surroundings
from tests.performance.contestants import torch_of
from tests.performance.convolution import torch_lenet

BATCH, RATE = 128, 0.002
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


def drawn():
    """Random arrays of these shapes."""
    rng, rows = np.random.default_rng(0), {"": 60_000, "test ": 10_000}
    images = {f"{part}x": rng.random((count, 784), np.float32) for part, count in rows.items()}
    return images | {f"{part}y": rng.integers(0, 10, count) for part, count in rows.items()}


def by_minigraph(engine):
    def epochs_of(kind, data, epochs, threads):
        """Seconds of each epoch of training, and the test accuracy after it."""
        import minigraph as mg
        from minigraph.training.loop.evaluation import evaluate
        from models import lenet, mlp

        graph = mlp.fashion() if kind == "mlp" else lenet.build()
        rows, validation = ({"x": data[f"{part}x"], "y": data[f"{part}y"]} for part in ("", "test "))
        rate = mg.schedules.cosine(RATE, epochs * -(-len(data["x"]) // BATCH))
        trainer = mg.Trainer(graph, rows, optimizer=mg.Adam(rate), batch_size=BATCH, threads=threads, engine=engine)
        for epoch in range(epochs):
            start = time.perf_counter()
            trainer.run(epoch + 1)
            yield time.perf_counter() - start, evaluate(graph, validation)["accuracy"]

    return epochs_of


def by_pytorch(kind, data, epochs, threads):
    """The same of PyTorch."""
    torch = torch_of(threads)
    torch.manual_seed(0)
    nn = torch.nn
    layers = [nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10)]
    model = nn.Sequential(*layers) if kind == "mlp" else torch_lenet(torch)
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


CONTESTANTS = {"minigraph": by_minigraph("numpy"), "minigraph c": by_minigraph("c"), "PyTorch": by_pytorch}


def work(asked):
    """Train an epoch for each line on the standard input, and print what came of it."""
    data = read(asked.folder) if asked.folder else drawn()
    threads = asked.threads if asked.threads < len(CORES) else None
    epochs = CONTESTANTS[asked.one](asked.model, data, asked.epochs, threads)
    for _ in sys.stdin:
        print(json.dumps(next(epochs)), flush=True)


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.performance.fashion", description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", default="", help="of the four files; else the data are random")
    parser.add_argument("--model", choices=["mlp", "cnn"], default="mlp")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--threads", type=int, default=len(CORES))
    parser.add_argument("--engines", nargs="+", default=list(CONTESTANTS))
    parser.add_argument("--with", nargs="+", default=[], metavar="PACKAGE=PATH", dest="places")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        work(asked)
        return
    running = {}
    for name in asked.engines:
        python, environment = surroundings(name, asked.threads, asked.places)
        command = [python, "-m", "tests.performance.fashion", *sys.argv[1:], "--one", name]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        running[name] = subprocess.Popen(command, env=environment, **pipes)
    seconds = {name: [] for name in running}
    for epoch in range(1, asked.epochs + 1):
        for name, process in running.items():
            process.stdin.write("\n")
            process.stdin.flush()
            took, accuracy = json.loads(process.stdout.readline())
            seconds[name].append(took)
            print(f"epoch {epoch}  {name}: {took:.2f} s, test accuracy {accuracy:.2%}", flush=True)
    for process in running.values():
        process.communicate()
    medians = {name: statistics.median(each) for name, each in seconds.items()}
    spread = {name: f"{median:.2f} s ({min(seconds[name]):.2f}–{max(seconds[name]):.2f})" for name, median in medians.items()}
    print(f"an epoch, {'' if asked.folder else 'random data, '}{asked.threads} threads: {spread}")
    if "PyTorch" in medians:
        print(
            {name: f"PyTorch ÷ this {medians['PyTorch'] / median:.2f}" for name, median in medians.items() if name != "PyTorch"}
        )


if __name__ == "__main__":
    main()
