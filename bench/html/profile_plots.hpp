// Profiles of one network, folded in several ways, as pictures.
#pragma once

#include <map>
#include <span>
#include <string>

#include "bench/profile/profile.hpp"

namespace banoff::bench {

/// A colour for every kind of kernel that the profiles have, the dearest first; changes of layout are grey.
class KindColours {
 public:
  explicit KindColours(std::span<const Profile> profiles);
  [[nodiscard]] const std::vector<std::string>& kinds() const { return kinds_; }
  [[nodiscard]] const std::string& of(const std::string& kind) const { return colours_.at(kind); }

 private:
  std::vector<std::string> kinds_;
  std::map<std::string, std::string> colours_;
};

/// The way of folding as the plots call it.
[[nodiscard]] std::string way_in_plot(const Profile& profile);

/// A bar per profile: all of its kernels, by kind.
[[nodiscard]] std::string net_svg(std::span<const Profile> profiles, const KindColours& colours);
/// A row per layer with a bar for each profile, in which every kernel is a part.
[[nodiscard]] std::string layers_svg(std::span<const Profile> profiles, const KindColours& colours);

}  // namespace banoff::bench
