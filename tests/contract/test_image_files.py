"""CIFAR-10 and MNIST from the user's files: what is written is read back, and what is wrong is said in one line."""

from __future__ import annotations

import gzip
import io
import os
import pickle

import numpy as np
import pytest

from constructions.image_files import LARGEST, cifar10, mnist
from constructions.instance import InvalidInstance
from constructions.trained.frequency_bias.data import cifar


def batch(count=4, seed=0):
    own = np.random.default_rng(seed)
    return own.integers(0, 256, (count, 3072), dtype=np.uint8), own.integers(0, 10, count)


def write_binary(folder):
    written = []
    for index, name in enumerate([f"data_batch_{i}" for i in range(1, 6)] + ["test_batch"]):
        images, labels = batch(seed=index)
        rows = np.concatenate([labels[:, None].astype(np.uint8), images], axis=1)
        (folder / f"{name}.bin").write_bytes(rows.tobytes())
        written.append((images, labels))
    return written


def write_pickled(folder, protocol=2):
    written = []
    for index, name in enumerate([f"data_batch_{i}" for i in range(1, 6)] + ["test_batch"]):
        images, labels = batch(seed=index)
        content = {b"data": images, b"labels": labels.tolist(), b"batch_label": b"x", b"filenames": [b"a.png"] * 4}
        (folder / name).write_bytes(pickle.dumps(content, protocol=protocol))
        written.append((images, labels))
    return written


@pytest.mark.parametrize("write", [write_binary, write_pickled])
def test_both_formats_of_cifar_are_read(write, tmp_path):
    written = write(tmp_path)
    images, labels = cifar10(tmp_path, "train")
    assert images.shape == (20, 3, 32, 32) and images.dtype == np.uint8
    assert np.array_equal(images[:4].reshape(4, -1), written[0][0]) and labels[:4].tolist() == list(written[0][1])
    test, _ = cifar10(tmp_path, "test")
    assert np.array_equal(test.reshape(4, -1), written[5][0])
    task = cifar(tmp_path, 2, 0, train=10, test=3)
    assert task.train[0].shape == (2, 10, 3, 32, 32) and task.test[0].shape == (2, 3, 3, 32, 32)


class Command:
    """A pickle that would run a program."""

    def __reduce__(self):
        return os.system, ("true",)


def test_pickles_with_programs_are_refused(tmp_path):
    write_pickled(tmp_path)
    (tmp_path / "data_batch_1").write_bytes(pickle.dumps({b"data": Command(), b"labels": [1]}))
    with pytest.raises(InvalidInstance, match="system; this file is refused"):
        cifar10(tmp_path, "train")
    (tmp_path / "data_batch_1").write_bytes(pickle.dumps({b"data": eval, b"labels": [1]}))
    with pytest.raises(InvalidInstance, match="eval; this file is refused"):
        cifar10(tmp_path, "train")


def object_array():
    stream = io.BytesIO()
    pickle.dump({b"data": np.array([[1, "a"]], dtype=object), b"labels": [1]}, stream, protocol=2)
    return stream.getvalue()


@pytest.mark.parametrize(("content", "text"), [
    (b"", "not a batch"), (b"garbage", "not a batch"), (pickle.dumps([1, 2]), "not a batch"),
    (pickle.dumps({b"data": np.zeros((2, 10), np.uint8), b"labels": [1, 2]}), "need"),
    (pickle.dumps({b"data": np.zeros((2, 3072)), b"labels": [1, 2]}), "need"),
    (pickle.dumps({b"data": np.zeros((2, 3072), np.uint8), b"labels": [1]}), "2 images"),
    (pickle.dumps({b"data": np.zeros((1, 3072), np.uint8), b"labels": [17]}), "0 to 9"),
    (object_array(), "need"),
])  # fmt: skip
def test_broken_pickles_are_refused_in_one_line(content, text, tmp_path):
    write_pickled(tmp_path)
    (tmp_path / "data_batch_2").write_bytes(content)
    with pytest.raises(InvalidInstance, match=text) as raised:
        cifar10(tmp_path, "train")
    assert "data_batch_2" in str(raised.value) and "\n" not in str(raised.value)


def test_missing_truncated_and_mislabelled_binaries_are_refused(tmp_path):
    with pytest.raises(InvalidInstance, match="not a folder"):
        cifar10(tmp_path / "absent", "train")
    with pytest.raises(InvalidInstance, match="neither data_batch_1.bin nor data_batch_1"):
        cifar10(tmp_path, "train")
    write_binary(tmp_path)
    whole = (tmp_path / "data_batch_3.bin").read_bytes()
    for content, text in ((whole[:-1], "truncated"), (b"", "truncated"), (b"\xff" + whole[1:], "0 to 9")):
        (tmp_path / "data_batch_3.bin").write_bytes(content)
        with pytest.raises(InvalidInstance, match=text):
            cifar10(tmp_path, "train")


