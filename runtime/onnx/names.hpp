// Names from a file, which may be any bytes.
#pragma once

#include <string>
#include <string_view>

namespace banoff::onnx_import {

/// Bytes of the character at the beginning of a text in UTF-8 (RFC 3629): 1 to 4; 0 where there is none.
[[nodiscard]] std::size_t character_length(std::string_view text);

/// Throws bad_input that says what `kind` of name it is, unless it is in UTF-8 and not empty.
void check_name(std::string_view name, std::string_view kind);

/// What people may see of a name: at most 900 bytes, whole characters, with '_' for those that are none or do not
/// print.
[[nodiscard]] std::string printable(std::string_view name);

}  // namespace banoff::onnx_import
