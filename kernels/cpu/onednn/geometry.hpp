// A convolution's windows and weights as oneDNN is told of them.
#pragma once

#include "kernels/cpu/onednn/compat.hpp"
#include "runtime/graph/signature.hpp"

namespace banoff::onednn {

/// oneDNN's arguments of a window: rank 1 gets a height of 1, dilation counts the gaps.
struct Geometry {
  Dims kernel, stride, dilation, pad_begin, pad_end;
};

[[nodiscard]] inline Geometry geometry(std::vector<Window> windows) {
  if (windows.size() == 1) windows.insert(windows.begin(), Window{1, 1, 1, 1, 1, 0, 0});
  Geometry g;
  for (const Window& w : windows) {
    g.kernel.push_back(w.kernel);
    g.stride.push_back(w.stride);
    g.dilation.push_back(w.dilation - 1);
    g.pad_begin.push_back(w.pad_begin);
    g.pad_end.push_back(w.pad_end);
  }
  return g;
}

/// The shape of weights [groups, out, in, kernel…], groups left out when there is one.
struct WeightShape {
  std::int64_t groups = 1, out = 1, in = 1;

  [[nodiscard]] Dims dims(const Dims& kernel) const {
    Dims d = groups > 1 ? Dims{groups, out, in} : Dims{out, in};
    d.insert(d.end(), kernel.begin(), kernel.end());
    return d;
  }
};

[[nodiscard]] inline dnnl::memory::format_tag weights_tag(bool grouped, std::size_t rank) {
  using Tag = dnnl::memory::format_tag;
  if (rank == 2) return grouped ? Tag::goihw : Tag::oihw;
  return grouped ? Tag::goidhw : Tag::oidhw;
}

}  // namespace banoff::onednn
