"""How a program of three parts runs over tiles of rows. Its source becomes part of the program, and needs NumPy alone."""

import numpy as np

__all__ = ["in_tiles"]


def in_tiles(before, rows, after, batches, drawn, sums, results, order, tile):
    """A program of three: `rows` runs over `tile` rows at a time, and what it adds up goes to `after`.

    Each is a function of the number of rows that gives the function of one step. The first `batches` arguments of a step
    have rows, and so have the first `drawn` results of `before`; `sums` and `results` are the shapes (the latter of one row)
    and types of what the rows give; `order` says which of the results of `after`, and then of the rows, is which output. Each
    worker has a range of the rows, with memory and sums of its own; `spread` calls a function for each range.
    """

    def program(N, empty=np.empty, workers=1, spread=lambda work, ranges: [work(each) for each in ranges]):
        ahead, behind = before(N, empty), after(N, empty)
        count = max(-(-N // workers), 1)
        ranges = []
        for begin in range(0, max(N, 1), count):
            end = min(begin + count, N)
            size = -(-(end - begin) // max(-(-(end - begin) // tile), 1)) or 1
            # The sums of a range's only tile are its totals, as they lie in the memory of `rows`. Not so for the first of
            # several ranges: the totals of the others are added to its own, which therefore have memory of their own.
            as_they_lie = end - begin == size and (begin > 0 or end == N)
            totals = [] if as_they_lie else [np.empty(shape, dtype) for shape, dtype in sums]
            whole, rest = rows(size, empty), rows((end - begin) % size, empty)
            ranges.append([begin, end, size, whole, rest, as_they_lie, totals])

        def step(*arguments):
            batch, flat = arguments[:batches], arguments[batches:]
            found = ahead(*flat)
            batch, known = (*batch, *found[:drawn]), found[drawn:]
            arrays = [np.empty((N, *shape), dtype) for shape, dtype in results]

            def work(each):
                begin, end, size, whole, rest, as_they_lie, totals = each
                for total in totals if begin == end else ():
                    total.fill(0)
                for i in range(begin, end, size):
                    j = min(i + size, end)
                    parts = (whole if j - i == size else rest)(*(array[i:j] for array in batch), *flat, *known)
                    for array, part in zip(arrays, parts[len(sums) :], strict=True):
                        array[i:j] = part
                    if as_they_lie:
                        each[-1] = parts[: len(sums)]
                        continue
                    for total, part in zip(totals, parts, strict=False):
                        if i == begin:
                            np.copyto(total, part)
                        else:
                            np.add(total, part, out=total)

            spread(work, ranges)
            totals = ranges[0][-1]
            for each in ranges[1:]:
                for total, part in zip(totals, each[-1], strict=True):
                    np.add(total, part, out=total)
            found = [*behind(*flat, *known, *totals), *arrays]
            return tuple(found[i] for i in order)

        return step

    return program
