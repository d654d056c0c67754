#!/usr/bin/env python3
"""Writes pictures of every kind that PNG and JPEG have, and what they show (data/pictures).

What a PNG shows is known from how it was made; what a JPEG shows is Pillow's word. Needs Pillow, NumPy and, for a YCCK
JPEG, which Pillow does not write, libturbojpeg.so.0.
"""
import ctypes
import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

DATA = Path(__file__).resolve().parent / "data" / "pictures"
GRAY, RGB, PALETTE, GRAY_ALPHA, RGBA = 0, 2, 3, 4, 6


def chunk(kind, content):
    """A chunk of a PNG file."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def packed_rows(samples, bits):
    """Rows of samples [height, width, channels] as PNG stores them, unfiltered."""
    rows = samples.reshape(len(samples), -1)
    if bits == 16:
        packed = rows.astype(">u2").view(np.uint8).reshape(len(rows), -1)
    else:
        each = (rows[:, :, None] >> np.arange(bits - 1, -1, -1)) & 1
        packed = np.packbits(each.reshape(len(rows), -1).astype(np.uint8), axis=1)
    return b"".join(b"\0" + row.tobytes() for row in packed)


def png(samples, kind, bits, interlaced=False, before=b""):
    """A PNG file; `before` are chunks that come before the pixels."""
    height, width = samples.shape[:2]
    if interlaced:
        passes = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]
        parts = [samples[top::down, left::across] for top, left, down, across in passes]
        data = b"".join(packed_rows(part, bits) for part in parts if part.size)
    else:
        data = packed_rows(samples, bits)
    header = struct.pack(">IIBBBBB", width, height, bits, kind, 0, 0, int(interlaced))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + before + chunk(b"IDAT", zlib.compress(data, 9))
            + chunk(b"IEND", b""))


def save(name, file, shown):
    """A picture and what it shows, 8-bit [height, width, channels]."""
    (DATA / name).write_bytes(file)
    np.save(DATA / (name + ".npy"), shown.reshape(*shown.shape[:2], -1).astype(np.uint8))


def noise(channels, most, height=11, width=13):
    """Pixels from 0 to `most`."""
    return np.random.default_rng(channels * 131 + most).integers(0, most + 1, (height, width, channels))


def write_pngs():
    """Every colour type and depth."""
    for bits in (1, 2, 4, 8):
        most = 2 ** bits - 1
        gray = noise(1, most)
        save(f"gray{bits}.png", png(gray, GRAY, bits), gray * (255 // most))
        colours = np.random.default_rng(bits).integers(0, 256, (2 ** bits, 3))
        palette = chunk(b"PLTE", colours.astype(np.uint8).tobytes())
        save(f"palette{bits}.png", png(gray, PALETTE, bits, before=palette), colours[gray[:, :, 0]])
    save("gray16.png", png(noise(1, 65535), GRAY, 16), noise(1, 65535) >> 8)
    save("rgb16.png", png(noise(3, 65535), RGB, 16), noise(3, 65535) >> 8)
    save("gray_alpha8.png", png(noise(2, 255), GRAY_ALPHA, 8), noise(2, 255)[:, :, :1])
    save("gray_alpha16.png", png(noise(2, 65535), GRAY_ALPHA, 16), noise(2, 65535)[:, :, :1] >> 8)
    save("rgba8.png", png(noise(4, 255), RGBA, 8), noise(4, 255)[:, :, :3])
    save("rgba16.png", png(noise(4, 65535), RGBA, 16), noise(4, 65535)[:, :, :3] >> 8)
    save("interlaced.png", png(noise(3, 255), RGB, 8, interlaced=True), noise(3, 255))
    save("transparent.png", png(noise(1, 3), GRAY, 2, before=chunk(b"tRNS", b"\0\1")), noise(1, 3) * 85)
    turned = b"II*\0\x08\0\0\0\1\0" + struct.pack("<HHIHH", 0x112, 3, 1, 6, 0) + bytes(4)
    save("turned.png", png(noise(3, 255), RGB, 8, before=chunk(b"eXIf", turned)), np.rot90(noise(3, 255), -1))


def ycck(inks):
    """A JPEG of inverted CMYK pixels, stored as YCCK."""
    library = ctypes.CDLL("libturbojpeg.so.0")
    library.tjInitCompress.restype = ctypes.c_void_p
    handle = ctypes.c_void_p(library.tjInitCompress())
    file, size = ctypes.c_void_p(), ctypes.c_ulong()
    pixels = np.ascontiguousarray(inks)
    cmyk_format, full_colour = 11, 0
    failed = library.tjCompress2(handle, pixels.ctypes.data_as(ctypes.c_void_p), inks.shape[1], 0, inks.shape[0], cmyk_format,
                                 ctypes.byref(file), ctypes.byref(size), full_colour, 95, 0)
    assert failed == 0
    return ctypes.string_at(file, size.value)


def without_adobe(file):
    """A JPEG file less its APP14 segment."""
    at = file.index(b"\xff\xee")
    return file[:at] + file[at + 2 + int.from_bytes(file[at + 2:at + 4], "big"):]


def write_jpegs():
    """Grey, ink and turned ones, all smooth: Pillow's decoder may round otherwise."""
    smooth = Image.fromarray(noise(4, 255, 4, 4).astype(np.uint8)).resize((24, 16), Image.BICUBIC)
    inks = Image.merge("CMYK", smooth.split())
    files = {"gray.jpg": smooth.convert("L"), "cmyk.jpg": inks, "progressive.jpg": smooth.convert("RGB")}
    for name, image in files.items():
        image.save(DATA / name, quality=95, progressive=name == "progressive.jpg")
    (DATA / "ycck.jpg").write_bytes(ycck(255 - np.asarray(inks)))
    (DATA / "cmyk_unmarked.jpg").write_bytes(without_adobe((DATA / "cmyk.jpg").read_bytes()))
    for name in (*files, "ycck.jpg", "cmyk_unmarked.jpg"):
        image = Image.open(DATA / name)
        image = image if image.mode == "L" else image.convert("RGB")
        save(name, (DATA / name).read_bytes(), np.asarray(image))
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x112] = orientation
        name = f"orientation{orientation}.jpg"
        smooth.convert("RGB").save(DATA / name, quality=95, subsampling=0, exif=exif)
        save(name, (DATA / name).read_bytes(), np.asarray(ImageOps.exif_transpose(Image.open(DATA / name))))


if __name__ == "__main__":
    DATA.mkdir(parents=True, exist_ok=True)
    write_pngs()
    write_jpegs()
