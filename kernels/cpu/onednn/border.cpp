#include "kernels/cpu/onednn/border.hpp"

#include <algorithm>
#include <array>
#include <compare>

#include "kernels/cpu/loop_kernel.hpp"
#include "kernels/cpu/parallel.hpp"
#include "runtime/core/round_up.hpp"

namespace banoff::onednn {

namespace {

/// The taps of a window that lie inside the input, [first, last).
struct Inside {
  std::int64_t first, last;
  auto operator<=>(const Inside&) const = default;
};

/// One spatial dimension: which taps lie inside, by output position.
struct Axis {
  explicit Axis(const Window& w) : taps(w.kernel) {
    for (std::int64_t o = 0; o < w.output; ++o) {
      const std::int64_t start = o * w.stride - w.pad_begin;
      // The least k with start + k * dilation >= bound.
      const auto reaches = [&](std::int64_t bound) {
        return start >= bound ? 0 : std::min(w.kernel, (bound - start + w.dilation - 1) / w.dilation);
      };
      const Inside inside{reaches(0), reaches(w.input)};
      auto found = std::ranges::find(kinds, inside);
      if (found == kinds.end()) found = kinds.insert(kinds.end(), inside);
      kind_of.push_back(found - kinds.begin());
    }
  }
  [[nodiscard]] std::int64_t count() const { return std::ssize(kinds); }
  [[nodiscard]] bool misses(std::int64_t kind, std::int64_t tap) const {
    const Inside& inside = kinds[static_cast<std::size_t>(kind)];
    return tap < inside.first || tap >= inside.last;
  }
  [[nodiscard]] bool whole(std::int64_t kind) const { return kinds[static_cast<std::size_t>(kind)] == Inside{0, taps}; }

