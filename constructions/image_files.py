"""Image data sets from files that the user has, read without trust: CIFAR-10 and MNIST. Nothing is downloaded.

CIFAR-10 comes in the binary version or the pickled "python version". A pickle is a program; the reader here allows it
to build arrays of numbers, texts and containers, and refuses everything else by name. MNIST comes in the idx format,
gzipped or not. Whatever is wrong with a file is said in one line that names it.
"""

from __future__ import annotations

import gzip
import io
import pickle
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from constructions.instance import InvalidInstance

CIFAR_FOLDER, MNIST_FOLDER = "THINMARGIN_CIFAR10", "THINMARGIN_MNIST"
"""Environment variables that name the folders with the user's files, for experiments at "paper" scale."""

TRAIN = tuple(f"data_batch_{index}" for index in range(1, 6))
TEST = ("test_batch",)
PIXELS = 3 * 32 * 32
LARGEST = 64 * 2**20
"""Bytes above which a file is none of these data sets (a CIFAR-10 batch has 31 MB, the MNIST images 47 MB)."""

MNIST = {"train": "train", "test": "t10k"}
MNIST_SIDE = 28

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
            raise InvalidInstance(f"{path} has {path.stat().st_size} bytes, far more than a file of CIFAR-10 or MNIST")
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


def mnist(folder: str | Path, part: str) -> tuple[np.ndarray, np.ndarray]:
    """(images (n, 28, 28) uint8, labels (n,) int64) of part "train" or "test" from a folder with the user's files.

    The files are those of the original distribution, such as train-images-idx3-ubyte or train-images-idx3-ubyte.gz.
    Raises `InvalidInstance`, naming the file and what is wrong with it.
    """
    place = Path(folder)
    if not place.is_dir():
        raise InvalidInstance(f"{place} is not a folder; give the one with {MNIST[part]}-images-idx3-ubyte of MNIST")
    images_file, labels_file = (_idx_file(place, MNIST[part], kind) for kind in ("images-idx3", "labels-idx1"))
    images, labels = _idx(images_file, 3), _idx(labels_file, 1).astype(np.int64)
    if images.shape[1:] != (MNIST_SIDE, MNIST_SIDE) or not len(images):
        raise InvalidInstance(f"{images_file} holds pictures of shape {images.shape}; MNIST has (n, 28, 28) with n > 0")
    if len(labels) != len(images):
        raise InvalidInstance(f"{labels_file} has {len(labels)} labels for the {len(images)} images of {images_file}")
    if labels.max() > 9:
        raise InvalidInstance(f"{labels_file} has labels outside 0 to 9")
    return images, labels


def _idx_file(place: Path, part: str, kind: str) -> Path:
    """The file, gzipped or not, also under the name with a dot that some archives use."""
    names = [f"{part}-{text}-ubyte{end}" for end in ("", ".gz") for text in (kind, kind.replace("-", "."))]
    for name in names:
        if (place / name).is_file():
            return place / name
    raise InvalidInstance(f"{place} has no {names[0]}, gzipped or not; MNIST comes as four such files")


def _idx(path: Path, dimensions: int) -> np.ndarray:
    """An idx file of unsigned bytes: 0, 0, 8, number of dimensions, their sizes as big-endian int32, the entries."""
    content = _unpacked(path)
    head = 4 + 4 * dimensions
    if content[:4] == bytes((0, 0, 8, dimensions)) and len(content) < head:
        raise InvalidInstance(f"{path} ends within the {head} bytes of its header: truncated")
    if content[:4] != bytes((0, 0, 8, dimensions)):
        raise InvalidInstance(f"{path} begins with {content[:4].hex() or 'nothing'}, an idx file of bytes with "
                              f"{dimensions} dimensions with 000008{dimensions:02x}")  # fmt: skip
    shape = tuple(np.frombuffer(content, dtype=">u4", count=dimensions, offset=4).tolist())
    promised = 1
    for size in shape:  # python integers: a forged header must not overflow
        promised *= size
    if len(content) - head != promised:
        raise InvalidInstance(f"{path} promises {promised} entries and holds {len(content) - head}: truncated, "
                              "or not from MNIST")  # fmt: skip
    return np.frombuffer(content, dtype=np.uint8, offset=head).reshape(shape).copy()


def _unpacked(path: Path) -> bytes:
    content = _content(path)
    if path.suffix != ".gz":
        return content
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as stream:
            found = stream.read(LARGEST + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise InvalidInstance(f"{path} cannot be unpacked: {error}") from None
    if len(found) > LARGEST:
        raise InvalidInstance(f"{path} unpacks to more than {LARGEST} bytes, far more than a file of MNIST")
    return found
