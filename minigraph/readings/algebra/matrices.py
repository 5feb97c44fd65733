"""Products of matrices as chains: transposes stand at single matrices, numbers before all, and a matrix meets its inverse."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from minigraph.core.node import Node
from minigraph.readings.algebra.context import Algebra, Conditions, Found, as_node, kind, repeated, single
from minigraph.readings.algebra.products import Product, Undefined, atom_of, built, product_of, times

__all__ = ["common_link", "of_matrices", "of_transpose", "of_vector", "transposed_sum"]

IDENTITY = ("Diag", "EyeLike")


@dataclass(frozen=True)
class Link:
    """A matrix of a chain, the vector at its end, or one of the two of an outer product, v · wᵀ: a matrix of one column."""

    key: int
    node: Any
    transposed: bool = False
    inverted: bool = False
    column: bool = False

    @property
    def is_end(self) -> bool:
        """Whether it is a vector at an end of the chain, first as a row or last as a column, as NumPy multiplies."""
        return self.node.ndim == 1 and not self.column

    @property
    def transpose(self) -> "Link":
        """The link of the transposed matrix."""
        return self if self.is_end else replace(self, transposed=not self.transposed)


@dataclass(frozen=True)
class Chain:
    """A number times a product of matrices, from left to right."""

    scale: Product
    links: tuple[Link, ...]
    conditions: Conditions = frozenset()

    @property
    def transpose(self) -> "Chain":
        """(A · B)ᵀ = Bᵀ · Aᵀ."""
        return replace(self, links=tuple(link.transpose for link in reversed(self.links)))

    def with_vector(self, place: int) -> "Chain":
        """The chain of a vector with that in the first place, as a row, or in the last, as a column; any other as it is."""
        other = self.links[-1 - place]
        return self.transpose if other.is_end and len(self.links) > 1 and not self.links[place].is_end else self


ONE = Product(Fraction(1))


def chain_of(algebra: Algebra, node: Node) -> Chain:
    """The matrix, or the vector, as a chain.

    Identities: (Aᵀ)ᵀ = A, (A · B)ᵀ = Bᵀ · Aᵀ, (Aᵀ)⁻¹ = (A⁻¹)ᵀ, (A⁻¹)⁻¹ = A for an A that has an inverse, (cA) · B = c (A · B),
    (A · v) · wᵀ = A · (v · wᵀ).
    """
    if not algebra.is_atom(node) and node.dtype.kind == "f":
        what, operands = kind(node), node.operands
        if what == "MatMul" and all(each.ndim <= 2 for each in operands):
            a, b = (chain_of(algebra, each) for each in operands)
            return joined(
                algebra, a.with_vector(0) if operands[0].ndim == 1 else a, b.with_vector(-1) if operands[1].ndim == 1 else b
            )
        vectors = outer_product(algebra, node)
        if vectors is not None:
            column, row = (_of_one_column(chain_of(algebra, each)) for each in vectors)
            return joined(algebra, column, row.transpose)
        if what == "Transpose" and node.ndim == 2 and node.perm is None:  # type: ignore[attr-defined]
            return chain_of(algebra, operands[0]).transpose
        if what == "Inverse" and node.ndim == 2:
            inner = chain_of(algebra, operands[0])
            if len(inner.links) == 1 and inner.scale == ONE:
                (link,) = inner.links
                needed = algebra.given(np.linalg.det(link.node), "≠") if link.inverted else frozenset()
                if needed is not None:
                    return Chain(ONE, (replace(link, inverted=not link.inverted),), inner.conditions | needed)
        if what in ("Mul", "Div", "Neg", "Expand") and node.ndim:
            scaled = _scaled(algebra, node)
            if scaled is not None:
                return scaled
    return Chain(ONE, (Link(algebra.key(node), node),))


def _scaled(algebra: Algebra, node: Node) -> Chain | None:
    """A matrix times what is of one element, which may stand before a whole chain."""
    product = product_of(algebra, node)
    scalars = {key: each for key, each in product.factors.items() if single(each[0].shape)}
    rest = {key: each for key, each in product.factors.items() if key not in scalars}
    if not rest or (product.number == 1 and not scalars):
        return None
    scale = Product(product.number, scalars, product.conditions)
    inner = built(algebra, Product(Fraction(1), rest), node)
    known = kind(inner) not in ("Mul", "Div", "Neg") or outer_product(algebra, inner) is not None
    chain = chain_of(algebra, inner) if known else None
    chain = chain or Chain(ONE, (Link(algebra.key(inner), inner),))
    return replace(chain, scale=times(algebra, scale, chain.scale))


def joined(algebra: Algebra, a: Chain, b: Chain) -> Chain:
    """The product of two chains: what meets its inverse is not written, unless nothing else is left."""
    left, right, conditions = list(a.links), list(b.links), a.conditions | b.conditions
    while left and right and len(left) + len(right) > 2:
        one, other = left[-1], right[0]
        if (one.key, one.transposed) != (other.key, other.transposed) or one.inverted == other.inverted:
            break
        needed = algebra.given(np.linalg.det(one.node), "≠")
        if needed is None:
            break
        conditions |= needed
        left.pop(), right.pop(0)
    links = [link for link in left + right if not _is_identity(algebra, link)]
    return Chain(times(algebra, a.scale, b.scale), tuple(links or left + right), conditions)


def _is_identity(algebra: Algebra, link: Link) -> bool:
    """Whether it is the identity matrix, a diagonal of ones: A · I = A."""
    node = link.node
    if kind(node) != "Diag" or algebra.is_atom(node) or node.k != 0:
        return False
    ones = node.operands[0]
    while kind(ones) in ("Expand", "Unsqueeze") and not algebra.is_atom(ones):
        ones = ones.operands[0]
    return algebra.number(ones) == 1


def written(algebra: Algebra, links: Sequence[Link]) -> Any:
    """A chain as a node; one that begins with the second vector of an outer product, which was cut there, as a vector."""
    found: Any = None
    for link in links:
        node = np.linalg.inv(link.node) if link.inverted else link.node
        node = np.transpose(node) if link.transposed and node.ndim > 1 else node
        if found is not None and link.column and link.transposed:
            node = (np.expand_dims(found, 1) if found.ndim else found) * node
        elif found is not None:
            node = found @ node
        found = node
    return found


def outer_product(algebra: Algebra, node: Node) -> tuple[Node, Node] | None:
    """The two vectors of an outer product, v · wᵀ, which NumPy writes v[:, None] * w."""
    if kind(node) != "Mul" or node.ndim != 2 or algebra.is_atom(node):
        return None
    for column, row in (node.operands, node.operands[::-1]):
        v, w = _vector(algebra, column, 1), row if row.ndim == 1 else _vector(algebra, row, 0)
        if v is not None and w is not None and (*v.shape, *w.shape) == node.shape:
            return v, w
    return None


def _of_one_column(chain: Chain) -> Chain:
    """The chain of a vector as that of a matrix of one column."""
    chain = chain.with_vector(-1)
    return replace(chain, links=(*chain.links[:-1], replace(chain.links[-1], column=True)))


def _ways(algebra: Algebra, chain: Chain) -> list[Any]:
    """The ways to write a chain that is a matrix: as it is, or as a transpose; one with a vector, with that on either side."""
    links = chain.links
    ways = [written(algebra, links)]
    ndim = ways[0].ndim
    if ndim == 1 and len(links) > 1 and links[0].is_end:  # vectors are columns: A · v rather than v · Aᵀ
        ways.insert(0, written(algebra, chain.transpose.links))
    elif ndim == 2 and len(links) > 1:
        ways.append(np.transpose(written(algebra, chain.transpose.links)))
    return ways


def of_matrices(algebra: Algebra, node: Node) -> Found:
    """A product of matrices or of two vectors, a transpose or an inverse, as short as it can be written."""
    if kind(node) == "Mul" and outer_product(algebra, node) is None:
        return Found(node)
    try:
        chain = chain_of(algebra, node)
    except Undefined:
        return Found(node)
    candidates = [Found(node)]
    for way in _ways(algebra, chain):
        if way.shape != node.shape:
            continue
        whole = way
        if chain.scale != ONE:
            scaled = times(algebra, chain.scale, atom_of(algebra, way))
            whole = built(algebra, scaled, node)
        candidates.append(Found(whole, chain.conditions | chain.scale.conditions))
    first = chain.scale != ONE or node.ndim == 1  # a number before all is no longer, and may meet others there
    return algebra.shortest(candidates[1:] + candidates[:1] if first else candidates)


def of_vector(algebra: Algebra, node: Node) -> Found | None:
    """A row that was made a matrix for a product, or a column, as the vector that it is: NumPy multiplies those too."""
    (product,) = node.operands
    if algebra.is_atom(product) or kind(product) != "MatMul" or product.ndim != 2 or node.ndim != 1:
        return None
    axis = 0 if product.shape[0] == 1 and product.shape[1:] == node.shape else 1
    a, b = product.operands
    vector = _vector(algebra, (a, b)[axis], axis)
    if vector is None:
        return None
    found: Any = (vector @ b) if axis == 0 else (a @ vector)
    return Found(found) if found.shape == node.shape else None


def _vector(algebra: Algebra, node: Node, axis: int) -> Node | None:
    """The vector that is given a first, or a second, axis of one element."""
    if algebra.is_atom(node) or node.ndim != 2:
        return None
    if kind(node) == "Unsqueeze" and node.operands[0].ndim == 1 and node.shape[axis] == 1:
        own = node.operands[0].shape
        return node.operands[0] if node.shape == ((1, *own) if axis == 0 else (*own, 1)) else None
    if kind(node) == "Expand" and node.shape[axis] == 1:
        return repeated(node.operands[0], (node.shape[1 - axis],)) if single(node.operands[0].shape) else None
    return None


def of_transpose(algebra: Algebra, node: Any) -> Found | None:
    """(a · bᵀ)ᵀ = b · aᵀ of vectors, and the transpose of what is the same everywhere."""
    (x,) = node.operands
    if node.ndim != 2 or algebra.is_atom(x):
        return None
    product = product_of(algebra, x)
    if all(single(each.shape) for each, _ in product.factors.values()):
        return Found(built(algebra, product, node), product.conditions)
    vectors = outer_product(algebra, x)
    if vectors is None:
        return None
    transposed: Any = np.expand_dims(vectors[1], 1)
    return Found(transposed * vectors[0])


def transposed_sum(algebra: Algebra, terms: Sequence[Product], like: Node) -> Node | None:
    """Aᵀ · Bᵀ + Bᵀ · Aᵀ = (B · A + A · B)ᵀ."""
    total: Any = None
    for term in terms:
        matrices = [node for node, exponent in term.factors.values() if exponent == 1 and node.ndim == 2]
        if like.ndim != 2 or len(term.factors) != 1 or len(matrices) != 1 or abs(term.number) != 1:
            return None
        chain = chain_of(algebra, matrices[0])
        if chain.scale != ONE or not all(link.transposed for link in chain.links):
            return None
        turned = written(algebra, chain.transpose.links)
        if total is None:
            total = turned if term.number > 0 else -turned
        else:
            total = total + turned if term.number > 0 else total - turned
    return as_node(np.transpose(total))


def common_link(algebra: Algebra, terms: Sequence[Product], like: Node) -> Product | None:
    """A · C + B · C = (A + B) · C, and A · B + A · C = A · (B + C), for terms with the same other factors."""
    chains: list[Chain] = []
    others: set[Any] = set()
    for term in terms:
        chain = chain_of(algebra, built(algebra, replace(term, number=Fraction(1)), like))
        rest = chain.scale.scaled(abs(term.number))
        others.add((rest.number, rest.key))
        if len(chain.links) < 2:
            return None
        chains.append(chain.with_vector(-1))
        first, own = chains[0].links, chains[-1].links
        if len(others) != 1 or (first[0] != own[0] and first[-1] != own[-1]):
            return None
    signs = [term.number > 0 for term in terms]
    for last in (True, False):
        ends = {chain.links[-1 if last else 0] for chain in chains}
        if len(ends) != 1:
            continue
        inner = [written(algebra, chain.links[:-1] if last else chain.links[1:]) for chain in chains]
        if len({each.shape for each in inner}) != 1:
            continue
        order = sorted(zip(signs, inner, strict=True), key=lambda each: not each[0])
        total: Any = order[0][1] if order[0][0] else -order[0][1]
        for positive, each in order[1:]:
            total = total + each if positive else total - each
        (end,) = ends
        outer = written(algebra, (end,))
        if end.column:
            whole = np.expand_dims(total, 1) * outer if last else np.expand_dims(outer, 1) * total
        else:
            whole = total @ outer if last else outer @ total
        if whole.shape == like.shape:
            return times(algebra, rest, atom_of(algebra, whole))
    return None
