"""What a training step takes in memory: minigraph's program, and beside it NumPy written by hand for the rows of peers.py.

    python -m tests.performance.memory

The peak is what NumPy and Python held at most during a step, above what they held before the first one; page faults are
what the operating system had to give or clear during a later step. Each figure is taken in a process of its own.
"""

import json
import resource
import subprocess
import sys
import tracemalloc

import minigraph as mg
from tests.performance import networks, peers
from tests.performance.table import row

NAMES = ("hand NumPy", "planned by hand", "minigraph")
ROWS = {**peers.ROWS, **networks.ROWS}


def measured(contestant, name):
    """For each part the peak of a step in bytes, what a later step allocates at most, and its page faults."""
    arrays = dict(ROWS[name].data())
    assert mg.__all__  # the package itself is no part of a step
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    made = ROWS[name].contestants[contestant](arrays, None)
    return {part: _of(step, before) for part, step in (made if isinstance(made, dict) else {"": made}).items()}


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


def main():
    """Measure, and print a row for each case and contestant."""
    if sys.argv[1:]:
        print(json.dumps(measured(*sys.argv[1:])))
        return
    print(row("case", "", "peak, kB", "allocated by a later step, kB", "its page faults"), "|---" * 5 + "|", sep="\n")
    for name in ROWS:
        for contestant in [each for each in NAMES if each in ROWS[name].contestants]:
            command = [sys.executable, "-m", "tests.performance.memory", contestant, name]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            for part, (peak, later, faults) in json.loads(done.stdout).items():
                print(
                    row(f"{name} {part}", contestant, f"{peak / 1000:.0f}", f"{later / 1000:.1f}", f"{faults:.1f}"), flush=True
                )


if __name__ == "__main__":
    main()
