// Text in HTML.
#pragma once

#include <string>
#include <string_view>

namespace banoff::bench {

/// The text as HTML content or as a quoted attribute's value: markup characters replaced, control characters and
/// malformed UTF-8 shown as U+FFFD.
[[nodiscard]] std::string escaped(std::string_view text);

}  // namespace banoff::bench
