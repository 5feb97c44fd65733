"""What every test relies on."""

import signal

# What a shell starts in the background ignores Ctrl-C, and so does what it starts in turn: the tests that press it would wait.
signal.signal(signal.SIGINT, signal.default_int_handler)
