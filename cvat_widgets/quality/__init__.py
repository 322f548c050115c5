"""Ground truth, agreement and consensus over annotation tables."""
