#include "tests/gpu/host_backend.hpp"

#include <cstring>
#include <functional>
#include <limits>
#include <new>

#include "banoff/error.hpp"
#include "runtime/core/half.hpp"
#include "runtime/graph/activations.hpp"
#include "tests/gpu/host_loop.hpp"

namespace banoff::test {

namespace {

using namespace gpu;

class HostQueue final : public Queue {
 public:
  explicit HostQueue(std::shared_ptr<HostCounters> counters) : counters_(std::move(counters)) {}

  void launch(const Job& job) override {
    ++counters_->jobs;
    submit([job] { run_on_host(job); });
  }
  void copy(std::byte* to, const std::byte* from, std::size_t bytes) override {
    submit([=] { std::memcpy(to, from, bytes); });
  }
  void fill_zero(std::byte* memory, std::size_t bytes) override {
    submit([=] { std::memset(memory, 0, bytes); });
  }
  /// Work is done when somebody waits for it, so that a missing wait shows.
  void wait() override {
    ++counters_->waits;
    while (!work_.empty()) {
      const auto next = std::move(work_.front());
      work_.pop_front();
      next();
    }
  }
  void record(const std::function<void()>& work) override {
    ++counters_->recorded;
    recording_ = true;
    recorded_.clear();
    work();
    recording_ = false;
  }
  void replay() override {
    ++counters_->replayed;
    for (const auto& step : recorded_) work_.push_back(step);
  }
  double time_us(const std::function<void()>& work) override {
    ++counters_->timed;
    try {
      work();
      wait();
    } catch (const Error&) {
      return std::numeric_limits<double>::infinity();
    }
    return last_us;
  }
  void submit(std::function<void()> step) {
    if (recording_) recorded_.push_back(std::move(step));
    else work_.push_back(std::move(step));
  }
  double last_us = 0;