# MNIST


def idx(array):
    """The bytes of an idx file, built by hand from its published description."""
    sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
    return b"\0\0\x08" + bytes([array.ndim]) + sizes + array.astype(np.uint8).tobytes()


NAMES = {"images": "images-idx3-ubyte", "labels": "labels-idx1-ubyte"}


def write_mnist(folder, name=lambda part, kind: f"{part}-{NAMES[kind]}", packed=lambda content: content):
    own, written = np.random.default_rng(3), {}
    for part, count in (("train", 7), ("t10k", 4)):
        images, labels = own.integers(0, 256, (count, 28, 28), dtype=np.uint8), own.integers(0, 10, count)
        (folder / name(part, "images")).write_bytes(packed(idx(images)))
        (folder / name(part, "labels")).write_bytes(packed(idx(labels)))
        written[part] = images, labels
    return written


@pytest.mark.parametrize("how", ["plain", "gzipped", "dotted"])
def test_mnist_is_read_as_it_was_written(how, tmp_path):
    name = {
        "plain": lambda part, kind: f"{part}-{NAMES[kind]}",
        "gzipped": lambda part, kind: f"{part}-{NAMES[kind]}.gz",
        "dotted": lambda part, kind: f"{part}-{NAMES[kind].replace('-', '.', 1)}",
    }[how]
    written = write_mnist(tmp_path, name, gzip.compress if how == "gzipped" else lambda content: content)
    for part, own in (("train", "train"), ("test", "t10k")):
        images, labels = mnist(tmp_path, part)
        assert images.dtype == np.uint8 and labels.dtype == np.int64
        assert np.array_equal(images, written[own][0]) and np.array_equal(labels, written[own][1])


def image_bytes(count=7, side=28):
    return idx(np.zeros((count, side, side), dtype=np.uint8))


@pytest.mark.parametrize(("kind", "content", "text"), [
    ("images", b"", "begins with nothing"),
    ("images", b"\0\0\x08", "begins with 000008,"),
    ("images", image_bytes()[:-1], "promises 5488 entries and holds 5487: truncated"),
    ("images", image_bytes() + b"\0", "holds 5489"),
    ("images", image_bytes()[:10], "ends within the 16 bytes of its header"),
    ("images", b"\x80" + image_bytes()[1:], "begins with 80000803"),
    ("images", b"\0\0\x0d" + image_bytes()[3:], "begins with 00000d03"),
    ("images", idx(np.zeros(7)), "begins with 00000801"),
    ("images", b"\0\0\x08\x03" + b"\xff" * 12, "promises 79228162458924105385300197375 entries"),
    ("images", image_bytes(side=27), r"shape \(7, 27, 27\)"),
    ("images", image_bytes(count=0), r"shape \(0, 28, 28\)"),
    ("labels", idx(np.zeros(6)), "has 6 labels for the 7 images"),
    ("labels", idx(np.full(7, 10)), "outside 0 to 9"),
    ("labels", image_bytes(), "begins with 00000803"),
])  # fmt: skip
def test_what_is_wrong_with_an_mnist_file_is_said_in_one_line(kind, content, text, tmp_path):
    write_mnist(tmp_path)
    (tmp_path / f"train-{NAMES[kind]}").write_bytes(content)
    with pytest.raises(InvalidInstance, match=text) as raised:
        mnist(tmp_path, "train")
    assert f"train-{NAMES[kind]}" in str(raised.value) and "\n" not in str(raised.value)
    assert len(mnist(tmp_path, "test")[0]) == 4, "the other part is untouched"


def test_folders_without_mnist_and_broken_archives_are_refused(tmp_path):
    with pytest.raises(InvalidInstance, match="not a folder"):
        mnist(tmp_path / "absent", "train")
    with pytest.raises(InvalidInstance, match="has no train-images-idx3-ubyte"):
        mnist(tmp_path, "train")
    write_mnist(tmp_path, lambda part, kind: f"{part}-{NAMES[kind]}.gz", gzip.compress)
    whole = (tmp_path / "train-images-idx3-ubyte.gz").read_bytes()
    too_long = gzip.compress(bytes(LARGEST + 1), compresslevel=1)
    for content, text in ((whole[:-9], "cannot be unpacked"), (b"\x1f\x8bgarbage", "cannot be unpacked"),
                          (b"not gzip", "cannot be unpacked"), (too_long, "unpacks to more than")):  # fmt: skip
        (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(content)
        with pytest.raises(InvalidInstance, match=text) as raised:
            mnist(tmp_path, "train")
        assert "\n" not in str(raised.value)
