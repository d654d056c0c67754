// How a camera was held: the orientation that EXIF data tell.
#pragma once

#include <span>

#include "banoff/task/image.hpp"

namespace banoff::exif {

/// Which way rows and columns are stored, by EXIF's numbers: 1 as they are, 2 mirrored, 3 upside down, 4 both, 5 to 8
/// the same with rows and columns exchanged. 1 where `tiff`, the TIFF structure that EXIF is kept in, says nothing or
/// makes no sense.
[[nodiscard]] int orientation(std::span<const unsigned char> tiff);

/// The picture the right way up.
[[nodiscard]] Image upright(Image image, int orientation);

}  // namespace banoff::exif
