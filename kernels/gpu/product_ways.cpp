// Who computes a matrix product.
#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "kernels/gpu/epilogue.hpp"
#include "kernels/gpu/product.hpp"
#include "runtime/core/dtype.hpp"

namespace banoff::gpu {

namespace {

using WholeRunner = Runner<WholeProductArgs>;

/// By the device's own kernel, with the whole chain in the same pass.
class OwnProduct final : public WholeRunner {
 public:
  explicit OwnProduct(const Dot& job) : job_(job) {}
  [[nodiscard]] std::size_t workspace_bytes() const override { return 0; }
  void run(Queue& queue, const WholeProductArgs& args) const override {
    Dot ready = job_;
    ready.chain = args.chain;
    ready.a = args.a;
    ready.b = args.b;
    ready.y = args.y;
    queue.launch(ready);
  }

 private:
  Dot job_;
};

void set_operands(ProductArgs& args, const WholeProductArgs& whole, const Split&) {
  args.a = whole.a, args.b = whole.b;
}
void set_operands(ConvArgs& args, const WholeProductArgs& whole, const Split& split) {
  args.x = whole.a;
  args.weights = whole.b;
  args.lower = split.lower;
  args.upper = split.upper;
}

/// By a library's call that does the chain's first steps, and a pass over the result for what is left of it.
template <class Args>
class LibraryProduct final : public WholeRunner {
 public:
  LibraryProduct(std::unique_ptr<Runner<Args>> call, int biases, int taken, const Dot& job)
      : call_(std::move(call)), biases_(biases), taken_(taken) {
    tail_.type = job.type;
    tail_.count = job.shares.outputs;
    tail_.packed = with_packs(job);
  }
  [[nodiscard]] std::size_t workspace_bytes() const override { return call_->workspace_bytes(); }
  [[nodiscard]] std::string plan() const override { return call_->plan(); }
  void run(Queue& queue, const WholeProductArgs& whole) const override {
    const Split split = absorbed(behind(whole.chain, biases_), taken_);
    Args args;
    set_operands(args, whole, split);
    args.bias = whole.bias;
    for (int i = biases_; i < biases_ + taken_; ++i) {
      const ChainStep& step = whole.chain.step[i];
      if (step.kind == StepKind::combine) args.residual = static_cast<const std::byte*>(step.operand);
    }
    args.y = whole.y;
    args.workspace = whole.workspace;
    call_->run(queue, args);
    if (split.rest.count == 0) return;
    Pointwise last = tail_;
    last.chain = split.rest;
    last.x = last.y = whole.y;
    queue.launch(last);
  }

 private:
  static bool with_packs(const Dot& job) {
    return job.shares.outputs % (16 / static_cast<int>(size_of(job.type))) == 0;
  }

