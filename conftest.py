"""Before anything numerical is imported: one BLAS thread, as everywhere in the product."""

from constructions.threads import limit_threads

limit_threads()

from hypothesis import HealthCheck, settings  # noqa: E402

# Compilation and exact arithmetic make single examples slow; time is not the property under test.
settings.register_profile("thinmargin", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("thinmargin")
