#include "tests/gpu/host_backend.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <new>
#include <stdexcept>

#include "runtime/core/fail.hpp"
#include "runtime/core/half.hpp"
#include "runtime/graph/activations.hpp"
#include "tests/gpu/host_loop.hpp"

namespace banoff::test {

namespace {

using namespace gpu;

struct HostRecording final : Recording {
  std::vector<std::function<void()>> steps;
};

class HostQueue final : public Queue {
 public:
  HostQueue(std::shared_ptr<HostCounters> counters, const HostOptions& options)
      : counters_(std::move(counters)), options_(options) {}

  void launch(const Job& job) override {
    if (++counters_->jobs == options_.fault_at) go_wrong();
    check_device();
    spent_us_ += options_.job_us;
    submit([job] { run_on_host(job); });
  }
  void copy(std::byte* to, const std::byte* from, std::size_t bytes) override {
    check_device();
    ++counters_->copies;
    submit([=] { std::memcpy(to, from, bytes); });
  }
  void fill_zero(std::byte* memory, std::size_t bytes) override {
    submit([=] { std::memset(memory, 0, bytes); });
  }
  /// Work is done when somebody waits for it, so that a missing wait shows.
  void wait() override {
    ++counters_->waits;
    check_device();
    while (!work_.empty()) {
      const auto next = std::move(work_.front());
      work_.pop_front();
      next();
    }
  }
  std::unique_ptr<Recording> record(const std::function<void()>& work) override {
    ++counters_->recorded;
    auto recording = recorded(work);
    if (!options_.records) throw Error(ErrorKind::internal, "the host takes no recordings today");
    return recording;
  }
  void replay(const Recording& recording) override {
    ++counters_->replayed;
    for (const auto& step : dynamic_cast<const HostRecording&>(recording).steps) work_.push_back(step);
  }
  std::unique_ptr<Timed> timed(const std::function<void()>& work, int runs) override {
    ++counters_->timed;
    spent_us_ = 0;
    auto recording = recorded(work);  // once: the loops of this machine say nothing of the time
    return std::make_unique<HostTimed>(*this, std::move(recording->steps), spent_us_ * runs, runs);
  }
  void require_usable() override {
    check_device();
    if (broken_) throw Error(ErrorKind::internal, "the host is past use");
  }
  void submit(std::function<void()> step) {
    if (recording_ != nullptr) recording_->steps.push_back(std::move(step));
    else work_.push_back(std::move(step));
  }
  void spend(double us) { spent_us_ += us; }
  void break_device() { broken_ = true; }

 private:
  void go_wrong() const {
    if (options_.fault == Fault::error) throw Error(ErrorKind::internal, "launch: invalid argument");
    if (options_.fault == Fault::crash) std::abort();
    while (options_.fault == Fault::hang) ::pause();
  }
  /// An error in a kernel leaves nothing that works.
  void check_device() const {
    if (options_.fault == Fault::lost && counters_->jobs >= options_.fault_at)
      throw Error(ErrorKind::internal, "launch: an illegal memory access was encountered");
  }

  class HostTimed final : public Timed {
   public:
    HostTimed(HostQueue& queue, std::vector<std::function<void()>> steps, double us, int runs)
        : queue_(queue), steps_(std::move(steps)), us_(us), runs_(runs) {}
    double us() override {
      for (auto& step : std::exchange(steps_, {})) queue_.work_.push_back(std::move(step));
      queue_.wait();
      return queue_.elapsed(us_) / runs_;
    }

   private:
    HostQueue& queue_;
    std::vector<std::function<void()>> steps_;
    double us_;
    int runs_;
  };

  [[nodiscard]] std::unique_ptr<HostRecording> recorded(const std::function<void()>& work) {
    auto recording = std::make_unique<HostRecording>();
    recording_ = recording.get();
    try {
      work();
    } catch (...) {
      recording_ = nullptr;  // as a recording ends whatever went wrong in it
      throw;
    }
    recording_ = nullptr;
    return recording;
  }
  /// What work that takes so long at the full clock takes now.
  double elapsed(double us) {
    double& device_us = counters_->device_us;
    const double taken = us * (device_us < options_.cold_us ? options_.cold_factor : 1);
    device_us += taken;
    return taken;
  }

