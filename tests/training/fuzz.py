"""Readers of files fed with broken ones: each file is read, or refused by an error of minigraph, whatever it holds.

    python -m tests.training.fuzz --seconds 600 --gigabytes 2

Files are made by hypothesis: sound ones of each kind with bytes changed, cut, doubled and put in, and some of nothing but
chance. A process that asks for more memory than it was allowed is a failure, as is any other error and any warning. It tells
how many files each reader was given, how many of them it read, and the most memory that the process has held.
"""

import argparse
import gzip
import io
import random
import resource
import struct
import tempfile
import time
import warnings
import zipfile
from collections import Counter
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from PIL import Image

import minigraph as mg
from minigraph.training.data import read_csv, read_idx, read_images, read_npz, read_text
from minigraph.training.data.npz import read_npy_folder
from minigraph.training.loop import checkpoint

HUGE = [struct.pack(">I", size) for size in (0, 1, 2**16, 2**31 - 1, 2**31, 2**32 - 1)]
TOKENS = {
    "csv": [
        b",",
        b"\n",
        b"\r",
        b"\t",
        b";",
        b'"',
        b"\0",
        b"nan",
        b"-inf",
        b"1e999",
        b"1e-999999999999999999",
        b"1_0",
        b"9" * 400,
        b"\xff",
        b"\xef\xbb\xbf",
        "٣".encode(),
        "ŷ".encode(),
        b" ",
        b"0x10",
        b"a" * 200,
        b"007",
        b"id",
        b"label",
        b"0,1,2",
        b"9007199254740993",
        b"+1",
        b"\x1b[2J",
    ],
    "idx": [*HUGE, b"\0\0\x08\3", b"\0\0\x0d\1", b"\0\0\x08\xff", b"\x1f\x8b"],
    "npz": [
        b"(3, 2)",
        b"(99999999999, 9)",
        b"(-1, 2)",
        b"|O",
        b"<f8",
        b"<U9",
        b"'shape'",
        b"(" * 500,
        b"-" * 3000,
        b"2L",
        b"\x93NUMPY",
        b"PK\x03\x04",
        *HUGE,
    ],
    "checkpoint": [b"{", b"}", b'"', b"[", b"null", b"-1", b"9" * 30, b'"F32"', b'"F8_E4M3"', b'"data_offsets"', *HUGE],
    "text": [b"\n", b"\r\n", b"\xff", b"\xed\xa0\x80", "𝛼".encode(), b"\0"],
    "image": [
        *HUGE,
        b"IHDR",
        b"IDAT",
        b"IEND",
        b"PLTE",
        b"\xff\xd8",
        b"\xff\xda",
        b"GIF89a",
        b"Exif",
        b"eXIf",
        b"acTL",
        b"tRNS",
    ],
}
"""What files of each kind are apt to stumble over."""


