"""Graphs as scikit-learn's estimators: for pipelines, cross-validation and grid search.

It needs scikit-learn (`pip install 'minigraph[train]'`), and is imported on its own: `from minigraph.training.estimator import
GraphClassifier`.
"""

from minigraph.training.estimator.classifier import GraphClassifier
from minigraph.training.estimator.regressor import GraphRegressor

__all__ = ["GraphClassifier", "GraphRegressor"]