  std::shared_ptr<HostCounters> counters_;
  HostOptions options_;
  std::deque<std::function<void()>> work_;
  HostRecording* recording_ = nullptr;
  bool broken_ = false;
  double spent_us_ = 0;
};

template <class T>
float element(const std::byte* p, std::int64_t i) {
  return load(reinterpret_cast<const T*>(p), static_cast<int>(i));
}

/// What follows a result y, element i.
template <class T>
double behind(const std::vector<EpilogueStep>& epilogue, double y, std::size_t i, std::size_t channel,
              const std::byte* residual, const float* lower, const float* upper) {
  for (const EpilogueStep& step : epilogue) {
    if (step.kind == EpilogueStep::Kind::residual)
      y += static_cast<double>(element<T>(residual, static_cast<std::int64_t>(i)));
    if (step.kind == EpilogueStep::Kind::activation) y = activate(step.activation, y);
    if (step.lower) y = y > static_cast<double>(lower[channel]) ? y : static_cast<double>(lower[channel]);
    if (step.upper) y = y < static_cast<double>(upper[channel]) ? y : static_cast<double>(upper[channel]);
  }
  return y;
}

/// The products as their definition says, sums in double.
template <class T>
void multiply(const ProductProblem& p, const ProductArgs& args) {
  for (std::int64_t m = 0; m < p.batch; ++m)
    for (std::int64_t r = 0; r < p.rows; ++r)
      for (std::int64_t c = 0; c < p.columns; ++c) {
        double y = p.bias ? static_cast<double>(element<T>(args.bias, c)) : 0.0;
        for (std::int64_t k = 0; k < p.size; ++k) {
          const std::int64_t a = m * p.a_batch + (p.transpose_a ? k * p.rows + r : r * p.size + k);
          const std::int64_t b = m * p.b_batch + (p.transpose_b ? c * p.size + k : k * p.columns + c);
          y += static_cast<double>(element<T>(args.a, a)) * static_cast<double>(element<T>(args.b, b));
        }
        const auto i = static_cast<std::size_t>((m * p.rows + r) * p.columns + c);
        y = behind<T>(p.epilogue, y, i, static_cast<std::size_t>(c), args.residual, nullptr, nullptr);
        store(reinterpret_cast<T*>(args.y), static_cast<int>(i), static_cast<float>(y));
      }
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
    const std::size_t channel = i % static_cast<std::size_t>(p.out_channels);
    y = behind<T>(p.epilogue, y, i, channel, a.residual, a.lower, a.upper);
    store(reinterpret_cast<T*>(a.y), static_cast<int>(i), static_cast<float>(y));
  }
}

/// What a library takes that knows a residual and ReLU behind its result.
bool plain_calls_take(const std::vector<EpilogueStep>& epilogue) {
  using Kind = EpilogueStep::Kind;
  bool relu = false;
  for (const EpilogueStep& step : epilogue) {
    if (relu || step.kind == Kind::bounds) return false;
    if (step.kind == Kind::activation && step.activation.kind != ActivationKind::relu) return false;
    relu = step.kind == Kind::activation;
  }
  return true;
}

class HostMultiplier final : public Multiplier {
 public:
  HostMultiplier(ProductProblem problem, const HostOptions& options)
      : problem_(std::move(problem)), options_(options) {}
  void run(Queue& queue, const ProductArgs& args) const override {
    auto& host = dynamic_cast<HostQueue&>(queue);
    host.spend(options_.product_us);
    host.submit([problem = problem_, args, bytes = options_.workspace] {
      std::memset(args.workspace, 0xA5, bytes);
      with_storage(problem.type, [&]<class T>(T) { multiply<T>(problem, args); });
    });
  }
  [[nodiscard]] std::size_t workspace_bytes() const override { return options_.workspace; }
  [[nodiscard]] std::string plan() const override { return options_.plan; }

 private:
  ProductProblem problem_;
  HostOptions options_;
};

class HostConvolver final : public Convolver {
 public:
  HostConvolver(ConvProblem problem, HostWay way, const HostOptions& options)
      : problem_(std::move(problem)), way_(std::move(way)), options_(options) {}
  void run(Queue& queue, const ConvArgs& args) const override {
    auto& host = dynamic_cast<HostQueue&>(queue);
    if (way_.breaks_device) host.break_device();
    if (!way_.unrunnable.empty()) throw std::runtime_error(way_.unrunnable);
    host.spend(way_.us);
    host.submit([problem = problem_, args, bytes = options_.workspace] {
      std::memset(args.workspace, 0xA5, bytes);
      with_storage(problem.type, [&]<class T>(T) { convolve<T>(problem, args); });
    });
  }
  [[nodiscard]] std::size_t workspace_bytes() const override { return options_.workspace; }
  [[nodiscard]] std::string plan() const override {
    return options_.plan.empty() ? "" : options_.plan + "\n" + way_.name;
  }

