"""What is trained at which scale. "small" takes about ninety seconds on one core; "paper" is meant for a GPU."""

from __future__ import annotations

from dataclasses import dataclass, replace

from constructions.trained.dimpled_manifold.adversarial import Versions
from constructions.trained.dimpled_manifold.data import Images, digits, patches, user_images
from constructions.trained.dimpled_manifold.descent import Recipe
from constructions.trained.dimpled_manifold.nets import Architecture
from constructions.trained.dimpled_manifold.phases import Task

STANDARD = "standard"


@dataclass(frozen=True)
class Picture:
    """A sheet with the net, the recipe and the steps at which its boundary is shown."""

    sheet: str
    side: int
    net: Architecture
    recipe: Recipe
    times: tuple[int, ...]


@dataclass(frozen=True)
class Plan:
    """The experiments of a scale: tasks and numbers of nets, each net with data and start of its own.

    phases: training watched, by name, with its nets. codimension: classes far apart, for each codimension, stopped at
    `margin`. versions: adversarial training. identity: adversarial training of tiny nets, step by step. errors:
    mislabelled training by several lengths. bits: invariance. pairs: universality. late: long training. judged, seen:
    the narrow and the wide network that the verifier gets.
    """

    phases: dict[str, tuple[Task, int]]
    codimension: tuple[Task, tuple[int, ...], int]
    margin: float
    versions: tuple[Versions, int]
    identity: tuple[Task, float, int]
    errors: tuple[Task, int, tuple[float, ...], int]
    bits: tuple[Task, int]
    pairs: tuple[Task, tuple[int, ...]]
    late: tuple[Task, int]
    pictures: tuple[Picture, ...]
    judged: Versions
    seen: Task


def three_eight(p: int, codimension: int, count: int, width: int, steps: int, rate: float = 0.05) -> Task:
    """Digits 3 against 8 on their first p directions."""
    return Task(digits((3, 8), p), codimension, count, Architecture(width), Recipe(steps, rate), count // 2)


def zero_one(count: int, width: int) -> Task:
    """Digits 0 against 1, two classes far apart, in eight dimensions."""
    return Task(digits((0, 1), 8), 56, count, Architecture(width), Recipe(4000, 0.02), count // 2)


def _variants(task: Task) -> dict[str, Task]:
    """The standard task with another start, optimiser, penalty and depth."""
    return {
        "start ten times smaller": replace(task, net=replace(task.net, scale=0.1)),
        "decay 0.01": replace(task, recipe=replace(task.recipe, decay=0.01)),
        "heavy ball": replace(task, recipe=replace(task.recipe, method="heavy ball", rate=task.recipe.rate / 10)),
        "three layers": replace(task, net=replace(task.net, depth=3)),
    }


def _judged() -> Versions:
    return Versions(three_eight(4, 6, 12, 10, 300), 0.4)


def _pictures(width: int, side: int, steps: int) -> tuple[Picture, ...]:
    net, recipe = Architecture(width, bias=True, scale=4.0), Recipe(steps, 0.04, "heavy ball")
    times = (0, 50, steps // 20, steps)
    return (
        Picture("chessboard", side, net, recipe, times), Picture("spirals", side, net, recipe, times),
        Picture("sphere", side - 6, net, replace(recipe, steps=steps // 4), (0, 50, steps // 20, steps // 4)),
        Picture("diagonal", side, net, recipe, times),
    )  # fmt: skip


def plan(scale: str) -> Plan:
    """"small" or "paper"; the latter adds patches of photographs, and MNIST and CIFAR-10 where the user has them."""
    if scale == "small":
        task = replace(three_eight(16, 48, 80, 128, 1500), measured=28)
        return Plan(
            phases={STANDARD: (task, 24)}
            | {name: (own, 8) for name, own in _variants(replace(task, measured=20)).items()},
            codimension=(zero_one(60, 128), (8, 24, 56, 120, 248, 504), 12), margin=0.5,
            versions=(Versions(replace(three_eight(16, 48, 80, 128, 300), measured=28), 1.0), 12),
            identity=(three_eight(6, 8, 20, 24, 60), 0.5, 3),
            errors=(three_eight(16, 48, 150, 128, 300), 150, (1.0, 2.0, 3.0), 8),
            bits=(three_eight(16, 48, 40, 48, 100), 3),
            pairs=(three_eight(16, 48, 80, 256, 200, 0.02), (48, 200, 2000)),
            late=(replace(three_eight(8, 24, 30, 32, 10_000), measured=10), 24),
            pictures=_pictures(256, 25, 10_000), judged=_judged(), seen=three_eight(8, 792, 60, 256, 30, 0.01),
        )  # fmt: skip
    task = three_eight(16, 48, 120, 256, 3000)
    phases = {STANDARD: (task, 64)} | {name: (own, 24) for name, own in _variants(task).items()}
    others: list[Images] = [patches(16), *user_images(32)]
    phases |= {images.name: (replace(task, images=images), 24) for images in others}
    return Plan(
        phases=phases,
        codimension=(zero_one(60, 256), (8, 24, 56, 120, 248, 504, 1016), 32), margin=0.5,
        versions=(Versions(three_eight(16, 48, 120, 256, 300), 1.0), 32),
        identity=(three_eight(6, 8, 20, 24, 200), 0.5, 8),
        errors=(three_eight(16, 48, 200, 256, 400), 150, (1.0, 2.0, 3.0, 6.0), 32),
        bits=(three_eight(16, 48, 60, 128, 300), 8),
        pairs=(three_eight(16, 48, 80, 1024, 400, 0.02), (48, 200, 2000, 8000)),
        late=(three_eight(8, 24, 40, 128, 100_000), 24),
        pictures=_pictures(400, 33, 20_000), judged=_judged(), seen=three_eight(8, 1592, 60, 512, 30, 0.01),
    )  # fmt: skip
