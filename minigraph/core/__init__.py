"""What one reads to understand minigraph: nodes, graphs, runs and reverse-mode differentiation. It imports nothing outside."""
