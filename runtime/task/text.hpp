// Small text on pictures, in a bitmap font of ASCII characters.
#pragma once

#include <string_view>

#include "banoff/task/image.hpp"

namespace banoff {

inline constexpr std::int64_t text_height = 10;  ///< pixels of one line at size 1, descenders included

[[nodiscard]] std::int64_t text_width(std::string_view text, std::int64_t size = 1);

/// Draws with the top left corner at (x, y), clipped to the picture. Characters other than ASCII become '?'.
void draw_text(Image& image, std::int64_t x, std::int64_t y, std::string_view text, Colour colour,
               std::int64_t size = 1);

}  // namespace banoff
