// Reading small files whole, with a bound; writing files so that they appear complete or not at all.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace banoff {

/// The bytes of a regular file of at most `max_bytes`. Throws bad_input.
[[nodiscard]] std::string read_text_file(const std::filesystem::path& file, std::size_t max_bytes);

/// A file being written under a temporary name in the folder of `target`. It takes its name at commit; without a
/// commit it disappears. Throws bad_input naming the target when the folder or disk does not allow it.
class AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path target);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(std::string_view bytes);
  /// Forces the bytes to disk, so that only the renaming is left to do.
  void finish();
  void commit();

 private:
  [[noreturn]] void fail_with_errno(std::string_view what) const;

  std::filesystem::path target_;
  std::string temporary_;  ///< empty once renamed
  int descriptor_ = -1;
};

}  // namespace banoff
