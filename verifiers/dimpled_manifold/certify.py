"""Certificates of one network for the independent checker."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def certify(instance: Any) -> Iterator[dict[str, Any]]:
    """Sealed certificates of what is proved about a network; none where nothing is."""
    return
    yield
