"""Kill a training (SIGKILL) at its writes, renames and syncs, and resume it: `python -m tests.training.kill 50`.

Each call of the system by which a training writes is counted in the process itself, which is killed before one of them, or in
its middle: a write is then half done. What is left must be whole, and the resumed run must end as one that was never killed:
history, variables, best parameters and log, bit by bit. Two trainings that are started into one folder at once must leave what
one of them does alone, the other being refused.
"""

import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import minigraph as mg
from minigraph.interop import files
from minigraph.training.data import moons
from minigraph.training.loop.checkpoint import FILE
from models.two_layer import build

ROOT = Path(__file__).parent.parent.parent
EPOCHS = 12
CALLS = ("write", "fsync", "replace", "ftruncate", "unlink")
"""The calls of the system that change a folder."""


def trainer_of(folder):
    """A training whose steps are short beside its checkpoints, of which there are so many that the history gets a file."""
    optimizer = mg.AdamW(mg.schedules.cosine(0.05, steps=300), average=0.99, clip_norm=1.0)
    callbacks = [
        mg.JSONLog(folder / "log.jsonl"),
        mg.EarlyStopping(patience=100),
        mg.Checkpoint(folder, steps=3, best="validation loss"),
    ]
    return mg.Trainer(
        build(hidden=30),
        moons(200),
        optimizer=optimizer,
        batch_size=8,
        validation=moons(50, seed=1),
        seed=3,
        callbacks=callbacks,
    )


class Deadly:
    """The calls of the system, counted; the process is killed at number `last`."""

    def __init__(self, last):
        self.last, self.seen = last, []

    def __getattr__(self, name):
        return self._counted(name, getattr(os, name)) if name in CALLS else getattr(os, name)

    def _counted(self, name, call):
        def counted(*given, **options):
            self.seen.append(name)
            if len(self.seen) == self.last:
                if name == "write":
                    call(given[0], given[1][: len(given[1]) // 2])
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*given, **options)

        return counted


def run(folder, last=0):
    """Train, from the checkpoint if there is one, to the end or to call number `last`; print what it leaves and its calls."""
    trainer, files.os = trainer_of(folder), Deadly(last)
    if (folder / FILE).exists():
        trainer.resume(folder)
    history = trainer.run(EPOCHS)
    digest = hashlib.sha256(repr(dict(history)).encode())
    for name in sorted(trainer.variables):
        digest.update(trainer.variables[name].value.tobytes())
    digest.update((folder / "best.safetensors").read_bytes())
    for line in (folder / "log.jsonl").read_text().splitlines():
        digest.update(repr({**json.loads(line), "seconds": 0}).encode())
    print(json.dumps({"digest": digest.hexdigest(), "calls": files.os.seen}))


def started(folder, last=0):
    command = [sys.executable, "-m", "tests.training.kill", "run", str(folder), str(last)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finished(process):
    """What a run has left."""
    out, error = process.communicate()
    return SimpleNamespace(**json.loads(out)) if process.returncode == 0 else SimpleNamespace(digest=error, calls=[])


def killed_and_resumed(folder, kills):
    """Kill a training at so many of its calls, one each time, and then one training at many of them, and resume.

    What a run that was not killed has left is returned too.
    """
    whole = finished(started(folder / "alone"))
    figures = {"calls": len(whole.calls), "kills": Counter(), "not whole": 0, "different": 0, "parts left after": 0}
    places = [1 + i * len(whole.calls) // kills for i in range(kills)]
    for last in places:
        at = folder / f"killed at {last}"
        _kill(at, last, figures, whole.calls[last - 1])
        figures["different"] += finished(started(at)).digest != whole.digest
        figures["parts left after"] += sum(1 for _ in at.glob(".minigraph-*"))
    for last in range(5, 5 + kills // 5 * 7, 7):
        _kill(folder / "often", last, figures, "again and again")
    if kills >= 5:
        figures["different"] += finished(started(folder / "often")).digest != whole.digest
    return figures, whole


def _kill(folder, last, figures, what):
    process = started(folder, last)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    figures["kills"][what] += 1
    figures["not whole"] += not is_whole(folder)


def is_whole(folder):
    """Whether what was left can be resumed; a run that was killed before its first checkpoint has left none."""
    if not (folder / FILE).exists():
        return True
    try:
        trainer_of(folder).resume(folder)
    except mg.MinigraphError:
        return False
    return True


def two_at_once(folder, times, whole):
    """Start two trainings into one folder, so many times; how often one was refused, and what was left was not `whole`."""
    figures = Counter(times=times)
    for i in range(times):
        both = [finished(process) for process in [started(folder / f"both {i}") for _ in range(2)]]
        figures["refused"] += sum("belongs to a training that is under way" in each.digest for each in both)
        figures["as alone"] += [each.digest for each in both].count(whole.digest)
        figures["different after"] += finished(started(folder / f"both {i}")).digest != whole.digest
    return figures


if __name__ == "__main__":
    if sys.argv[1] == "run":
        run(Path(sys.argv[2]), int(sys.argv[3]))
    else:
        with tempfile.TemporaryDirectory() as place:
            found, alone = killed_and_resumed(Path(place), int(sys.argv[1]))
            print(found, two_at_once(Path(place), int(sys.argv[1]) // 5, alone), sep="\n")
