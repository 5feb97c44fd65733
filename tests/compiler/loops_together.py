"""Many programs with loops in C, compiled at once: a call of the compiler for each would take a tenth of a second and more."""

import re

import minigraph as mg
from minigraph.compiler.engine import FUNCTIONS
from minigraph.compiler.shared_objects import functions_of

__all__ = ["engines_of", "together"]


def engines_of(program):
    """What a program runs for many rows, for one and, where it can, for tiles."""
    tiles = program._tiles
    return [program._batch, program._single, *([tiles.engine] if tiles else [])]


def together(graphs, **options):
    """The graphs' programs, of which every loop is compiled in one file; equal functions are there once."""
    programs = [mg.compile(graph, engine="c", **options) for graph in graphs]
    bodies, wanted = {}, []
    for engine in [engine for program in programs for engine in engines_of(program)]:
        functions = {}
        for text in re.findall(r"^void .*?^}", engine.c, re.MULTILINE | re.DOTALL):
            name = re.match(r"void (\w+)", text)[1]
            functions[name] = bodies.setdefault(text.replace(name, "NAME", 1), f"together{len(bodies)}")
        wanted.append((engine, functions))
    source = "\n\n".join([FUNCTIONS.read_text(), *(text.replace("NAME", name, 1) for text, name in bodies.items())])
    found = functions_of(source)
    for engine, functions in wanted:
        given = {name: value for part in engine.parts for name, value in part.handed.items()}
        engine.__dict__["handed"] = given | {name: found[other] for name, other in functions.items()}
    return programs
