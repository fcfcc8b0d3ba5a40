"""The errors a user can meet, as a tree of few names.

    ThinmarginError
    |- UsageError          the command or the file asks for something that does not exist
    |- MissingPart         a measurement needs a part (a network, multipliers) that the instance lacks
    |- NoCertificate       the numbers found do not carry a rigorous proof; the text says which inequality failed

`constructions.instance.InvalidInstance` (bad arrays) stands beside them because constructions know no verifiers.
Messages say what was measured, what was required, on which instance, and what to do next.
"""

from __future__ import annotations


class ThinmarginError(Exception):
    """Base of the errors raised on purpose."""


class UsageError(ThinmarginError):
    """Unknown name, unreadable file or a combination of options that has no meaning; exit code 2."""


class MissingPart(ThinmarginError):
    """The instance lacks what a quantity is measured on; the verdict becomes Unsupported."""


class NoCertificate(ThinmarginError):
    """A rigorous check did not succeed. Nothing follows from that except that this proof is not one."""
