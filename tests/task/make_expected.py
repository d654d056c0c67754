"""Writes tests/task/data: pictures and arrays as Pillow, torchvision and NumPy make them.

usage: python3 tests/task/make_expected.py
"""
import json
from pathlib import Path

import numpy as np
from PIL import Image
from torchvision import transforms

DATA = Path(__file__).resolve().parent / "data"


def picture(height=17, width=23):
    """The picture test_preprocess.cpp makes too."""
    y, x, c = np.meshgrid(np.arange(height), np.arange(width), np.arange(3), indexing="ij")
    return ((y * 37 + x * 91 + c * 53 + x * y * 7) % 256).astype(np.uint8)


def resized(pixels, size, how):
    """Each channel resized as floats, [C, H, W]."""
    planes = [Image.fromarray(pixels[:, :, c].astype(np.float32), mode="F") for c in range(3)]
    return np.stack([np.asarray(p.resize(size[::-1], how), np.float32) for p in planes])


def boxes(rng, count):
    """Random boxes with corners at multiples of 1/4."""
    low = rng.integers(0, 80, (count, 2)) / 4
    return np.concatenate([low, low + rng.integers(8, 60, (count, 2)) / 4], 1)


def overlap(a, b):
    """IoU of two boxes."""
    sides = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
    common = np.prod(np.maximum(sides, 0))
    return common / (np.prod(a[2:] - a[:2]) + np.prod(b[2:] - b[:2]) - common)


def average_precision(found, truth, label):
    """By definition: the mean over the true boxes of the best precision at that recall or a higher one."""
    ranked = sorted((-d["score"], i, n) for i, rows in enumerate(found)
                    for n, d in enumerate(rows) if d["label"] == label)
    free = {(i, n) for i, rows in enumerate(truth) for n, t in enumerate(rows) if t["label"] == label}
    total, points, right = len(free), [], 0
    for seen, (_, i, n) in enumerate(ranked, 1):
        near = [(overlap(np.array(found[i][n]["box"]), np.array(truth[i][k]["box"])), k)
                for j, k in sorted(free) if j == i]
        if near and max(near)[0] >= 0.5:
            free.remove((i, max(near)[1]))
            right += 1
        points.append((right / total, right / seen))
    best = [max([p for r, p in points if r >= k / total - 1e-9], default=0) for k in range(1, total + 1)]
    return float(np.mean(best))


def detections():
    """Pictures with true boxes, and detections that are those moved a little, doubled, or made up."""
    rng = np.random.default_rng(5)
    truth, found = [], []
    for _ in range(8):
        real = [{"label": int(rng.integers(0, 3)), "box": b.tolist()} for b in boxes(rng, 5)]
        guesses = []
        for t in real + real[:2]:
            moved = np.array(t["box"]) + rng.integers(-8, 9, 4) / 4
            moved[2:] = np.maximum(moved[2:], moved[:2] + 1)
            guesses.append({"label": t["label"], "box": moved.tolist()})
        guesses += [{"label": int(rng.integers(0, 4)), "box": b.tolist()} for b in boxes(rng, 2)]
        for guess in guesses:
            guess["score"] = float(rng.integers(1, 2 ** 20) / 2 ** 20)
        truth.append(real)
        found.append(guesses)
    each = [average_precision(found, truth, label) for label in range(3)]
    return {"truth": truth, "found": found, "per_class": each, "mean": float(np.mean(each))}


def main():
    """Writes everything."""
    DATA.mkdir(exist_ok=True)
    pixels = picture()
    image = Image.fromarray(pixels)
    np.save(DATA / "shrunk.npy", resized(pixels, (7, 9), Image.BILINEAR))
    np.save(DATA / "enlarged.npy", resized(pixels, (31, 40), Image.BILINEAR))
    np.save(DATA / "nearest.npy", resized(pixels, (7, 40), Image.NEAREST))
    np.save(DATA / "shrunk8.npy", np.asarray(image.resize((9, 7), Image.BILINEAR)).transpose(2, 0, 1))
    np.save(DATA / "gray8.npy", np.asarray(image.convert("L")))
    cropped = transforms.Compose([transforms.Resize(12), transforms.CenterCrop((9, 10))])(image)
    np.save(DATA / "cropped8.npy", np.asarray(cropped).transpose(2, 0, 1))
    image.save(DATA / "picture.png", optimize=True)
    image.convert("L").save(DATA / "gray.png", optimize=True)
    image.convert("RGBA").save(DATA / "alpha.png", optimize=True)
    smooth = Image.fromarray(picture(4, 4)).resize((24, 16), Image.BICUBIC)
    smooth.save(DATA / "smooth.jpg", quality=95, subsampling=0)
    np.save(DATA / "smooth.npy", np.asarray(Image.open(DATA / "smooth.jpg")))
    values = np.array([[0, 1, 2], [3, 100, 7]])
    for dtype in ("f8", "f4", "f2", "i8", "i4", "i2", "i1", "u8", "u4", "u2", "u1", "b1"):
        np.save(DATA / f"array_{dtype}.npy", values.astype(dtype))
    np.save(DATA / "array_fortran.npy", np.asfortranarray(values.astype("f4")))
    np.save(DATA / "array_scalar.npy", np.float32(2.5))
    np.save(DATA / "array_c8.npy", values.astype("c8"))
    with open(DATA / "array_v2.npy", "wb") as file:
        np.lib.format.write_array(file, values.astype("f4"), version=(2, 0))
    (DATA / "detections.json").write_text(json.dumps(detections()) + "\n")


if __name__ == "__main__":
    main()