  std::unique_ptr<Runner<Args>> call_;
  int biases_, taken_;
  Pointwise tail_;
};

ProductProblem asked(const Product& product, const Split& split) {
  ProductProblem problem = *product.problem;
  problem.bias = !product.bias.empty();
  problem.epilogue = split.epilogue;
  return problem;
}

/// Rows as the pixels of one image.
ConvProblem as_convolution(const Product& product, const Split& split) {
  const ProductProblem& p = *product.problem;
  ConvProblem problem;
  problem.type = p.type;
  problem.math = p.math;
  problem.in_channels = p.size;
  problem.out_channels = p.columns;
  problem.spatial = {Window{1, 1, 1, 1, 1, 0, 0}, Window{p.rows, p.rows, 1, 1, 1, 0, 0}};
  problem.bias = !product.bias.empty() || !split.epilogue.empty();
  problem.epilogue = split.epilogue;
  return problem;
}

constexpr std::string_view own_name = "dot";
constexpr std::string_view product_prefix = "product:", convolution_prefix = "conv1x1:";

/// Of ways with `taken` steps of the chain in the library's call: "product:NAME/1".
std::string name_of_way(std::string_view prefix, const std::string& inner, int taken) {
  return fmt::format("{}{}/{}", prefix, inner, taken);
}

/// The library's name and the number of steps; none where the name is not of that kind.
std::optional<std::pair<std::string, int>> parts_of(std::string_view name, std::string_view prefix) {
  const std::size_t slash = name.rfind('/');
  if (!name.starts_with(prefix) || slash == std::string_view::npos || slash < prefix.size()) return std::nullopt;
  int taken = 0;
  const auto [end, wrong] = std::from_chars(name.data() + slash + 1, name.data() + name.size(), taken);
  if (wrong != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return std::pair(std::string(name.substr(prefix.size(), slash - prefix.size())), taken);
}

template <class Args>
std::unique_ptr<WholeRunner> wrapped(std::unique_ptr<Runner<Args>> call, int biases, int taken, const Dot& job) {
  return std::make_unique<LibraryProduct<Args>>(std::move(call), biases, taken, job);
}

template <class Args>
void add_sources(std::vector<WaySource<WholeProductArgs>>& to, std::vector<WaySource<Args>> from,
                 std::string_view prefix, int biases, int taken, const Dot& job) {
  for (WaySource<Args>& source : from) {
    const auto ask = [=, inner = std::move(source.ask)] {
      std::vector<Way<WholeProductArgs>> ways;
      for (Way<Args>& way : inner()) {
        const auto make = [=, call = std::move(way.make)]() -> std::unique_ptr<WholeRunner> {
          auto made = call();
          if (made == nullptr) return nullptr;
          return wrapped(std::move(made), biases, taken, job);
        };
        ways.push_back({name_of_way(prefix, way.name, taken), make});
      }
      return ways;
    };
    to.push_back({source.name, ask, source.most, source.below});
  }
}

/// Tensor cores want whole packs of channels in 16 bits.
bool fits_convolution(const Product& product) {
  constexpr int least_rows = 8, multiple = 8;
  const ProductProblem& p = *product.problem;
  if (product.right || p.rows < least_rows) return false;
  return p.type == DType::f32 || (p.size % multiple == 0 && p.columns % multiple == 0);
}

}  // namespace

ProductWays product_ways(const Context& context, const Product& product, const Chain& chain) {
  const Backend& backend = *context.backend;
  const std::size_t workspace = context.options.workspace_bytes;
  const Dot job = product.dot;
  const int biases = product.bias.empty() ? 0 : 1;
  const Chain tail = behind(chain, biases);
  ProductWays ways;
  const auto own = [job] {
    std::vector<Way<WholeProductArgs>> result;
    result.push_back({std::string(own_name), [job] { return std::make_unique<OwnProduct>(job); }});
    return result;
  };
  // Without measuring the first one is taken: of few rows the weights are all there is to read, and the own kernel
  // reads them once.
  constexpr int few_rows = 8;
  const bool own_first = job.rows <= few_rows;
  if (product.problem && job.shares.outputs > 0 && job.size > 0) {
    for (int taken = most_absorbed(tail); taken >= 0; --taken) {
      // One call for as much as possible: who takes less of it is asked where nobody takes more.
      std::vector<WaySource<WholeProductArgs>> found;
      const Split split = absorbed(tail, taken);
      add_sources(found, backend.ways(asked(product, split), workspace), product_prefix, biases, taken, job);
      if (fits_convolution(product))
        add_sources(found, backend.ways(as_convolution(product, split), workspace), convolution_prefix, biases, taken,
                    job);
      for (auto& source : found) {
        if (taken < most_absorbed(tail)) source.below = std::min<std::size_t>(source.below, own_first ? 2 : 1);
        ways.sources.push_back(std::move(source));
      }
    }
  }
  WaySource<WholeProductArgs> own_source{"own kernels", own};
  ways.sources.insert(own_first ? ways.sources.begin() : ways.sources.end(), std::move(own_source));
  ways.rebuild = [=, &backend](const std::string& name, const std::string& plan) -> std::unique_ptr<WholeRunner> {
    if (name == own_name) return std::make_unique<OwnProduct>(job);
    if (!product.problem) return nullptr;
    const auto again = [&]<class Problem>(
                           std::string_view prefix,
                           Problem (*problem_of)(const Product&, const Split&)) -> std::unique_ptr<WholeRunner> {
      const auto parts = parts_of(name, prefix);
      if (!parts || parts->second < 0 || parts->second > most_absorbed(tail)) return nullptr;
      auto made = backend.rebuild(problem_of(product, absorbed(tail, parts->second)), workspace, parts->first, plan);
      if (made == nullptr) return nullptr;
      return wrapped(std::move(made), biases, parts->second, job);
    };
    if (auto made = again(product_prefix, &asked)) return made;
    return again(convolution_prefix, &as_convolution);
  };
  return ways;
}

}  // namespace banoff::gpu
