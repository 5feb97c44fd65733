"""The types of the public face: a user's program in strict mode."""

import subprocess
import sys
from pathlib import Path

from tests import typed_program

ROOT = Path(__file__).parent.parent


def test_a_program_with_an_operation_of_its_own_is_checked_in_strict_mode(tmp_path):
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path), "tests/typed_program.py"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.stdout == "Success: no issues found in 1 source file\n"


def test_the_same_program_runs():
    losses = typed_program.main()
    assert losses == sorted(losses, reverse=True)
