"""Threads that compute side by side: all of the work is done, or the first failure is raised, and BLAS is left as it was."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

import minigraph as mg
from minigraph.compiler import program
from minigraph.compiler.threads import spread
from tests.compiler.test_source import article


def blas_threads():
    return {each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"}


def test_every_crew_works_once_and_the_first_of_them_on_this_thread():
    done = []
    spread(lambda crew: done.append((crew, threading.current_thread().name)), range(5))
    assert sorted(crew for crew, _ in done) == [0, 1, 2, 3, 4]
    assert len({name for _, name in done}) == 5 and (0, threading.current_thread().name) in done


def test_while_crews_work_a_product_takes_one_thread_and_then_as_many_as_before():
    with threadpool_limits(2, user_api="blas"):
        within = []
        spread(lambda crew: within.append(blas_threads()), range(2))
        assert within == [{1}, {1}] and blas_threads() == {2}


@pytest.mark.parametrize(("threads", "rows", "found"), [(1, 200, {1}), (2, 200, {2}), (1, 4, {2})])
def test_a_product_that_is_in_no_tile_takes_one_thread_where_one_is_asked_for(threads, rows, found):
    """Where it is large: to tell BLAS so takes longer than a small product, which it computes on one thread anyway."""
    within = []

    class Probe(mg.Node):
        def forward(self, x):
            values = np.array(x)  # which is said of numbers alone: the rule is called as it is
            within.append(blas_threads())
            return values

        def infer(self, x):
            return x.shape, x.dtype

    x = mg.Input("x", (rows, 64))
    step = mg.compile(Probe(x @ mg.Parameter("W", np.ones((64, 64)))), threads=threads)
    with threadpool_limits(2, user_api="blas"):
        step(x=np.ones((rows, 64), np.float32))
        step.profile(x=np.ones((rows, 64), np.float32), calls=1)
        assert within == [found] * 3 and blas_threads() == {2}


def test_the_profile_of_tiles_is_taken_with_one_thread_for_each_product():
    graph, X, Y = article(4000)
    step = mg.compile(graph, threads=1)
    seen = []
    with threadpool_limits(2, user_api="blas"), pytest.MonkeyPatch.context() as patch:
        patch.setattr(program, "clocked", lambda engine, seconds: lambda *sizes: lambda *_: seen.append(blas_threads()))
        step.profile(x=X, y=Y, calls=1)
    assert seen == [{1}]


@pytest.mark.parametrize("bad", [0, 2])
def test_a_failure_is_raised_when_every_crew_is_done(bad):
    done = []

    def work(crew):
        if crew == bad:
            raise ValueError(f"crew {crew}")
        done.append(crew)

    with pytest.raises(ValueError, match=f"crew {bad}"):
        spread(work, range(3))
    assert sorted(done) == [crew for crew in range(3) if crew != bad]


def test_crews_see_the_settings_of_the_thread_that_asked():
    seen = []
    with np.errstate(divide="raise"):
        spread(lambda crew: seen.append(np.geterr()["divide"]), range(3))
    assert seen == ["raise"] * 3


def test_two_programs_on_two_threads_take_the_steps_that_they_take_alone():
    def trained(seed):
        graph, X, Y = article(4000, seed)
        step = mg.compile(graph, updates=mg.SGD(0.1).minimize(graph["loss"]), threads=2)
        return lambda: [step(x=X, y=Y)["loss"] for _ in range(20)]

    alone = [trained(seed)() for seed in (0, 1)]
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(lambda run: run(), [trained(seed) for seed in (0, 1)])) == alone


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork processes")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_process_has_threads_of_its_own():
    spread(len, [(), ()])
    child = os.fork()
    if not child:
        threading.Timer(20, lambda: os._exit(1)).start()
        spread(len, [(), ()])
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork processes")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_process_that_is_forked_while_a_step_is_under_way_computes_as_ever():
    graph, X, Y = article(4000)
    step = mg.compile(graph, updates=mg.SGD(0.1).minimize(graph["loss"]), threads=2)
    before, stop = blas_threads(), threading.Event()

    def train():
        while not stop.is_set():
            step(x=X, y=Y)

    def computes():
        other, _, _ = article(4000, seed=1)
        step(x=X, y=Y)
        return bool(np.isfinite(mg.compile(other, threads=2)(x=X, y=Y)["loss"])) and blas_threads() == before

    thread = threading.Thread(target=train)
    thread.start()
    try:
        for _ in range(5):
            child = os.fork()
            if not child:
                threading.Timer(20, lambda: os._exit(1)).start()
                os._exit(0 if computes() else 2)
            assert os.waitpid(child, 0)[1] == 0
    finally:
        stop.set()
        thread.join()