  std::int64_t taps;
  std::vector<Inside> kinds;
  std::vector<std::int64_t> kind_of;
};

/// Always three, of one position and one tap in front.
std::array<Axis, 3> axes_of(std::vector<Window> windows) {
  windows.insert(windows.begin(), 3 - windows.size(), Window{1, 1, 1, 1, 1, 0, 0});
  return {Axis(windows[0]), Axis(windows[1]), Axis(windows[2])};
}

template <class F>
void for_each3(std::int64_t a, std::int64_t b, std::int64_t c, const F& f) {
  for (std::int64_t i = 0; i < a; ++i) {
    for (std::int64_t j = 0; j < b; ++j) {
      for (std::int64_t k = 0; k < c; ++k) f(i, j, k, (i * b + j) * c + k);
    }
  }
}

/// What each tap adds where it reads padding: [tap][out channel].
std::vector<double> tap_values(const PaddedInput& input, std::int64_t taps, std::int64_t channels) {
  std::vector<double> result(static_cast<std::size_t>(taps * channels), 0.0);
  const std::int64_t in = std::ssize(input.values) / input.groups;
  const std::int64_t out = channels / input.groups;
  for (std::int64_t o = 0; o < channels; ++o) {
    for (std::int64_t i = 0; i < in; ++i) {
      const double value = input.values[static_cast<std::size_t>(o / out * in + i)];
      const float* weight = input.weights.data() + (o * in + i) * taps;
      for (std::int64_t t = 0; t < taps; ++t) result[static_cast<std::size_t>(t * channels + o)] += value * weight[t];
    }
  }
  return result;
}

}  // namespace

double border_share(const std::vector<Window>& spatial) {
  double interior = 1;
  for (const Window& w : spatial) {
    const Axis axis(w);
    const auto whole = std::ranges::count_if(axis.kind_of, [&](std::int64_t kind) { return axis.whole(kind); });
    interior *= static_cast<double>(whole) / static_cast<double>(std::max<std::int64_t>(w.output, 1));
  }
  return 1 - interior;
}

Border::Border(const PaddedInput& input, const Shape& output, Layout layout) : view_(blocks_of(output, layout)) {
  const auto axes = axes_of(input.spatial);
  const Axis &d = axes[0], &h = axes[1], &w = axes[2];
  const auto at = [](const Axis& axis, std::int64_t i) { return axis.kind_of[static_cast<std::size_t>(i)]; };
  for_each3(std::ssize(d.kind_of), std::ssize(h.kind_of), std::ssize(w.kind_of), [&](auto i, auto j, auto k, auto p) {
    const std::int64_t a = at(d, i), b = at(h, j), c = at(w, k);
    if (d.whole(a) && h.whole(b) && w.whole(c)) return;
    pixels_.push_back({p, (a * h.count() + b) * w.count() + c});
  });
  const std::int64_t taps = d.taps * h.taps * w.taps;
  const std::int64_t channels = view_.channels;
  const auto each = tap_values(input, taps, channels);
  values_.resize(static_cast<std::size_t>(d.count() * h.count() * w.count() * view_.padded_channels()), 0.0F);
  std::vector<double> sums(static_cast<std::size_t>(channels));
  for_each3(d.count(), h.count(), w.count(), [&](auto a, auto b, auto c, auto cell) {
    std::ranges::fill(sums, 0.0);
    for_each3(d.taps, h.taps, w.taps, [&](auto i, auto j, auto k, auto tap) {
      if (!d.misses(a, i) && !h.misses(b, j) && !w.misses(c, k)) return;
      for (std::size_t o = 0; o < sums.size(); ++o) sums[o] += each[static_cast<std::size_t>(tap * channels) + o];
    });
    for (std::size_t o = 0; o < sums.size(); ++o) {
      values_[static_cast<std::size_t>(cell * view_.padded_channels()) + o] = static_cast<float>(sums[o]);
    }
  });
}

void Border::add_to(float* y) const {
  constexpr std::int64_t chunk_elements = 8192;
  const std::int64_t lanes = view_.lanes;
  const std::int64_t step =
      std::clamp<std::int64_t>(chunk_elements / lanes, 1, std::max<std::int64_t>(view_.spatial, 1));
  const std::int64_t chunks = divide_up(view_.spatial, step);
  cpu::parallel_for(view_.n * view_.blocks * chunks, step * lanes, [&](std::int64_t task) {
    const std::int64_t plane = task / chunks;
    const std::int64_t first = task % chunks * step;
    const std::int64_t last = std::min(first + step, view_.spatial);
    float* const to = y + plane * view_.spatial * lanes;
    const float* const values = values_.data() + plane % view_.blocks * lanes;
    for (auto p = std::ranges::lower_bound(pixels_, first, {}, &Pixel::at); p != pixels_.end() && p->at < last; ++p) {
      const float* const from = values + p->cell * view_.padded_channels();
      for (std::int64_t l = 0; l < lanes; ++l) to[p->at * lanes + l] += from[l];
    }
  });
}

namespace {

class BorderedKernel final : public Kernel {
 public:
  BorderedKernel(Border border, std::unique_ptr<Kernel> kernel)
      : border_(std::move(border)), kernel_(std::move(kernel)) {}

  [[nodiscard]] std::unique_ptr<KernelState> make_state() const override { return kernel_->make_state(); }
  void run(const KernelArgs& args) const override {
    const bool before = in_place_input() != none;
    if (before) border_.add_to(cpu::output(args, 0));
    kernel_->run(args);
    if (!before) border_.add_to(cpu::output(args, 0));
  }
  [[nodiscard]] std::size_t scratch_bytes() const override { return kernel_->scratch_bytes(); }
  [[nodiscard]] std::string implementation() const override { return bordered_name(kernel_->implementation()); }
  [[nodiscard]] std::size_t weight_bytes() const override { return kernel_->weight_bytes() + border_.bytes(); }
  [[nodiscard]] int in_place_input() const override { return kernel_->in_place_input(); }

 private:
  Border border_;
  std::unique_ptr<Kernel> kernel_;
};

}  // namespace

std::unique_ptr<Kernel> bordered_kernel(Border border, std::unique_ptr<Kernel> kernel) {
  return std::make_unique<BorderedKernel>(std::move(border), std::move(kernel));
}

std::string bordered_name(const std::string& implementation) { return "border+" + implementation; }

}  // namespace banoff::onednn
