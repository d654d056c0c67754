// Rows and columns of text, to be printed in any form.
#pragma once

#include <string>
#include <vector>

namespace banoff::bench {

struct Grid {
  std::string title;
  std::vector<std::string> head;
  std::vector<std::vector<std::string>> rows;
  std::size_t left = 1;  ///< columns of text, the first ones, are left-aligned, the others right
};

[[nodiscard]] std::string to_text(const Grid& grid);
[[nodiscard]] std::string to_markdown(const Grid& grid);
[[nodiscard]] std::string to_html(const Grid& grid);

/// The length in characters of a UTF-8 text.
[[nodiscard]] std::size_t length_of(const std::string& text);

}  // namespace banoff::bench
