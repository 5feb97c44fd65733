"""How a program of stages runs over tiles of rows. Its source becomes part of the program, and needs NumPy alone."""

import numpy as np

__all__ = ["in_tiles"]


def in_tiles(stages, after, batches, drawn, memory, order):
    """A program of stages, each of which runs over all rows, some at a time, and of what comes `after` them.

    A stage has a function for what it needs that has no rows, and one for the rows; the shapes and types of what the latter
    adds up, of what of a row it keeps for later stages, with the number of the `memory` it lies in, and of its results; and how
    many rows are computed at a time. Each function is one of the number of rows that gives the function of a step. The first
    `batches` arguments of a step have rows, and so have the first `drawn` values that the first stage needs; `memory` says how
    many bytes a row takes; `order` says which of the results of `after`, and then of the rows, is which output. Each worker has
    a range of the rows, with memory and sums of its own; `spread` calls a function for each range.
    """

    def program(N, empty=np.empty, workers=1, spread=lambda work, ranges: [work(each) for each in ranges]):
        behind, stored, count = after(N, empty), [empty(N * size, np.uint8) for size in memory], max(-(-N // workers), 1)
        bounds = [(begin, min(begin + count, N)) for begin in range(0, max(N, 1), count)]
        passes, arenas = [], [list(memory[:0]) for _ in bounds]

        def scratch(arena):  # the memory of a worker, for one function of a step at a time
            taken = 0

            def take(size, dtype):
                nonlocal taken
                if taken == len(arena) or len(arena[taken]) < size:
                    arena[taken : taken + 1] = [empty(size, dtype)]
                taken += 1
                return arena[taken - 1]

            return take

        for flat, rows, sums, kept, results, tile in stages:
            ranges = []
            for (begin, end), arena in zip(bounds, arenas, strict=True):
                size = -(-(end - begin) // max(-(-(end - begin) // tile), 1)) or 1
                # The sums of a range's only tile are its totals, as they lie in the memory of `rows`, unless another stage
                # takes that. Not so for the first of several ranges: the totals of the others are added to its own.
                as_they_lie = len(stages) == 1 and end - begin == size and (begin > 0 or end == N)
                totals = [] if as_they_lie else [np.empty(shape, dtype) for shape, dtype in sums]
                whole, rest = rows(size, scratch(arena)), rows((end - begin) % size, scratch(arena))
                ranges.append([begin, end, size, whole, rest, as_they_lie, totals])
            arrays = [np.ndarray((N * shape[0], *shape[1:]), dtype, stored[place]) for shape, dtype, place in kept]
            passes.append((flat(N, empty), ranges, arrays, results))

        def working(batch, flat, arrays, sums):
            def work(each):
                begin, end, size, whole, rest, as_they_lie, totals = each
                for total in totals if begin == end else ():
                    total.fill(0)
                for i in range(begin, end, size):
                    j = min(i + size, end)
                    given = [array[i * (len(array) // N) : j * (len(array) // N)] for array in batch]
                    parts = (whole if j - i == size else rest)(*given, *flat)
                    for array, part in zip(arrays, parts[sums:], strict=True):
                        array[i * (len(array) // N) : j * (len(array) // N)] = part
                    if as_they_lie:
                        each[-1] = parts[:sums]
                        continue
                    for total, part in zip(totals, parts, strict=False):
                        if i == begin:
                            np.copyto(total, part)
                        else:
                            np.add(total, part, out=total)

            return work

        def step(*arguments):
            batch, flat, found = list(arguments[:batches]), list(arguments[batches:]), []
            for number, (ahead, ranges, kept, results) in enumerate(passes):
                known = ahead(*flat)
                batch += known[: 0 if number else drawn]
                flat += known[0 if number else drawn :]
                arrays = [np.empty((N, *shape), dtype) for shape, dtype in results]
                spread(working(batch, flat, [*kept, *arrays], len(stages[number][2])), ranges)
                totals = ranges[0][-1]
                for each in ranges[1:]:
                    for total, part in zip(totals, each[-1], strict=True):
                        np.add(total, part, out=total)
                batch += kept
                flat += totals
                found += arrays
            found = [*behind(*flat), *found]
            return tuple(found[i] for i in order)

        return step

    return program
