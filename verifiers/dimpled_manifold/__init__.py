"""Verifier for dimpled_manifold."""
