"""What a training step takes in memory: minigraph's program, NumPy written by hand for the rows of peers.py, and PyTorch.

    python -m tests.performance.memory                       # all rows
    python -m tests.performance.memory 'lenet*' 'gpt*'       # some; PyTorch where it can be imported

The peak is what NumPy and Python held at most during a step, above what they held before the first one; page faults are
what the operating system had to give or clear during a later step. What the process held at most, above what it held once all
was imported and the data drawn, is told by Linux, and holds for every contestant. Each figure is taken in a process of its own,
on one thread.
"""

import json
import os
import re
import resource
import subprocess
import sys
import tracemalloc
from fnmatch import fnmatch
from importlib.util import find_spec
from pathlib import Path

import minigraph as mg
from tests.performance import networks, peers
from tests.performance.table import row

NAMES = ("hand NumPy", "planned by hand", "minigraph", "PyTorch")
ROWS = {**peers.ROWS, **networks.ROWS}
ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def steps_of(contestant, name):
    """The steps of a row, by part, once the package itself is imported."""
    arrays = dict(ROWS[name].data())
    assert mg.compile and mg.Adam and mg.blocks.dense  # the package itself, imported when used, is no part of a step
    if contestant == "PyTorch":
        __import__("torch")
    return lambda: made if isinstance(made := ROWS[name].contestants[contestant](arrays, 1), dict) else {"": made}


def allocated(contestant, name):
    """For each part the peak of a step in bytes, what a later step allocates at most, and its page faults."""
    steps = steps_of(contestant, name)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    return {part: _of(step, before) for part, step in steps().items()}


def _of(step, before):
    if not tracemalloc.is_tracing():
        tracemalloc.start()
    tracemalloc.reset_peak()
    for _ in range(3):
        step()
    peak = tracemalloc.get_traced_memory()[1] - before
    tracemalloc.reset_peak()
    held = tracemalloc.get_traced_memory()[0]
    step()
    later = tracemalloc.get_traced_memory()[1] - held
    tracemalloc.stop()
    for _ in range(3):
        step()
    start = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(20):
        step()
    return peak, later, (resource.getrusage(resource.RUSAGE_SELF).ru_minflt - start) / 20


def resident(contestant, name):
    """For each part the bytes that the process holds at most, above those before anything was made; None without Linux."""
    steps, status = steps_of(contestant, name), Path("/proc/self/status")
    if not status.exists():
        return dict.fromkeys(steps())

    def held(which):
        return int(re.search(rf"{which}:\s+(\d+)", status.read_text())[1]) * 1024

    before, found = held("VmRSS"), {}
    for part, step in steps().items():
        Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
        for _ in range(5):
            step()
        found[part] = held("VmHWM") - before
    return found


def asked(function, *given):
    """What a function of this file gives in a process of its own."""
    command = [sys.executable, "-m", "tests.performance.memory", function.__name__, *given]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ | ONE_THREAD).stdout)


def main():
    """Measure, and print a row for each case and contestant."""
    if sys.argv[1:2] in (["allocated"], ["resident"]):
        print(json.dumps(globals()[sys.argv[1]](*sys.argv[2:])))
        return
    head = ("case", "", "peak, kB", "allocated by a later step, kB", "its page faults", "held by the process, MB")
    print(row(*head), "|---" * len(head) + "|", sep="\n")
    for name in [name for name in ROWS if not sys.argv[1:] or any(fnmatch(name, each) for each in sys.argv[1:])]:
        for contestant in [each for each in NAMES if each in ROWS[name].contestants]:
            if contestant == "PyTorch" and find_spec("torch") is None:
                continue
            in_all = asked(resident, contestant, name)
            own = {} if contestant == "PyTorch" else asked(allocated, contestant, name)  # whose memory Python knows nothing of
            for part, most in in_all.items():
                peak, later, faults = own.get(part, (None,) * 3)
                kilobytes = ["" if each is None else f"{each / 1000:.{digits}f}" for each, digits in ((peak, 0), (later, 1))]
                told = [*kilobytes, "" if faults is None else f"{faults:.1f}", "" if most is None else f"{most / 1e6:.1f}"]
                print(row(f"{name} {part}".strip(), contestant, *told), flush=True)


if __name__ == "__main__":
    main()
