"""CIFAR-10 from files that the user has: the binary version or the pickled "python version", read without trust.

Nothing is downloaded. A pickle is a program; the reader here allows it to build arrays of numbers, texts and
containers, and refuses everything else by name.
"""

from __future__ import annotations

import io
import pickle
from pathlib import Path
from typing import Any

import numpy as np

from constructions.instance import InvalidInstance

TRAIN = tuple(f"data_batch_{index}" for index in range(1, 6))
TEST = ("test_batch",)
PIXELS = 3 * 32 * 32
LARGEST = 64 * 2**20
"""Bytes above which a batch file is not one of CIFAR-10 (each has 31 MB)."""

_ALLOWED = {
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("_codecs", "encode"),
}


class _Reader(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ALLOWED:
            raise InvalidInstance(f"a pickled CIFAR-10 batch has no use for {module}.{name}; this file is refused")
        if name == "_reconstruct":
            module = "numpy._core.multiarray"
        return super().find_class(module, name)


def cifar10(folder: str | Path, part: str) -> tuple[np.ndarray, np.ndarray]:
    """(images (n, 3, 32, 32) uint8, labels (n,) int64) of part "train" or "test" from a folder with the user's files.

    Raises `InvalidInstance`, naming the file and what is wrong with it.
    """
    place = Path(folder)
    names = TRAIN if part == "train" else TEST
    if not place.is_dir():
        raise InvalidInstance(f"{place} is not a folder; give the one with {names[0]}.bin or {names[0]} of CIFAR-10")
    batches = []
    for name in names:
        if (place / f"{name}.bin").is_file():
            batches.append(_binary(place / f"{name}.bin"))
        elif (place / name).is_file():
            batches.append(_pickled(place / name))
        else:
            raise InvalidInstance(f"{place} has neither {name}.bin nor {name}; CIFAR-10 comes as data_batch_1 to 5 and "
                                  "test_batch, in the binary or the python version")  # fmt: skip
    images, labels = (np.concatenate(arrays) for arrays in zip(*batches, strict=True))
    return images, labels


def _content(path: Path) -> bytes:
    try:
        if path.stat().st_size > LARGEST:
            raise InvalidInstance(f"{path} has {path.stat().st_size} bytes, far more than a CIFAR-10 batch")
        return path.read_bytes()
    except OSError as error:
        raise InvalidInstance(f"{path} cannot be read: {error.strerror}") from None


def _checked(path: Path, images: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if labels.size == 0 or labels.min() < 0 or labels.max() > 9:
        raise InvalidInstance(f"{path} has labels outside 0 to 9; is it CIFAR-10, not CIFAR-100?")
    return images.reshape(-1, 3, 32, 32), labels.astype(np.int64)


def _binary(path: Path) -> tuple[np.ndarray, np.ndarray]:
    content = np.frombuffer(_content(path), dtype=np.uint8)
    record = 1 + PIXELS
    if not content.size or content.size % record:
        raise InvalidInstance(f"{path} has {content.size} bytes, not a positive multiple of {record}: truncated, "
                              "or not the binary version of CIFAR-10")  # fmt: skip
    rows = content.reshape(-1, record)
    return _checked(path, rows[:, 1:].copy(), rows[:, 0].copy())


def _pickled(path: Path) -> tuple[np.ndarray, np.ndarray]:
    try:
        content = _Reader(io.BytesIO(_content(path)), encoding="bytes").load()
        images, labels = np.asarray(content[b"data"]), np.asarray(content[b"labels"])
    except InvalidInstance as error:
        raise InvalidInstance(f"{path}: {error}") from None
    except Exception as error:  # a broken pickle can raise almost anything
        kind = type(error).__name__
        raise InvalidInstance(f"{path} is not a batch of the python version of CIFAR-10 ({kind})") from None
    if images.dtype != np.uint8 or images.ndim != 2 or images.shape[1] != PIXELS:
        raise InvalidInstance(f"{path} holds data of shape {images.shape} and type {images.dtype}; "
                              f"need (n, {PIXELS}) bytes")  # fmt: skip
    if labels.dtype.kind not in "iu" or labels.shape != images.shape[:1]:
        raise InvalidInstance(f"{path} has {len(images)} images and labels of shape {labels.shape}")
    return _checked(path, images, labels)
