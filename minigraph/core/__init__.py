"""What one reads to understand minigraph: nodes, graphs, runs and reverse-mode differentiation. Read in this order:

1. `errors`, `sizes`, `shapes`, `values`: what a user can do wrong, named axes, and what counts as numbers.
2. `provenance`, `numpy_protocol`: where a node was composed; NumPy's operators and functions, which compose nodes.
3. `node`, `leaves`: an operation with its two rules; the constants, inputs, variables and parameters among its operands.
4. `rewriting`, `rules`, `vjp`: the walk of a graph; a rule called; and the idea.
5. `graph`, `run`: named outputs with all that they depend on; a forward pass, and its gradients.
"""
