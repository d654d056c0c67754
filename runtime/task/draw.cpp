#include "banoff/task/draw.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "banoff/task/classification.hpp"
#include "runtime/core/fail.hpp"
#include "runtime/task/text.hpp"

namespace banoff {
namespace {

/// Magnification of text and lines, so that they stay readable on large pictures.
std::int64_t stroke_for(const Image& image) {
  return std::max<std::int64_t>(1, std::min(image.height, image.width) / 400);
}

/// Black or white, whichever can be read on `colour`.
Colour ink_on(Colour colour) {
  const bool light = 299 * colour[0] + 587 * colour[1] + 114 * colour[2] > 128'000;
  return light ? Colour{0, 0, 0} : Colour{255, 255, 255};
}

/// Mixes a colour into a pixel.
void blend(std::uint8_t* pixel, Colour colour, double alpha) {
  for (std::size_t c = 0; c < 3; ++c) {
    pixel[c] = static_cast<std::uint8_t>(std::lround((1 - alpha) * pixel[c] + alpha * colour[c]));
  }
}

void fill_mask(Image& image, const InstanceMask& mask, Colour colour) {
  constexpr double alpha = 0.5;
  for (std::int64_t i = 0; i < mask.height; ++i) {
    for (std::int64_t j = 0; j < mask.width; ++j) {
      const std::int64_t y = mask.y + i, x = mask.x + j;
      const bool inside = y >= 0 && y < image.height && x >= 0 && x < image.width;
      if (inside && mask.covered[static_cast<std::size_t>(i * mask.width + j)] != 0) {
        blend(image.at(y, x), colour, alpha);
      }
    }
  }
}

void draw_frame(Image& image, std::int64_t x1, std::int64_t y1, std::int64_t x2, std::int64_t y2, Colour colour,
                std::int64_t stroke) {
  fill_rectangle(image, x1, y1, x2, y1 + stroke, colour);
  fill_rectangle(image, x1, y2 - stroke, x2, y2, colour);
  fill_rectangle(image, x1, y1, x1 + stroke, y2, colour);
  fill_rectangle(image, x2 - stroke, y1, x2, y2, colour);
}

/// A landmark as a small square; one that is far outside, or no number, is not drawn.
void draw_point(Image& image, Point point, Colour colour, std::int64_t stroke) {
  const bool inside = point.x >= 0 && point.x < static_cast<double>(image.width) && point.y >= 0 &&
                      point.y < static_cast<double>(image.height);
  if (!inside) return;
  const auto x = static_cast<std::int64_t>(point.x), y = static_cast<std::int64_t>(point.y);
  fill_rectangle(image, x - stroke, y - stroke, x + stroke + 1, y + stroke + 1, colour);
}

struct Entry {
  Colour colour;
  std::string text;
};

/// A white strip below the picture with a coloured square and a name per entry, in as many lines as it takes.
Image with_legend(const Image& image, const std::vector<Entry>& entries) {
  const std::int64_t size = stroke_for(image), line = (text_height + 4) * size, square = text_height * size;
  const auto width_of = [&](const Entry& entry) { return square + text_width(entry.text, size) + 10 * size; };
  std::vector<std::pair<std::int64_t, std::int64_t>> corners;
  std::int64_t x = 2 * size, y = image.height + 2 * size;
  for (const Entry& entry : entries) {
    if (x > 2 * size && x + width_of(entry) > image.width) {
      x = 2 * size;
      y += line;
    }
    corners.emplace_back(x, y);
    x += width_of(entry);
  }
  Image result(entries.empty() ? image.height : y + line, image.width, 3);
  std::ranges::fill(result.pixels, std::uint8_t{255});
  std::ranges::copy(image.pixels, result.pixels.begin());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto [left, top] = corners[i];
    fill_rectangle(result, left, top, left + square, top + square, entries[i].colour);
    draw_text(result, left + square + 3 * size, top + size, entries[i].text, {0, 0, 0}, size);
  }
  return result;
}

}  // namespace

void fill_rectangle(Image& image, std::int64_t x1, std::int64_t y1, std::int64_t x2, std::int64_t y2, Colour colour) {
  for (std::int64_t y = std::max<std::int64_t>(y1, 0); y < std::min(y2, image.height); ++y) {
    for (std::int64_t x = std::max<std::int64_t>(x1, 0); x < std::min(x2, image.width); ++x) {
      std::ranges::copy(colour, image.at(y, x));
    }
  }
}

Image draw_detections(const Image& image, std::span<const Detection> found, const Task& task,
                      std::span<const InstanceMask> masks) {
  if (!masks.empty() && masks.size() != found.size()) {
    fail_internal("{} masks for {} detections", masks.size(), found.size());
  }
  Image canvas = to_rgb(image);
  const std::int64_t size = stroke_for(image);
  // Captions would hide the next line of a page.
  const bool captions = task.decoding.decoder != Decoder::dbnet;
  // Worst first, so that the best lie on top.
  for (auto it = found.rbegin(); it != found.rend(); ++it) {
    const Colour colour = colour_of(task, it->label);
    if (!masks.empty()) fill_mask(canvas, masks[static_cast<std::size_t>(found.rend() - it) - 1], colour);
    const std::int64_t x1 = std::llround(it->box.x1), y1 = std::llround(it->box.y1);
    draw_frame(canvas, x1, y1, std::llround(it->box.x2), std::llround(it->box.y2), colour, size);
    for (const Point& point : it->landmarks) draw_point(canvas, point, colour, size);
    if (!captions) continue;
    const std::string text = fmt::format("{} {:.2f}", label_of(task, it->label), it->score);
    const std::int64_t height = text_height * size, width = text_width(text, size) + 2 * size;
    const std::int64_t left = std::clamp<std::int64_t>(x1, 0, std::max<std::int64_t>(canvas.width - width, 0));
    const std::int64_t top = y1 >= height ? y1 - height : y1;
    fill_rectangle(canvas, left, top, left + width, top + height, colour);
    draw_text(canvas, left + size, top + size, text, ink_on(colour), size);
  }
  return canvas;
}

Image draw_mask(const Image& image, const Mask& mask, const Task& task, double alpha) {
  Image canvas = to_rgb(image);
  if (mask.height != image.height || mask.width != image.width) {
    fail_internal("a mask of {}x{} for a picture of {}x{}", mask.width, mask.height, image.width, image.height);
  }
  std::array<Colour, Mask::unknown + 1> colours{};  // of what is unknown: black
  for (std::size_t index = 0; index < Mask::unknown; ++index) {
    colours[index] = colour_of(task, static_cast<std::int64_t>(index));
  }
  constexpr Colour black{0, 0, 0};
  std::vector<std::size_t> counts(colours.size());
  for (std::size_t i = 0; i < mask.classes.size(); ++i) {
    const std::uint8_t index = mask.classes[i];
    ++counts[index];
    if (colours[index] != black) blend(&canvas.pixels[3 * i], colours[index], alpha);
  }
  std::vector<Entry> entries;
  for (std::size_t index = 0; index < Mask::unknown; ++index) {
    if (counts[index] == 0 || colours[index] == black) continue;
    entries.push_back({colours[index], label_of(task, static_cast<std::int64_t>(index))});
  }
  return with_legend(canvas, entries);
}

}  // namespace banoff
