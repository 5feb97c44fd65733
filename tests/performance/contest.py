"""A contest of training steps: each figure comes from a process of its own, and the contestants take turns, round by round."""

import argparse
import json
import statistics
import subprocess
import sys
import time

__all__ = ["contest", "row"]

SECONDS = 1.0
"""For how long a process repeats the step."""


def contest(module, description, contestants, cases, made):
    """What each contestant takes for each case: by (contestant, case), the median of the rounds and the first losses.

    `made(contestant, case)` gives the step, which gives the loss. `module` is started anew for each figure.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--one", nargs=2, metavar=("CONTESTANT", "CASE"), help="time one step in this process, as JSON")
    parser.add_argument("--only", default="", help="the contestants whose name has this in it")
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(timed(made(*asked.one))))
        sys.exit()
    entered = [(name, case) for case in cases for name in contestants if asked.only in name]
    taken = {each: [] for each in entered}
    for _ in range(asked.rounds):
        for each in entered:
            command = [sys.executable, "-m", module, "--one", *each]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
            taken[each].append(json.loads(done.stdout.splitlines()[-1]))
    return {each: (statistics.median(took for took, _ in rounds), rounds[0][1]) for each, rounds in taken.items()}


def timed(step):
    """The median time of a step in this process, in microseconds, and the losses of the first steps."""
    losses = [float(step()) for _ in range(5)]
    times, end = [], time.perf_counter() + SECONDS
    while len(times) < 10 or time.perf_counter() < end:
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1e6, losses


def row(*cells):
    """A row of a table in Markdown."""
    return f"| {' | '.join(cells)} |"
