"""What every test relies on."""

import os
import shutil
import signal

import pytest

# What a shell starts in the background ignores Ctrl-C, and so does what it starts in turn: the tests that press it would wait.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_runtest_setup(item):
    """Skip a test marked `needs("dot", …)` where one of these programs is missing, or fail it where all must be there."""
    needed = [program for mark in item.iter_markers("needs") for program in mark.args]
    missing = [program for program in needed if shutil.which(program) is None]
    if missing and os.environ.get("EVERY_PROGRAM"):
        pytest.fail(f"this machine has no {' and no '.join(missing)}, and EVERY_PROGRAM is set")
    if missing:
        pytest.skip(f"needs {' and '.join(missing)}, which this machine does not have")
