"""Where searches and campaigns look for instances of a statement of kkt_margin: by what its hypotheses speak about."""

from __future__ import annotations

from dataclasses import replace

from constructions.kkt_margin import spaces
from constructions.space import Space
from theorems.statement import Statement
from verifiers.kkt_margin.batch import measure_batch, measured
from verifiers.quantity import Catalogue


def _named(statement: Statement) -> set[str]:
    return {name for claim in (*statement.given, *statement.then) for name in claim.quantities}


def spaces_of(statement: Statement) -> tuple[Space, ...]:
    """The spaces whose instances have what the statement measures; those of no KKT points last.

    A statement about training runs has none: which KKT point a run ends at is its whole content.
    """
    names = _named(statement)
    if statement.basis == "runs":
        return ()
    if "mixed_clusters" in names:
        return spaces.CLUSTERS
    if "robust_network_defect" in names:
        return spaces.ROBUST
    if "network_residual" in names:
        return spaces.RAW
    return (*spaces.POINTS, *spaces.NO_POINTS) if "kkt_residual" in names else ()


def searchable(statement: Statement) -> Statement:
    """The statement with the spaces of the library after its own, measured in batches if those have all that it names.

    A catalogue that extends the one of kkt_margin adds to batches what it declares with a `batch`.
    """
    catalogue, names = statement.catalogue, _named(statement)
    own = catalogue.batches if isinstance(catalogue, Catalogue) else {}
    batch = catalogue.in_batches(measure_batch) if isinstance(catalogue, Catalogue) and own else measure_batch
    batched = names - set(own) <= measured("point") or names - set(own) <= measured("robust")
    others = tuple(space for space in spaces_of(statement) if space.name not in {s.name for s in statement.spaces})
    return replace(statement, spaces=(*statement.spaces, *others), measure_batch=batch if batched else None)
