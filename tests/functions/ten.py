"""Ten functions as other people write them, in plain NumPy; tests/oracles/jax_functions.py runs this text with JAX's."""

import numpy as np
from scipy.special import erf

from minigraph import grad


def rosenbrock(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2.0) ** 2.0 + (1 - x[:-1]) ** 2.0)


def logistic_regression(params, X, y):
    logits = X @ params["w"] + params["b"]
    return np.mean(np.logaddexp(0, logits) - y * logits) + 0.01 * np.sum(params["w"] ** 2)


def gaussian_process(theta, X, y):
    """The negative log-likelihood, by a Cholesky factor."""
    amplitude, length, noise = np.exp(theta)
    squares = np.sum((X[:, None, :] - X[None, :, :]) ** 2, axis=-1)
    K = amplitude**2 * np.exp(-0.5 * squares / length**2) + (noise**2 + 1e-6) * np.eye(len(y))
    L = np.linalg.cholesky(K)
    alpha = np.linalg.solve(L.T, np.linalg.solve(L, y))
    return 0.5 * y @ alpha + np.sum(np.log(np.diag(L))) + 0.5 * len(y) * np.log(2 * np.pi)


def runge_kutta(params, start, target):
    """How far predators and prey are from a target after five steps of a fourth-order Runge–Kutta method."""

    def velocity(state):
        prey, predators = state
        a, b, c, d = params
        return np.stack([a * prey - b * prey * predators, d * prey * predators - c * predators])

    y = start
    for _ in range(5):
        y = rk4_step(velocity, y, 0.1)
    return np.sum((y - target) ** 2)


def rk4_step(f, y, h):
    k1 = f(y)
    k2 = f(y + h / 2 * k1)
    k3 = f(y + h / 2 * k2)
    k4 = f(y + h * k3)
    return y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)


def k_means(centers, X):
    distances = np.sum((X[:, np.newaxis] - centers) ** 2, axis=2)
    return np.mean(np.min(distances, axis=1))


def kalman_filter(params, observations):
    """The negative log-likelihood of positions that are seen with noise, of a point that moves at a constant velocity."""
    A, H = np.array([[1.0, 1.0], [0.0, 1.0]]), np.array([[1.0, 0.0]])
    Q, R = np.exp(params["motion"]) * np.eye(2), np.exp(params["noise"]) * np.eye(1)
    m, P, total = params["start"], np.eye(2), 0.0
    for z in observations:
        m, P, cost = kalman_step(m, P, z, A, H, Q, R)
        total += cost
    return total


def kalman_step(m, P, z, A, H, Q, R):
    """The state after what is seen, and minus the logarithm of how likely that was."""
    m, P = A @ m, A @ P @ A.T + Q
    innovation, S = z - H @ m, H @ P @ H.T + R
    K = P @ H.T @ np.linalg.inv(S)
    _, logdet = np.linalg.slogdet(S)
    cost = 0.5 * (innovation @ np.linalg.solve(S, innovation) + logdet + np.log(2 * np.pi))
    return m + K @ innovation, (np.eye(2) - K @ H) @ P, cost


def logsumexp(x, axis):
    highest = np.max(x, axis=axis, keepdims=True)
    return np.squeeze(highest, axis) + np.log(np.sum(np.exp(x - highest), axis=axis))


def hidden_markov_model(params, observations):
    """The log-likelihood of what is observed, by the forward algorithm."""
    start = params["start"] - logsumexp(params["start"], 0)
    transition = params["transition"] - logsumexp(params["transition"], 1)[:, None]
    emission = params["emission"] - logsumexp(params["emission"], 1)[:, None]
    alpha = start + emission[:, observations[0]]
    for seen in observations[1:]:
        alpha = logsumexp(alpha[:, None] + transition, 0) + emission[:, seen]
    return logsumexp(alpha, 0)


def natural_gradient(theta, X, y):
    """The loss after a step along the natural gradient."""

    def loss(theta):
        return np.mean(np.log1p(np.exp(X @ theta)) - y * (X @ theta))

    p = 1 / (1 + np.exp(-(X @ theta)))
    fisher = (X * (p * (1 - p))[:, None]).T @ X / len(X)
    return loss(theta - 0.5 * np.linalg.solve(fisher + 0.1 * np.eye(len(theta)), grad(loss)(theta)))


def tanh_network(params, inputs, targets):
    """A multi-layer perceptron, whose scores become log-probabilities."""
    for W, b in params:
        outputs = np.dot(inputs, W) + b
        inputs = np.tanh(outputs)
    log_probabilities = outputs - logsumexp(outputs, 1)[:, None]
    return -np.sum(log_probabilities * targets) / len(targets)


def black_scholes(market):
    """The price of a European call, whose derivatives are its greeks."""
    S, K, T, r, sigma = market["S"], 100.0, market["T"], market["r"], market["sigma"]
    d1 = (np.log(S / K) + (r + sigma**2 / 2) * T) / (sigma * np.sqrt(T))
    d2 = d1 - sigma * np.sqrt(T)
    return S * normal_cdf(d1) - K * np.exp(-r * T) * normal_cdf(d2)


def normal_cdf(x):
    return (1 + erf(x / np.sqrt(2))) / 2


def drawn(seed, *shape):
    return np.array(HOST.RandomState(seed).normal(size=shape).round(3))


HOST = np.random
TEN = {
    rosenbrock: (drawn(1, 5),),
    logistic_regression: ({"w": drawn(2, 3), "b": 0.5}, drawn(3, 8, 3), drawn(4, 8) > 0),
    gaussian_process: (drawn(5, 3) / 4, drawn(6, 6, 2), drawn(7, 6)),
    runge_kutta: (np.array([1.1, 0.4, 0.4, 0.1]), np.array([10.0, 5.0]), np.array([12.0, 6.0])),
    k_means: (drawn(8, 3, 2), drawn(9, 10, 2)),
    kalman_filter: ({"motion": -1.0, "noise": 0.5, "start": drawn(10, 2)}, drawn(11, 6, 1).cumsum(axis=0)),
    hidden_markov_model: (
        {"start": drawn(12, 3), "transition": drawn(13, 3, 3), "emission": drawn(14, 3, 4)},
        [0, 2, 3, 1, 1, 2],
    ),
    natural_gradient: (drawn(15, 3), drawn(16, 7, 3), drawn(17, 7) > 0),
    tanh_network: (
        [(drawn(18, 2, 4), drawn(19, 4)), (drawn(20, 4, 3), drawn(21, 3))],
        drawn(22, 5, 2),
        np.eye(3)[np.array([0, 2, 1, 1, 0])],
    ),
    black_scholes: ({"S": 105.0, "T": 0.75, "r": 0.03, "sigma": 0.2},),
}
"""Each with what it is called with; it is differentiated by the first."""
