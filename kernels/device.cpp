#include "kernels/device.hpp"

namespace banoff {

std::string_view name_of(Layout layout) noexcept {
  switch (layout) {
    case Layout::plain: return "nchw";
    case Layout::channels_last: return "nhwc";
    case Layout::blocked8: return "nChw8c";
    case Layout::blocked16: return "nChw16c";
  }
  return "?";
}

}  // namespace banoff
