"""Synthetic scenes: digit scans, turned, scaled and coloured, on a textured canvas."""
import numpy as np
import torch
import torch.nn.functional as F

import data

SIZE = 96
INK = 0.4  # a pixel belongs to a digit where its ink exceeds this
MEAN, STD = 0.5, 0.25


def _upsampling(coarse):
    """The matrix [SIZE, coarse] of linear interpolation."""
    at = np.linspace(0, coarse - 1, SIZE)
    return np.maximum(0, 1 - np.abs(at[:, None] - np.arange(coarse)[None]))


_COARSE = {n: _upsampling(n) for n in (3, 6, 12)}
_ROWS, _COLUMNS = np.mgrid[0:SIZE, 0:SIZE] + 0.5


def glyphs_of(scans):
    """Scans with a margin of one, 4 times larger and smooth: [n, 40, 40] in 0..1."""
    padded = F.pad(torch.from_numpy(scans).float()[:, None] / 255, (1, 1, 1, 1))
    large = F.interpolate(padded, scale_factor=4, mode="bicubic", align_corners=False)
    return large[:, 0].clamp(0, 1).numpy()


def _background(rng):
    """A canvas of clouds, stripes and grain around one colour, in 0..255."""
    canvas = np.broadcast_to(rng.uniform(30, 225, 3), (SIZE, SIZE, 3)).copy()
    for n, up in _COARSE.items():
        clouds = rng.normal(0, rng.uniform(2, 16), (n, n, 1)) + rng.normal(0, 6, (n, n, 3))
        canvas += np.tensordot(up, np.tensordot(clouds, up, (1, 1)), (1, 0)).transpose(0, 2, 1)
    angle, wave = rng.uniform(0, np.pi), rng.uniform(4, 24)
    phase = (np.cos(angle) * _COLUMNS + np.sin(angle) * _ROWS) * (2 * np.pi / wave)
    canvas += rng.uniform(0, 14) * np.sin(phase + rng.uniform(0, 6))[..., None]
    return canvas + rng.normal(0, rng.uniform(1, 4), (SIZE, SIZE, 1))


def _sample(glyph, y, x):
    """Linear interpolation of a glyph at (y, x), 0 outside."""
    y, x = np.clip(y, 0, 38.999), np.clip(x, 0, 38.999)
    row, column = y.astype(int), x.astype(int)
    fy, fx = y - row, x - column
    return ((glyph[row, column] * (1 - fx) + glyph[row, column + 1] * fx) * (1 - fy)
            + (glyph[row + 1, column] * (1 - fx) + glyph[row + 1, column + 1] * fx) * fy)


def _place(rng, glyph, taken):
    """(window, ink and mask in it, box) of a glyph at a free place, or None."""
    size = np.exp(rng.uniform(np.log(16), np.log(42)))
    angle, aspect = rng.uniform(-0.25, 0.25), rng.uniform(0.9, 1.1)
    cos, sin = np.cos(angle), np.sin(angle)
    for _ in range(12):
        cy, cx = rng.uniform(size * 0.45, SIZE - size * 0.45, 2)
        top, left = max(0, int(cy - size * 0.8)), max(0, int(cx - size * 0.8))
        window = np.s_[top:int(cy + size * 0.8) + 1, left:int(cx + size * 0.8) + 1]
        dy, dx = _ROWS[window] - cy, _COLUMNS[window] - cx
        y = (cos * dy - sin * dx) * 32 / size + 19.5
        x = (sin * dy + cos * dx) * 32 / (size * aspect) + 19.5
        ink = _sample(glyph, y, x)
        rows = np.flatnonzero((ink > INK).any(1)) + top
        columns = np.flatnonzero((ink > INK).any(0)) + left
        if not len(rows):
            return None
        box = [int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1]
        if all(box[0] > b[2] or b[0] > box[2] or box[1] > b[3] or b[1] > box[3] for b in taken):
            return window, np.clip((ink - INK) * size / 8 + 0.5, 0, 1), ink > INK, box
    return None


def make_scene(rng, glyphs, labels, count):
    """(image [SIZE, SIZE, 3] uint8, mask [SIZE, SIZE] uint8, [{label, box}]).

    The mask holds 0 for the background and label + 1 for a digit.
    """
    canvas, mask, objects = _background(rng), np.zeros((SIZE, SIZE), np.uint8), []
    for glyph, label in zip(glyphs[:count], labels[:count]):
        placed = _place(rng, glyph, [o["box"] for o in objects])
        if placed is None:
            continue
        window, alpha, inside, box = placed
        behind = canvas[box[1]:box[3], box[0]:box[2]].mean((0, 1))
        colour = rng.uniform(0, 255, 3)
        while np.abs((colour - behind) @ [0.3, 0.6, 0.1]) < 60:
            colour = rng.uniform(0, 255, 3)
        grain = colour + rng.normal(0, 4, (*alpha.shape, 1))
        canvas[window] += alpha[..., None] * (grain - canvas[window])
        mask[window][inside] = label + 1
        objects.append({"label": int(label), "box": box})
    return np.clip(np.rint(canvas), 0, 255).astype(np.uint8), mask, objects


def make_scenes(part, n, seed, tries=(4, 9)):
    """n scenes of `tries` digits (fewer if crowded), from the scans of a part in random order."""
    rng = np.random.RandomState(seed)
    scans, labels = data.scans_of(part)
    glyphs, order, scenes = glyphs_of(scans), [], []
    for _ in range(n):
        count = rng.randint(*tries)
        if len(order) < count:
            order = list(rng.permutation(len(labels)))
        pick, order = order[:count], order[count:]
        scenes.append(make_scene(rng, glyphs[pick], labels[pick], count))
    return scenes


def held_out_scenes():
    """The 40 scenes that are shipped as files."""
    return make_scenes("held", 40, 101)


def network_input(images):
    """8-bit images [n, H, W, 3] as the network's input [n, 3, H, W]: the YAML's `preprocess`."""
    pixels = torch.from_numpy(np.ascontiguousarray(images)).permute(0, 3, 1, 2).float()
    return (pixels / 255 - MEAN) / STD


def recolour(images, generator):
    """Random channel order, negative and contrast of normalised images."""
    n = len(images)
    order = torch.rand(n, 3, generator=generator).argsort(1)
    images = torch.gather(images, 1, order[:, :, None, None].expand_as(images))
    sign = torch.where(torch.rand(n, 1, 1, 1, generator=generator) < 0.5, -1.0, 1.0)
    return images * sign * (0.8 + 0.3 * torch.rand(n, 1, 1, 1, generator=generator))
