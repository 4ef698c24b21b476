"""Prints what was measured: time, memory, bytes, and how far each picture is from the same size computed with floats (DSSIM of luma)."""

import json
import os
import sys

import numpy
from PIL import Image

folder = sys.argv[1]
REFERENCES = {}


def windows(values, side=8):
    sums = numpy.cumsum(numpy.cumsum(numpy.pad(values, ((1, 0), (1, 0))), axis=0), axis=1)
    return (sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side] + sums[:-side, :-side]) / side**2


def dssim(one, other):
    """(1 - SSIM) / 2 over windows of 8 x 8 pixels (Wang et al. 2004)."""
    mean_one, mean_other = windows(one), windows(other)
    spread_one = windows(one * one) - mean_one**2
    spread_other = windows(other * other) - mean_other**2
    both = windows(one * other) - mean_one * mean_other
    first, second = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    ssim = (2 * mean_one * mean_other + first) * (2 * both + second)
    ssim /= (mean_one**2 + mean_other**2 + first) * (spread_one + spread_other + second)
    return (1 - ssim.mean()) / 2


def luma(path):
    return numpy.asarray(Image.open(path).convert("L"), dtype=numpy.float64)


def reference(source, size):
    if (source, size) not in REFERENCES:
        floats = Image.fromarray(luma(f"{folder}/{source}.jpg").astype(numpy.float32))
        resized = numpy.asarray(floats.resize(size, Image.Resampling.LANCZOS), dtype=numpy.float64)
        REFERENCES[source, size] = numpy.clip(resized, 0, 255)
    return REFERENCES[source, size]


rows = [json.loads(line) for line in open(f"{folder}/figures")]
yardstick = {row["task"]: row["ms"] for row in rows if row["who"] == "sharp"}
decoded = {"5mp": 2725 * 2225 * 3, "12mp": 4032 * 3024 * 3}
print(f"{'task':<14}{'by':<14}{'ms':>9}{'x sharp':>9}{'MiB':>8}{'x decoded':>11}{'bytes':>10}{'DSSIM':>10}")
for row in rows:
    pictures = sorted(os.listdir(row["folder"]))
    size, far = 0, []
    for name in pictures:
        path = f"{row['folder']}/{name}"
        size += os.path.getsize(path)
        found = luma(path)
        far.append(dssim(found, reference(row["source"], (found.shape[1], found.shape[0]))))
    ratio = f"{yardstick[row['task']] / row['ms']:.2f}" if row["task"] in yardstick else "-"
    worst = f"{max(far):.5f}" if far else "-"
    memory = row["kib"] * 1024
    times_decoded = f"{memory / decoded[row['source']]:.2f}"
    print(f"{row['task']:<14}{row['who']:<14}{row['ms']:>9.1f}{ratio:>9}{memory / 2**20:>8.0f}{times_decoded:>11}{size:>10}{worst:>10}")
print("ms: median of 30 on one thread. x sharp: more is faster. MiB: the most that the process had, its program included.")
