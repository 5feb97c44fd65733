"""Kill runs at random moments (SIGKILL) and resume them: `python -m tests.training.kill 50`.

After each kill the folder's checkpoint must be whole, and when a run ends at last it must be the uninterrupted one, bit by
bit. A run writes a checkpoint after every third step, so that many kills fall into a write.
"""

import hashlib
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import minigraph as mg
from minigraph.training.checkpoint import FILE
from minigraph.training.data import moons
from models.two_layer import build

ROOT = Path(__file__).parent.parent.parent
EPOCHS = 12


def trainer_of(folder):
    """A training whose steps are short beside its checkpoints."""
    optimizer = mg.AdamW(mg.schedules.cosine(0.05, steps=300), average=0.99, clip_norm=1.0)
    return mg.Trainer(
        build(hidden=300), moons(200), optimizer=optimizer, batch_size=8, validation=moons(50, seed=1), seed=3,
        extensions=[mg.Snapshot(folder, steps=3, best="validation loss")],
    )


def run(folder):
    """Train, from the checkpoint if there is one, to the end; say when it begins and what it leaves."""
    trainer = trainer_of(folder)
    if (Path(folder) / FILE).exists():
        trainer.resume(folder)
    print("begun", flush=True)
    history = trainer.run(EPOCHS)
    digest = hashlib.sha256(repr(dict(history)).encode())
    for name in sorted(trainer.variables):
        digest.update(trainer.variables[name].value.tobytes())
    digest.update((Path(folder) / "best.safetensors").read_bytes())
    print(digest.hexdigest(), flush=True)


def started(folder):
    """The process of a run that has begun to train."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.training.kill", "run", str(folder)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "begun\n"
    return process


def killed_and_resumed(folder, kills, seed):
    """Kill that many times; how many checkpoints were broken, and how many finished runs differ from the uninterrupted one."""
    chance = random.Random(seed)
    since = time.monotonic()
    expected, _ = started(folder / "whole").communicate()
    length = time.monotonic() - since
    figures = {"kills": 0, "broken": 0, "runs": 0, "different": 0, "parts left": 0}
    while figures["kills"] < kills or figures["runs"] == 0:
        at = folder / f"run {figures['runs']}"
        figures["runs"] += 1
        while True:
            process = started(at)
            if figures["kills"] < kills:
                time.sleep(chance.uniform(0, length / 2))
                process.kill()
            found, _ = process.communicate()
            if process.returncode == 0:
                figures["different"] += found != expected
                break
            figures["kills"] += 1
            figures["parts left"] = max(figures["parts left"], sum(1 for _ in at.glob(".minigraph-*")))
            figures["broken"] += not is_whole(at)
    return figures


def is_whole(folder):
    """Whether what was left can be resumed; a run that was killed before its first checkpoint has left none."""
    if not (folder / FILE).exists():
        return True
    try:
        trainer_of(folder).resume(folder)
    except mg.MinigraphError:
        return False
    return True


if __name__ == "__main__":
    if sys.argv[1] == "run":
        run(sys.argv[2])
    else:
        with tempfile.TemporaryDirectory() as place:
            print(killed_and_resumed(Path(place), int(sys.argv[1]), seed=1))
