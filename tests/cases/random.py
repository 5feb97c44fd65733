"""Cases of random numbers and dropout."""

import numpy as np

from tests.cases.making import case, distribution, drawn, randn, sizes


def state(seed, step):
    """A random state, and the number of the step."""
    return drawn(f"state[{seed}, {step}]", (2,), lambda random, size: np.array([seed, step], np.uint64))


ROWS = [
    case("RandomNormal", randn("N", 4), state(7, 0), stream=0),
    case("RandomNormal", sizes(2, 3), state(7, 1), loc=2.0, scale=0.5, to=np.float64, stream=1),
    case("RandomUniform", randn("N", 4), state(7, 2), stream=0),
    case("RandomUniform", sizes(2, 3), state(7, 3), low=-1.0, high=2.0, to=np.float64, stream=1),
    case("Bernoulli", distribution("N", 4), state(7, 4), stream=0),
    case("Bernoulli", distribution(2, 3), state(7, 5), to=bool, stream=1),
    case("DropoutMask", randn("N", 4), state(7, 6), stream=0),
    case("DropoutMask", sizes(2, 3), state(7, 7), ratio=0.25, stream=1),
    case("Dropout", randn("N", 4), state(7, 8), ratio=0.3, stream=0),
    case("Dropout", randn(2, 3)),
]
