"""Matrix factorisation: a rating is the product of what a user likes with what an item is, and what each is rated on average.

Y. Koren, R. Bell, C. Volinsky, Matrix factorization techniques for recommender systems, 2009.
"""

import numpy as np

import minigraph as mg


def build(users: int = 60, items: int = 40, factors: int = 4, penalty: float = 0.001, seed: int = 0) -> mg.Graph:
    """The graph for ratings y of pairs of a user and an item, numbered from 0."""
    rng = np.random.default_rng(seed)
    user = mg.Input("user", ("N",), dtype=np.int64)
    item = mg.Input("item", ("N",), dtype=np.int64)
    y = mg.Input("y", ("N",))
    U = mg.Parameter("U", rng.normal(0, 0.1, (users, factors)))
    V = mg.Parameter("V", rng.normal(0, 0.1, (items, factors)))
    b = mg.Parameter("b", np.zeros(users))
    c = mg.Parameter("c", np.zeros(items))
    u, v = mg.Gather(U, user), mg.Gather(V, item)
    rating = (u * v).sum(axis=1) + mg.Gather(b, user) + mg.Gather(c, item)
    error = mg.MeanSquaredError(rating, y)
    loss = error + penalty * ((u * u).sum(axis=1) + (v * v).sum(axis=1)).mean()
    return mg.Graph(loss=loss, error=error, rating=rating, names=locals())
