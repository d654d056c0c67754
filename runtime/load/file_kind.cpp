#include "runtime/load/file_kind.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>
#include <string>

#include "runtime/core/fail.hpp"

namespace banoff {

namespace {

struct Signature {
  std::size_t at;
  std::string_view bytes, what;
};

/// What is given for a network by mistake, and what to do with it.
constexpr std::array signatures{
    Signature{0, "PK\x03\x04", "a zip archive, as PyTorch's checkpoints are; export the network to ONNX"},
    Signature{0, "\x89HDF", "an HDF5 file, as Keras's are; export the network to ONNX"},
    Signature{4, "TFL3", "a TensorFlow Lite network; export the original to ONNX"},
    Signature{8, "{\"", "a safetensors file, which holds weights alone: give the .yaml of their network"},
    Signature{0, "\x93NUMPY", "a NumPy array: give it by --input"},
    Signature{0, "\x89PNG", "a picture: give it by --image"},
    Signature{0, "\xFF\xD8\xFF", "a picture: give it by --image"},
    Signature{0, "\x1F\x8B", "packed by gzip; unpack it"},
    Signature{0, "version https://git-lfs", "a pointer of Git LFS in place of the file; fetch it (git lfs pull)"},
};

std::string beginning(const std::filesystem::path& file) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(file, error)) return {};
  std::string bytes(4096, '\0');
  std::ifstream stream(file, std::ios::binary);
  stream.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(std::max<std::streamsize>(stream.gcount(), 0)));
  return bytes;
}

bool is_called_onnx(const std::filesystem::path& file) {
  std::string ending = file.extension().string();
  for (char& c : ending) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return ending == ".onnx";
}

}  // namespace

bool is_text(std::string_view bytes) {
  if (bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF")) return true;  // UTF-16, which YAML may be in
  return std::ranges::all_of(bytes, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 ? byte != 0x7F : c == '\t' || c == '\n' || c == '\r';
  });
}

FileKind kind_of(const std::filesystem::path& file) {
  const std::string bytes = beginning(file);
  const bool called_onnx = is_called_onnx(file);
  if (bytes.empty()) return called_onnx ? FileKind::onnx : FileKind::yaml;
  for (const Signature& signature : signatures) {
    if (bytes.size() < signature.at || !std::string_view(bytes).substr(signature.at).starts_with(signature.bytes))
      continue;
    if (signature.at > 0 && is_text(bytes)) continue;
    fail_input("{}: no network, but {}", file.string(), signature.what);
  }
  if (!is_text(bytes)) return FileKind::onnx;
  if (called_onnx) {
    fail_input("{}: not an ONNX model but a text; a network in YAML is called .yaml", file.string());
  }
  return FileKind::yaml;
}

}  // namespace banoff
