// Which kind of network a file holds, by what is in it and not by how it is called.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

namespace banoff {

enum class FileKind : std::uint8_t { yaml, onnx };

/// Whether these bytes can begin a text: no control characters but those that lines are made of.
[[nodiscard]] bool is_text(std::string_view bytes);

/// ONNX where the file is no text, else YAML; of one that is empty or cannot be read the ending counts, so that its
/// reader tells what is wrong. Throws bad_input for a text that is called .onnx, and for files of other programs.
[[nodiscard]] FileKind kind_of(const std::filesystem::path& file);

}  // namespace banoff
