"""Pictures that networks are calibrated and compared on, and what makes them inputs."""
import numpy as np
from PIL import Image

CIFAR_MEAN, CIFAR_STD = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])


def normalised(pixels, mean, std):
    """[count, height, width, 3] of bytes as a network's input."""
    return ((pixels / 255.0 - mean) / std).astype(np.float32).transpose(0, 3, 1, 2)


def cifar_pictures(data):
    """Pixels and labels of the records: a label, then the planes of red, green and blue."""
    records = np.fromfile(data / "data_cifar10/cifar10_jpeg_500.bin", np.uint8).reshape(-1, 3073)
    return records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1), records[:, 0].astype(int)


def crops(files, count, seed, size):
    """Square parts of photographs, of any size and place, as size x size pixels."""
    draw = np.random.default_rng(seed)
    pictures = []
    photos = [Image.open(file).convert("RGB") for file in files]
    for i in range(count):
        photo = photos[i % len(photos)]
        side = int(min(photo.size) * draw.uniform(0.4, 1.0))
        left, top = int(draw.integers(0, photo.width - side + 1)), int(draw.integers(0, photo.height - side + 1))
        part = photo.crop((left, top, left + side, top + side)).resize((size, size), Image.BILINEAR)
        pictures.append(np.asarray(part))
    return np.stack(pictures)


def photographs(data):
    """Those to calibrate on, and those to compare on."""
    others = sorted(f for f in (data / "data_free_photos").iterdir() if f.suffix in (".jpg", ".png"))
    return others, sorted((data / "data_detection_photos").glob("*.jpg"))


def write_pictures(pixels, folder):
    folder.mkdir()
    for i, picture in enumerate(pixels):
        Image.fromarray(picture).save(folder / f"{i:04}.png")
