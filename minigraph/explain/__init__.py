"""What a person reads of a graph: circuits, derivations, the page, lint, and whether its gradients are right."""
