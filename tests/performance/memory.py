"""What a training step of the article's model takes in memory: minigraph's program beside NumPy written by hand.

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
from tests.performance.peers import CASES, CONTESTANTS, drawn

NAMES = ("hand NumPy", "planned by hand", "minigraph compiled")


def measured(contestant, case):
    """The peak of a step in bytes, what a later step allocates at most, and its page faults."""
    sizes, kind, rows = CASES[case]
    layers, X, Y = drawn(sizes, rows)
    assert mg.__all__  # the package itself is no part of a step
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    step = CONTESTANTS[contestant](layers, X, Y, kind)
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
    print("| case | | peak, kB | allocated by a later step, kB | its page faults |\n|---|---|---|---|---|")
    for case in CASES:
        for name in NAMES:
            command = [sys.executable, "-m", "tests.performance.memory", name, case]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            peak, later, faults = json.loads(done.stdout)
            print(f"| {case} | {name} | {peak / 1000:.0f} | {later / 1000:.1f} | {faults:.1f} |")


if __name__ == "__main__":
    main()
