"""How long starting takes, beside importing NumPy alone.

    python -m tests.performance.startup

Fresh processes, one of each kind in turn, with compiled bytecode: the median of the time each takes, less that of the
interpreter alone. The aims are at most 2 × NumPy for `import minigraph`, and 2.5 × for `minigraph --help`.
"""

import os
import statistics
import subprocess
import sys
import time

ROUNDS = 21
KINDS = {
    "python": "pass",
    "import numpy": "import numpy",
    "import minigraph": "import minigraph",
    "minigraph --help": "import sys; sys.argv[1:] = ['--help']; from minigraph.cli import main; main()",
}


def seconds(code):
    """How long a process takes that runs the code."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], env=kept, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def measured(rounds=ROUNDS):
    """The median seconds of each kind, less the interpreter's own."""
    for code in KINDS.values():
        seconds(code)  # compiles what isn't yet
    times = [[seconds(code) for code in KINDS.values()] for _ in range(rounds)]
    python, *others = map(statistics.median, zip(*times, strict=True))
    return dict(zip([*KINDS][1:], (other - python for other in others), strict=True))


if __name__ == "__main__":
    found = measured()
    for kind, took in found.items():
        print(f"{kind:18}{took * 1000:6.0f} ms  {took / found['import numpy']:.2f} ×")