 private:
  ConvProblem problem_;
  HostWay way_;
  HostOptions options_;
};

}  // namespace

void spend(gpu::Queue& queue, double us) { dynamic_cast<HostQueue&>(queue).spend(us); }

Fault fault_named(std::string_view name) {
  constexpr std::array<std::string_view, 5> names{"none", "error", "lost", "crash", "hang"};
  const auto found = std::ranges::find(names, name);
  if (found == names.end()) fail_usage("no fault '{}' ({})", name, fmt::join(names, ", "));
  return static_cast<Fault>(found - names.begin());
}

HostBackend::HostBackend(HostOptions options) : options_(std::move(options)) {}

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

std::unique_ptr<gpu::Queue> HostBackend::make_queue() const { return std::make_unique<HostQueue>(counters_, options_); }

std::vector<gpu::Way<gpu::ConvArgs>> HostBackend::made(const gpu::ConvProblem& problem,
                                                       const std::vector<HostWay>& ways) const {
  std::vector<gpu::Way<gpu::ConvArgs>> result;
  for (const HostWay& way : ways) {
    const auto make = [=, this]() -> std::unique_ptr<gpu::Convolver> {
      if (!way.unbuilt.empty()) throw std::runtime_error(way.unbuilt);
      ++counters_->built;
      return std::make_unique<HostConvolver>(problem, way, options_);
    };
    result.push_back({way.name, make});
  }
  return result;
}

std::vector<gpu::WaySource<gpu::ConvArgs>> HostBackend::ways(const gpu::ConvProblem& problem,
                                                             std::size_t workspace) const {
  const bool more = !plain_calls_take(problem.epilogue) || !problem.is_symmetric();
  if (!options_.library || options_.workspace > workspace || (more && !options_.fuses)) return {};
  const auto ask = [=, this] {
    ++counters_->asked;
    if (!options_.no_ways.empty()) throw std::runtime_error(options_.no_ways);
    return made(problem, options_.ways);
  };
  const auto ask_fallback = [=, this] {
    ++counters_->asked;
    return made(problem, options_.fallback);
  };
  return {{"the host's library", ask, 6}, {"its last resort", ask_fallback, 6, 2}};
}

std::unique_ptr<gpu::Convolver> HostBackend::rebuild(const gpu::ConvProblem& problem, std::size_t,
                                                     const std::string& name, const std::string& plan) const {
  if (plan.empty()) return nullptr;
  if (plan != options_.plan + "\n" + name) throw std::runtime_error("a plan of another library");
  const auto way = std::ranges::find(options_.ways, name, &HostWay::name);
  if (way == options_.ways.end()) throw std::runtime_error("a plan for a way that is gone");
  ++counters_->rebuilt;
  return std::make_unique<HostConvolver>(problem, *way, options_);
}

std::vector<gpu::WaySource<gpu::ProductArgs>> HostBackend::ways(const gpu::ProductProblem& problem,
                                                                std::size_t workspace) const {
  if (options_.workspace > workspace || !plain_calls_take(problem.epilogue)) return {};
  const auto ask = [=, this] {
    if (!options_.no_products.empty()) throw std::runtime_error(options_.no_products);
    std::vector<gpu::Way<gpu::ProductArgs>> ways;
    ways.push_back({"host", [=, this] { return std::make_unique<HostMultiplier>(problem, options_); }});
    return ways;
  };
  return {{"the host's products", ask}};
}

std::unique_ptr<gpu::Multiplier> HostBackend::rebuild(const gpu::ProductProblem& problem, std::size_t,
                                                      const std::string& name, const std::string& plan) const {
  if (name != "host" || plan != options_.plan) return nullptr;
  ++counters_->rebuilt;
  return std::make_unique<HostMultiplier>(problem, options_);
}

}  // namespace banoff::test
