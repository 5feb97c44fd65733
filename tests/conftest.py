"""What every test relies on."""

import os
import re
import shutil
import signal
from itertools import count
from pathlib import Path

import pytest

collect_ignore = ["typed_face.py"]  # it is read by type checkers and never run
MESSAGES = Path(__file__).with_name("messages.txt")
"""The words of every error that a test holds, by the test's file and the mistake. `pytest -n 0 --renew` writes them anew."""

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


def pytest_addoption(parser):
    parser.addoption(
        "--renew", action="store_true", help="write the words of errors that these tests meet to tests/messages.txt"
    )


def messages():
    """The words by the mistakes that they are for."""
    parts = re.split(r"^=== (.*)\n", MESSAGES.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {name: text.removesuffix("\n\n") for name, text in zip(parts[1::2], parts[2::2], strict=True)}


@pytest.fixture(scope="session")
def met(request):
    """What the errors of this session say; with --renew it replaces what messages.txt has of the same files."""
    found = {}
    yield found
    if request.config.getoption("renew"):
        files = {name.partition(": ")[0] for name in found}
        others = {name: text for name, text in messages().items() if name.partition(": ")[0] not in files}
        text = "".join(f"=== {name}\n{text}\n\n" for name, text in sorted({**others, **found}.items()))
        MESSAGES.write_text(text, encoding="utf-8")


@pytest.fixture
def wording(request, met, tmp_path):
    """Hold an error to the words that messages.txt has for a mistake, by default the test itself.

    What differs from run to run is left out: a line of the test's own file is "here", of another "…", and the test's
    folder is "FOLDER".
    """
    file = request.node.path
    calls = count(1)

    def check(error, mistake=None):
        number = next(calls)
        name = f"{file.stem}: {mistake or request.node.name + f', {number}' * (number > 1)}"
        text = str(error).replace(str(tmp_path), "FOLDER")
        text = re.sub(rf"\b{re.escape(file.name)}:\d+", "here", text)
        met[name] = re.sub(r"(\w\.py):\d+", r"\1:…", text)
        if not request.config.getoption("renew"):
            assert met[name] == messages().get(name), "renew the words with: pytest -n 0 --renew"

    return check


@pytest.fixture
def refused(wording):
    """Hold what is refused to the type of its error, and to its words in messages.txt."""

    def check(error, compose):
        with pytest.raises(error) as caught:
            compose()
        wording(caught.value)

    return check
