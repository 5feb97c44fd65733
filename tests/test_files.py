"""Files are written whole or not at all."""

import os
import subprocess
import sys

import pytest

import minigraph as mg
from minigraph.interop.files import AppendedFile, FolderLock, append, read_bytes, write_whole


def test_the_folder_of_a_file_is_made_with_it(tmp_path):
    path = write_whole(tmp_path / "deep" / "down" / "a.bin", b"abc", "The plot")
    assert path.read_bytes() == b"abc"


def test_a_name_with_a_null_character_is_refused(tmp_path):
    with pytest.raises(mg.FileError, match="no file can have that name"):
        write_whole(tmp_path / "a\0b", b"abc", "The plot")


def test_a_file_has_the_permissions_of_any_new_one(tmp_path):
    (tmp_path / "plain").write_bytes(b"")
    path = write_whole(tmp_path / "a.bin", b"abc", "The plot")
    assert path.stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_whoever_reads_meanwhile_keeps_the_old_content(tmp_path):
    path = write_whole(tmp_path / "a.bin", b"old", "The plot")
    with path.open("rb") as reader:
        write_whole(path, b"new", "The plot")
        assert reader.read() == b"old"
    assert path.read_bytes() == b"new"


def test_what_interrupts_a_write_leaves_the_old_content_and_no_other_file(tmp_path, monkeypatch, wording):
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(mg.FileError) as caught:
        write_whole(path, b"new", "The checkpoint")
    wording(caught.value)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_ctrl_c_in_a_write_leaves_the_old_content_and_no_other_file(tmp_path, monkeypatch):
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")

    def interrupt(descriptor):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_whole(path, b"new", "The checkpoint")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_file_that_a_link_leads_to_is_written_and_the_link_stays(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a.bin").write_bytes(b"old")
    link = tmp_path / "link.bin"
    link.symlink_to("deep/a.bin")
    write_whole(link, b"new", "The plot")
    assert link.is_symlink()
    assert (tmp_path / "deep" / "a.bin").read_bytes() == b"new"
    assert list((tmp_path / "deep").iterdir()) == [tmp_path / "deep" / "a.bin"]


def test_the_content_and_then_its_entry_in_the_folder_reach_the_disk(tmp_path, monkeypatch):
    synced, really = [], os.fsync

    def seen(descriptor):
        synced.append(os.readlink(f"/proc/self/fd/{descriptor}"))
        really(descriptor)

    monkeypatch.setattr(os, "fsync", seen)
    write_whole(tmp_path / "a.bin", b"abc", "The plot")
    assert synced[1:] == [str(tmp_path)] and synced[0].startswith(f"{tmp_path}/.minigraph-")


def test_a_folder_cannot_be_written_as_a_file(tmp_path, wording):
    with pytest.raises(mg.FileError) as caught:
        write_whole(tmp_path, b"abc", "The plot")
    wording(caught.value)


def test_a_file_cannot_lie_in_a_file(tmp_path, wording):
    (tmp_path / "a").write_bytes(b"")
    with pytest.raises(mg.FileError) as caught:
        write_whole(tmp_path / "a" / "b.png", b"abc", "The plot")
    wording(caught.value)


def test_a_file_that_is_not_there_cannot_be_read(tmp_path, wording):
    with pytest.raises(mg.FileError) as caught:
        read_bytes(tmp_path / "no.csv", "data")
    wording(caught.value)


def test_a_folder_cannot_be_read(tmp_path, wording):
    with pytest.raises(mg.FileError) as caught:
        read_bytes(tmp_path, "a checkpoint")
    wording(caught.value)


def test_a_name_that_no_file_can_have_is_refused(tmp_path, wording):
    path = tmp_path / ("a" * 300)
    with pytest.raises(mg.FileError) as caught:
        read_bytes(path, "data")
    wording(caught.value)


def test_what_is_appended_comes_after_what_is_kept(tmp_path):
    path = tmp_path / "a.txt"
    log = AppendedFile(path, "The log")
    log.write(b"one\n")
    log.write(b"two\n")
    log.close()
    append(path, b"three\n", "The log", start=4)
    assert path.read_bytes() == b"one\nthree\n"
    for write in (lambda: AppendedFile(tmp_path, "The log"), lambda: append(tmp_path, b"", "The log", start=0)):
        with pytest.raises(mg.FileError, match=r"The log cannot be written to .*: it is a folder"):
            write()
    with pytest.raises(mg.FileError, match="The log cannot be written"):
        log.write(b"four")


def test_a_folder_is_locked_for_one_at_a_time(tmp_path):
    first, second = FolderLock(tmp_path / "run"), FolderLock(tmp_path / "run")
    with first, first, pytest.raises(mg.FileError, match="under way"), second:
        pass
    with second, pytest.raises(mg.FileError, match="under way"), first:
        pass
    assert os.listdir(tmp_path / "run") == []


LOCKS = """
import sys, time
from minigraph.interop.files import FolderLock
with FolderLock(sys.argv[1]):
    print("locked", flush=True)
    time.sleep(60)
"""


def test_a_lock_ends_with_the_process_that_has_it(tmp_path):
    with subprocess.Popen([sys.executable, "-c", LOCKS, str(tmp_path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "locked\n"
        with pytest.raises(mg.FileError, match="under way"), FolderLock(tmp_path):
            pass
        process.kill()
    with FolderLock(tmp_path):
        pass


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork processes")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_process_that_was_forked_does_not_keep_a_lock(tmp_path):
    waiting, done = os.pipe()
    with FolderLock(tmp_path):
        child = os.fork()
        if not child:
            os.close(done)
            os.read(waiting, 1)
            os._exit(0)
    with FolderLock(tmp_path):
        pass
    os.close(done)
    os.close(waiting)
    assert os.waitpid(child, 0)[1] == 0
