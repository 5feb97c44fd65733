"""Plain functions of NumPy arrays as graphs, and their derivatives: `trace`, `grad`, `jacobian`, `hessian`, and forward mode.

A function is called with nodes in the place of its arguments (`tracing.py`); what it composes is differentiated by the rules of
its operations (`derivatives.py`, `forward_mode.py`), compiled, and run on the arguments (`programs.py`).
"""
