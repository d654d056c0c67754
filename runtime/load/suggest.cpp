#include "runtime/load/suggest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace banoff {

namespace {
/// Levenshtein distance between two words.
std::size_t edits(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substitute = diagonal + (a[i - 1] == b[j - 1] ? 0U : 1U);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substitute});
    }
  }
  return row.back();
}
}  // namespace

std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates) {
  constexpr std::size_t longest = 200;  // a hostile file may have names of any length and any number
  constexpr std::size_t most = 20'000;
  if (word.size() > longest || candidates.size() > most) return {};
  std::string_view best;
  std::size_t fewest = word.size() / 3 + 2;
  for (const std::string_view candidate : candidates) {
    const std::size_t apart =
        word.size() > candidate.size() ? word.size() - candidate.size() : candidate.size() - word.size();
    if (candidate.size() > longest || apart >= fewest) continue;
    if (const std::size_t distance = edits(word, candidate); distance < fewest && distance < word.size()) {
      fewest = distance;
      best = candidate;
    }
  }
  return best;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& candidates) {
  if (const std::string_view best = nearest(word, candidates); !best.empty()) {
    return fmt::format("; did you mean '{}'?", best);
  }
  if (candidates.empty() || candidates.size() > 16) return {};
  return fmt::format("; known: {}", fmt::join(candidates, ", "));
}

}  // namespace banoff
