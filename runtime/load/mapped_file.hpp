// A file mapped into memory, read-only.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>

namespace banoff {

/// The mapping lives as long as the object. A file that another process truncates meanwhile is beyond repair (SIGBUS),
/// as with every mapped file: replace weight files by renaming, as banoff itself does.
class MappedFile {
 public:
  /// Throws bad_input when the file is missing, empty, not a regular file or cannot be mapped.
  explicit MappedFile(const std::filesystem::path& file);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return {data_, size_}; }
  /// Nobody reads this part of the file any more: its pages count as this process's memory no longer. Who reads them
  /// all the same finds them as they are in the file.
  void forget(std::span<const std::byte> part) const noexcept;

 private:
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace banoff