def idx(array, code=0x08):
    return bytes([0, 0, code, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def written(write, *arguments, **options):
    """What a function writes into the file that it is given first."""
    stream = io.BytesIO()
    write(stream, *arguments, **options)
    return stream.getvalue()


def trainer():
    x, w = mg.Input("x", ("N",)), mg.Parameter("w", [0.0, 1.0])
    return mg.Trainer(mg.Graph(loss=((x - w.sum()) ** 2).mean()), {"x": [1.0, 3.0]}, optimizer=mg.Adam(0.1))


def sound():
    """Sound files of each kind."""
    with tempfile.TemporaryDirectory() as folder:
        running = trainer()
        running.run(2)
        running.save(folder)
        saved = Path(folder, checkpoint.FILE).read_bytes()
    x, images = np.arange(6.0).reshape(3, 2), np.arange(12, dtype=np.uint8).reshape(3, 2, 2)
    picture = Image.new("RGB", (5, 4), (10, 200, 30))
    turned = Image.Exif()
    turned[274] = 6
    return {
        "csv": [b"a,b,kind\n1,2,rose\n3,4,tulip\n", b'1;2;"x;y"\n3;4;z\n', b"1\t2\t0\n3\t4\t1\n", b"", b"1,0.5\n2,1e3\n"],
        "idx": [idx(images), gzip.compress(idx(images)), idx(x.astype(">f8"), 0x0E), idx(images[0, 0])],
        "npz": [written(np.savez, x=x, y=["a", "b", "a"]), written(np.savez_compressed, x=x, y=[0, 1, 1]), written(np.save, x)],
        "checkpoint": [saved],
        "text": [b"to be or not to be,\nthat is the question", "to bé 𝛼".encode() * 3],
        "image": [
            *(written(picture.save, kind) for kind in ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM")),
            *(written(Image.fromarray(deep).save, "TIFF") for deep in (x.astype(np.float32) / 9, x.astype(np.uint16))),
            written(Image.fromarray(x.astype(np.uint16)).save, "PNG"),
            written(picture.save, "JPEG", exif=turned),
            written(picture.save, "PNG", exif=turned),
            written(picture.convert("RGBA").save, "PNG"),
        ],
    }


SOUND, RESUMED = sound(), trainer()


def changed(content, edits):
    """The content after some edits: where it is edited is a fraction of its length."""
    for kind, where, token in edits:
        place = int(where * len(content))
        if kind == "put":
            content = content[:place] + token + content[place:]
        elif kind == "over":
            content = content[:place] + token + content[place + len(token) :]
        elif kind == "cut":
            content = content[:place]
        elif kind == "leave out":
            content = content[:place] + content[place + len(token) :]
        else:
            content = content + content[place:]
    return content


def rezipped(content):
    """An archive whose entries are changed, rather than their packing: damage that checksums do not tell."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.npy", content)
    return stream.getvalue()


def files(kind):
    """Files of a kind, most of them broken."""
    tokens = st.one_of(st.sampled_from(TOKENS[kind]), st.binary(min_size=1, max_size=4))
    kinds = st.sampled_from(["put", "over", "over", "leave out", "cut", "double"])
    edits = st.lists(st.tuples(kinds, st.floats(0, 1, exclude_max=True), tokens), max_size=4)
    broken = st.builds(changed, st.sampled_from(SOUND[kind]), edits)
    made = st.one_of(broken, broken, broken, st.binary(max_size=200), st.lists(tokens, max_size=30).map(b"".join))
    if kind == "idx":
        return st.one_of(made, made.map(gzip.compress))
    if kind == "npz":
        return st.one_of(made, made.map(rezipped))
    return made


def read_table(folder, content):
    (folder / "data.csv").write_bytes(content)
    options = [{}, {"labels": "values"}, {"labels": "none"}, {"classes": ["rose", "tulip"]}, {"dtype": np.int64}]
    read_csv(folder / "data.csv", **random.Random(content).choice(options))


def read_idx_file(folder, content):
    path = folder / ("data.gz" if content[:2] == b"\x1f\x8b" else "data")
    path.write_bytes(content)
    read_idx(path)


def read_arrays(folder, content):
    (folder / "x.npy").write_bytes(content)
    if content[:1] == b"P":
        read_npz(folder / "x.npy")
    else:
        np.asarray(read_npy_folder(folder)["x"]).sum()


def resume(folder, content):
    (folder / checkpoint.FILE).write_bytes(content)
    before = {name: variable.value.copy() for name, variable in RESUMED.variables.items()}
    try:
        RESUMED.resume(folder)
    except mg.MinigraphError:
        assert all(np.array_equal(before[name], variable.value) for name, variable in RESUMED.variables.items())
        raise


def read_book(folder, content):
    (folder / "book.txt").write_bytes(content)
    read_text(folder / "book.txt", length=3)


def read_pictures(folder, content):
    for name in "ab":
        (folder / name).mkdir(exist_ok=True)
        (folder / name / "1.png").write_bytes(content)
    read_images(folder)


READERS = {
    "csv": read_table,
    "idx": read_idx_file,
    "npz": read_arrays,
    "checkpoint": resume,
    "text": read_book,
    "image": read_pictures,
}


def fuzzed(kind, examples, number, counts):
    """Give the reader of a kind so many files; what it made of them is added to the counts."""

    @seed(number)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
    )
    @given(files(kind))
    def give(content):
        counts[kind, "files"] += 1
        with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                READERS[kind](Path(folder), content)
                counts[kind, "read"] += 1
            except mg.MinigraphError as error:
                assert len(str(error)) < 3000 and folder in str(error), error

    give()


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--gigabytes", type=float, default=2, help="of address space that the process may ask for")
    asked = parser.parse_args()
    limit = int(asked.gigabytes * 2**30)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    counts, crashes, number, end = Counter(), [], 0, time.monotonic() + asked.seconds
    while time.monotonic() < end:
        for kind in READERS:
            try:
                fuzzed(kind, 200, number, counts)
            except BaseException as error:
                if isinstance(error, KeyboardInterrupt):
                    raise
                crashes.append((kind, number))
                print(f"{kind}, seed {number}: {type(error).__name__}: {error}", *getattr(error, "__notes__", []), sep="\n")
        number += 1
    for kind in READERS:
        print(f"{kind}: {counts[kind, 'files']} files, {counts[kind, 'read']} of them read")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{sum(counts[kind, 'files'] for kind in READERS)} files, {len(crashes)} failures, at most {peak:.0f} MiB held")


if __name__ == "__main__":
    main()
