"""How inputs and attributes are drawn: resize and Upsample."""
import numpy as np

from draw import drawn


RESIZE_AT = {11: ("half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric", "tf_half_pixel_for_nn", "tf_crop_and_resize"),
             13: ("half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric", "tf_crop_and_resize"),
             19: ("half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners", "asymmetric", "tf_crop_and_resize")}


@drawn("Upsample")
def upsample(d):
    mode = d.deal("mode", ("nearest", "linear"))
    shape = d.shape(4)
    dtype = d.type(only="f") if mode == "linear" else d.type()
    scales = [1.0, 1.0, *(d.rng.choice((1.0, 1.5, 2.0, 2.7, 3.0)) for _ in range(2))]
    d.live(d.values(dtype, shape, odd=False))
    d.maybe("mode", mode) if mode == "nearest" else d.put("mode", mode)
    d.put("scales", scales)
    if d.opset >= 9:
        d.known(np.float32(scales))


@drawn("Resize")
def resize(d):
    if d.opset == 10:
        return upsample_like(d)
    mode = d.deal("mode", ("nearest", "linear", "cubic"))
    rank = 4 if mode != "nearest" else d.deal("rank", (1, 2, 3, 4, 5))
    shape = d.shape(rank)
    shape[-1] += 2
    dtype = d.type("T1", "f") if mode != "nearest" else d.type("T1")
    first = 2 if rank >= 3 else 0
    places = RESIZE_AT[11 if d.opset < 13 else 13 if d.opset < 19 else 19]
    where_ = d.deal("places", places)
    scales = [1.0] * first + [d.rng.choice((0.5, 0.6, 1.0, 1.3, 2.0, 2.5, 3.0)) for _ in range(rank - first)]
    scales = [each if size * each >= 1 else 1.0 for each, size in zip(scales, shape)]
    sizes = shape[:first] + [d.rng.choice((1, 2, 3, 4, 5, 7, 9, 11)) for _ in range(rank - first)]
    by_size = d.some("sizes")
    axes = list(range(first, rank)) if d.opset >= 18 and d.some("axes") else None
    if axes:
        scales, sizes = scales[first:], sizes[first:]
        d.attributes["axes"] = [each - rank if d.rng.random() < 0.3 else each for each in axes]
    d.live(d.values(dtype, shape, odd=False))
    if where_ == "tf_crop_and_resize":
        count = len(scales)
        begins = [0.0] * (count - (rank - first)) + [d.rng.choice((0.0, 0.25, -0.2)) for _ in range(rank - first)]
        ends = [1.0] * (count - (rank - first)) + [d.rng.choice((1.0, 0.75, 1.3)) for _ in range(rank - first)]
        d.known(np.float32(begins + ends))
        d.maybe("extrapolation_value", 2.5)
    elif d.opset >= 13:
        d.absent()
    else:
        d.known(np.zeros(0, np.float32))
    if by_size:
        d.absent() if d.opset >= 13 else d.known(np.zeros(0, np.float32))
        d.integers(sizes)
        from_, least = shape[-len(sizes):], min(size / old for size, old in zip(sizes, shape[-len(sizes):]))
        if d.opset >= 18 and d.some("policy") and min(from_) * least >= 0.5:  # nothing may become empty
            d.attributes["keep_aspect_ratio_policy"] = d.deal("policy", ("stretch", "not_larger", "not_smaller"))
    else:
        d.known(np.float32(scales))
    d.maybe("coordinate_transformation_mode", where_) if where_ == "half_pixel" else d.put("coordinate_transformation_mode", where_)
    d.put("mode", mode)
    if mode == "nearest":
        d.put("nearest_mode", d.deal("rounding", ("round_prefer_floor", "round_prefer_ceil", "floor", "ceil")))
    if mode == "cubic":
        d.maybe("cubic_coeff_a", -0.5)
    if mode != "nearest":
        d.maybe("exclude_outside", d.flag("exclude") if mode == "cubic" else 0)
        d.maybe("antialias", d.flag("antialias"))


def upsample_like(d):
    mode = d.deal("mode", ("nearest", "linear"))
    shape = d.shape(4)
    scales = np.float32([1, 1, *(d.rng.choice((0.5, 1, 1.5, 2, 3)) for _ in range(2))])
    scales = np.where(scales * shape >= 1, scales, np.float32(1))
    d.live(d.values(d.type(only="f") if mode == "linear" else d.type(), shape, odd=False))
    d.known(scales)
    d.put("mode", mode)
