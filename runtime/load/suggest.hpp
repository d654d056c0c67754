// "Did you mean …?": the nearest of the names that would have been right.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace banoff {

/// The candidate with the fewest single-character edits from `word`, or empty if none is close.
[[nodiscard]] std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates);

/// "; did you mean 'stride'?", or "; known: a, b, c" when nothing is close and the list is short.
[[nodiscard]] std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& candidates);

}  // namespace banoff
