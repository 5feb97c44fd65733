"""Many programs with loops in C, compiled at once: a call of the compiler for each would take a tenth of a second and more."""

import re
from contextlib import suppress

import minigraph as mg
from minigraph.compiler.engine import FUNCTIONS
from minigraph.compiler.shared_objects import functions_of

__all__ = ["together"]


def engines_of(program, batches_alone):
    """What a program runs for many rows; unless these are all, for one where that is possible, and for tiles where it can."""
    yield program._batch
    if batches_alone:
        return
    if not program._repeats:  # a scan has no program of its own for one row
        with suppress(mg.MinigraphError):  # nor has what has no value for one
            yield program._single
    if program._tiles:
        yield program._tiles.engine


def together(programs, batches_alone=False):
    """The programs, of which every loop is compiled in one file; equal functions are there once."""
    bodies, wanted = {}, []
    for engine in [engine for program in programs for engine in engines_of(program, batches_alone)]:
        functions = {}
        for text in re.findall(r"(?:^static [^\n]* void .*?^}\n\n)*^void .*?^}", engine.c, re.MULTILINE | re.DOTALL):
            name = re.search(r"^void (\w+)", text, re.MULTILINE)[1]  # its parts, above it, are named after it
            functions[name] = bodies.setdefault(text.replace(name, "NAME"), f"together{len(bodies)}")
        wanted.append((engine, functions))
    source = "\n\n".join([FUNCTIONS.read_text(), *(text.replace("NAME", name) for text, name in bodies.items())])
    found = functions_of(source)
    for engine, functions in wanted:
        given = {name: value for part in engine.parts for name, value in part.handed.items()}
        engine.__dict__["handed"] = given | {name: found[other] for name, other in functions.items()}
    return programs
