// What the values of a network are like, as far as its parameters tell.
#pragma once

#include <cmath>
#include <optional>
#include <vector>

#include "folding/optimal/problem.hpp"

namespace banoff::gauge {

/// Typical values of a channel: about `center`, give or take `spread`.
struct Typical {
  double center = 0, spread = 0;
  double noise = 0;  ///< size of the numbers whose rounding it carries in the network as it is
  [[nodiscard]] double size(double offset) const { return std::abs(center + offset) + spread; }
};

/// Told by the statistics of batch norms: |mean| and sigma before them, |beta| and |gamma| behind; 0 and 1 behind other
/// norms. Carried on over other maps per channel; what is known on neither side of such a map is taken to be normalised
/// by it, 0 and 1 behind it. Else the widest of what shares the scale.
class Statistics {
 public:
  Statistics(const System& system, const Problem& problem);
  /// Null where nothing is known.
  [[nodiscard]] const Typical* of(ClassId offset_class) const;

 private:
  void note_norm(const Node& norm);
  void note_normalized(const Node& norm);
  void carry_forward(const Node& affine);
  void carry_back(const Node& affine);
  template <class F>
  void for_channels(const Node& affine, F&& f) const;
  void note(VarId var, const Typical& typical);
  void note_scale(VarId var, const Typical& typical);

  const System& system_;
  const Problem& problem_;
  std::vector<std::optional<Typical>> by_offset_, by_scale_;  ///< by class
};

}  // namespace banoff::gauge
