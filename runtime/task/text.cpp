#include "runtime/task/text.hpp"

#include <cstring>
#include <string>

#include <stb_easy_font.h>

#include "banoff/task/draw.hpp"

namespace banoff {
namespace {

/// What the font can draw; one '?' for each character of UTF-8 beyond ASCII.
std::string printable(std::string_view text) {
  std::string ascii;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0U) == 0x80U) continue;
    ascii += byte >= 32 && byte < 127 ? c : '?';
  }
  return ascii;
}

/// The font's vertices: four make a rectangle, of which the first and the third are opposite corners.
struct Vertex {
  float x, y, z;
  unsigned char colour[4];
};

}  // namespace

std::int64_t text_width(std::string_view text, std::int64_t size) {
  std::string ascii = printable(text);
  return stb_easy_font_width(ascii.data()) * size;
}

void draw_text(Image& image, std::int64_t x, std::int64_t y, std::string_view text, Colour colour, std::int64_t size) {
  std::string ascii = printable(text);
  std::vector<Vertex> vertices(4 * 40 * (ascii.size() + 1));  // no glyph has 40 strokes
  const auto bytes = static_cast<int>(vertices.size() * sizeof(Vertex));
  const int quads = stb_easy_font_print(0, 0, ascii.data(), nullptr, vertices.data(), bytes);
  for (int i = 0; i < quads; ++i) {
    const Vertex& low = vertices[static_cast<std::size_t>(4 * i)];
    const Vertex& high = vertices[static_cast<std::size_t>(4 * i + 2)];
    fill_rectangle(image, x + static_cast<std::int64_t>(low.x) * size, y + static_cast<std::int64_t>(low.y) * size,
                   x + static_cast<std::int64_t>(high.x) * size, y + static_cast<std::int64_t>(high.y) * size, colour);
  }
}

}  // namespace banoff
