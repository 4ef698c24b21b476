"""One task with Pillow, with or without its shrinking while it decodes (`draft`): `pillow.py <task> <picture> <folder> [draft]`."""

import io
import json
import resource
import sys
import time

from PIL import Image, ImageOps

task, picture, folder, *draft = sys.argv[1:]
bytes_ = open(picture, "rb").read()
SIZES = {"large": (2048, 1536), "medium": (1280, 960), "small": (640, 480), "thumb": (320, 240)}


def opened(size):
    image = Image.open(io.BytesIO(bytes_))
    if draft:
        image.draft("RGB", (size[0] * 2, size[1] * 2))
    return ImageOps.exif_transpose(image).convert("RGB")


def jpeg(image, quality):
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality, progressive=True, optimize=True, subsampling="4:2:0")
    return out.getvalue()


def ladder():
    source = opened(SIZES["large"])
    return {name: jpeg(source.resize(size, Image.Resampling.LANCZOS), 82) for name, size in SIZES.items()}


TASKS = {
    "to-320": lambda: {"to-320": jpeg(opened((320, 240)).resize((320, 240), Image.Resampling.LANCZOS), 82)},
    "to-720": lambda: {"to-720": jpeg(opened((720, 588)).resize((720, 588), Image.Resampling.LANCZOS), 80)},
    "ladder": ladder,
}
if task not in TASKS:
    sys.exit(3)
times = []
for number in range(35):
    begun = time.perf_counter()
    TASKS[task]()
    if number >= 5:
        times.append((time.perf_counter() - begun) * 1000)
for name, made in TASKS[task]().items():
    with open(f"{folder}/{name}.jpg", "wb") as file:
        file.write(made)
print(json.dumps({"ms": round(sorted(times)[15], 2), "kib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}))