 private:
  std::shared_ptr<HostCounters> counters_;
  std::deque<std::function<void()>> work_;
  std::vector<std::function<void()>> recorded_;
  bool recording_ = false;
};

template <class T>
float element(const std::byte* p, std::int64_t i) {
  return load(reinterpret_cast<const T*>(p), static_cast<int>(i));
}

/// The convolution as its definition says, in channels-last, sums in double.
template <class T>
void convolve(const ConvProblem& p, const ConvArgs& a) {
  std::vector<Window> w = p.spatial;
  w.insert(w.begin(), 3 - w.size(), Window{1, 1, 1, 1, 1, 0, 0});
  const std::int64_t in = p.in_channels / p.groups, out = p.out_channels / p.groups;
  const std::int64_t taps = w[0].kernel * w[1].kernel * w[2].kernel;
  std::vector<double> sums(
      static_cast<std::size_t>(p.images * w[0].output * w[1].output * w[2].output * p.out_channels));
  const auto visit = [&](const auto& f) {
    for (std::int64_t n = 0; n < p.images; ++n)
      for (std::int64_t z = 0; z < (p.transposed ? w[0].input : w[0].output); ++z)
        for (std::int64_t y = 0; y < (p.transposed ? w[1].input : w[1].output); ++y)
          for (std::int64_t x = 0; x < (p.transposed ? w[2].input : w[2].output); ++x)
            for (std::int64_t t = 0; t < taps; ++t) {
              const std::int64_t tz = t / w[2].kernel / w[1].kernel, ty = t / w[2].kernel % w[1].kernel;
              const std::int64_t tx = t % w[2].kernel;
              const std::int64_t at[3] = {z * w[0].stride - w[0].pad_begin + tz * w[0].dilation,
                                          y * w[1].stride - w[1].pad_begin + ty * w[1].dilation,
                                          x * w[2].stride - w[2].pad_begin + tx * w[2].dilation};
              bool inside = true;
              for (std::size_t d = 0; d < 3; ++d)
                inside = inside && at[d] >= 0 && at[d] < (p.transposed ? w[d].output : w[d].input);
              if (!inside) continue;
              const auto small =
                  ((n * (p.transposed ? w[0].input : w[0].output) + z) * (p.transposed ? w[1].input : w[1].output) +
                   y) *
                      (p.transposed ? w[2].input : w[2].output) +
                  x;
              const auto large =
                  ((n * (p.transposed ? w[0].output : w[0].input) + at[0]) * (p.transposed ? w[1].output : w[1].input) +
                   at[1]) *
                      (p.transposed ? w[2].output : w[2].input) +
                  at[2];
              f(small, large, t);
            }
  };
  visit([&](std::int64_t small, std::int64_t large, std::int64_t t) {
    for (std::int64_t o = 0; o < p.out_channels; ++o) {
      const std::int64_t g = o / out;
      for (std::int64_t c = 0; c < in; ++c) {
        const std::int64_t x = (p.transposed ? small : large) * p.in_channels + g * in + c;
        const std::int64_t weight = p.transposed ? ((g * in + c) * taps + t) * out + o % out : (o * taps + t) * in + c;
        sums[static_cast<std::size_t>((p.transposed ? large : small) * p.out_channels + o)] +=
            static_cast<double>(element<T>(a.x, x)) * static_cast<double>(element<T>(a.weights, weight));
      }
    }
  });
  for (std::size_t i = 0; i < sums.size(); ++i) {
    double y = sums[i];
    if (p.bias) y += static_cast<double>(element<T>(a.bias, static_cast<std::int64_t>(i) % p.out_channels));
    if (p.residual) y += static_cast<double>(element<T>(a.residual, static_cast<std::int64_t>(i)));
    if (p.activation) y = activate(*p.activation, y);
    const std::size_t channel = i % static_cast<std::size_t>(p.out_channels);
    if (p.lower) y = y > static_cast<double>(a.lower[channel]) ? y : static_cast<double>(a.lower[channel]);
    if (p.upper) y = y < static_cast<double>(a.upper[channel]) ? y : static_cast<double>(a.upper[channel]);
    store(reinterpret_cast<T*>(a.y), static_cast<int>(i), static_cast<float>(y));
  }
}

class HostConvolver final : public Convolver {
 public:
  HostConvolver(ConvProblem problem, int way, HostOptions options)
      : problem_(std::move(problem)), way_(way), options_(options) {}
  void run(Queue& queue, const ConvArgs& args) const override {
    auto& host = dynamic_cast<HostQueue&>(queue);
    host.last_us = 100.0 - way_;
    host.submit([problem = problem_, args, bytes = options_.workspace] {
      std::memset(args.workspace, 0xA5, bytes);
      with_storage(problem.type, [&]<class T>(T) { convolve<T>(problem, args); });
    });
  }
  [[nodiscard]] std::size_t workspace_bytes() const override { return options_.workspace; }
  [[nodiscard]] std::string name() const override { return "host" + std::to_string(way_); }

 private:
  ConvProblem problem_;
  int way_;
  HostOptions options_;
};

}  // namespace

HostBackend::HostBackend(HostOptions options) : options_(options) {}

gpu::Memory HostBackend::allocate(std::size_t bytes) const {
  constexpr std::align_val_t alignment{256};
  auto* const memory = static_cast<std::byte*>(::operator new(bytes, alignment));
  std::memset(memory, 0xFF, bytes);
  counters_->allocated += bytes;
  return {memory, [bytes, counters = counters_](std::byte* p) {
            counters->allocated -= bytes;
            ::operator delete (p, std::align_val_t{256});
          }};
}

gpu::Memory HostBackend::allocate_host(std::size_t bytes) const { return allocate(bytes); }

std::unique_ptr<gpu::Queue> HostBackend::make_queue() const { return std::make_unique<HostQueue>(counters_); }

std::vector<gpu::Way> HostBackend::ways(const gpu::ConvProblem& problem, std::size_t workspace) const {
  const bool more =
      problem.lower || problem.upper || (problem.activation && problem.activation->kind != ActivationKind::relu);
  std::vector<gpu::Way> ways;
  if (!options_.library || options_.workspace > workspace || (more && !options_.fuses)) return ways;
  for (int i = 0; i < options_.ways; ++i) {
    const auto make = [=, options = options_] { return std::make_unique<HostConvolver>(problem, i, options); };
    ways.push_back({"host" + std::to_string(i), make});
  }
  // What a library proposes may turn out not to fit.
  ways.push_back({"unfit", [] { return std::unique_ptr<gpu::Convolver>(); }});
  return ways;
}

}  // namespace banoff::test
