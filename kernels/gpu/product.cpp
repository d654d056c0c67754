#include "kernels/gpu/product.hpp"

#include <fmt/format.h>

#include "kernels/gpu/chain_builder.hpp"
#include "kernels/gpu/epilogue.hpp"
#include "kernels/gpu/tuner.hpp"
#include "runtime/core/dtype.hpp"
#include "runtime/core/round_up.hpp"
#include "runtime/graph/activations.hpp"

namespace banoff::gpu {

namespace {

constexpr std::size_t alignment = 256;  // of what the device's own allocations begin at

/// The bias, and what follows the product.
DescribedChain chain_of(const Region& region, const Product& product) {
  ChainBuilder builder(region);
  const Shape& y = region.type(region.outputs[0]).shape;
  // By the last axis of a matrix, or the channels of an image of one pixel.
  const bool image = region.node(0).as<Conv>() != nullptr;
  builder.add_bias(product.bias, image ? 1 : y.rank() - 1);
  builder.add_tail();
  return builder.finish();
}

/// Everything about a chain that its time depends on.
std::string key_of(const Chain& chain) {
  std::string text;
  for (int i = 0; i < chain.count; ++i) {
    const ChainStep& step = chain.step[i];
    text += fmt::format(" {}", static_cast<int>(step.kind));
    if (step.kind == StepKind::activation)
      text += fmt::format(":{}:{}:{}", row_of(step.function).name, step.alpha, step.beta);
    else if (step.kind == StepKind::combine)
      text += fmt::format(":{}{}{}", static_cast<int>(step.op), step.swapped ? "s" : "", step.full ? "f" : "");
    else text += fmt::format(":{}{}", step.a != nullptr ? "a" : "", step.b != nullptr ? "b" : "");
  }
  return text;
}

std::string key_of(const Product& product, const Chain& chain, Math math) {
  const Dot& d = product.dot;
  return fmt::format("product {} {} m{} n{} k{} o{} a{}:{} b{}:{}{}{} |{}", name_of(d.type),
                     math == Math::fma ? "fma" : "tensor", d.rows, d.columns, d.size, d.shares.outputs, d.a_row,
                     d.a_step, d.b_column, d.b_step,
                     product.problem ? fmt::format(" s{}:{}", product.problem->a_batch, product.problem->b_batch) : "",
                     product.right ? "" : " weights", key_of(chain));
}

Choice<WholeProductArgs> choose(const Context& context, const Product& product, const WholeProductArgs& given) {
  ProductWays ways = product_ways(context, product, given.chain);
  if (ways.sources.size() == 1) {
    const auto only = ways.sources.front().ask();
    return {only.front().make(), only.front().name};
  }
  const auto operands = [&](TrialMemory& memory) {
    const DType type = product.dot.type;
    const std::size_t y_bytes = static_cast<std::size_t>(product.dot.shares.outputs) * size_of(type);
    WholeProductArgs args = given;
    args.a = memory.random(product.a_elements * size_of(type), type);
    if (args.b == nullptr) args.b = memory.random(product.b_elements * size_of(type), type);
    args.y = memory.random(y_bytes, type);
    for (int i = 0; i < args.chain.count; ++i) {
      ChainStep& step = args.chain.step[i];
      if (step.kind == StepKind::combine) step.operand = memory.random(y_bytes, type);
    }
    return args;
  };
  return context.tuner->choose(Problem<WholeProductArgs>{key_of(product, given.chain, context.math()),
                                                         std::move(ways.sources), std::move(ways.rebuild), operands});
}

Made make_product(const Context& context, const Region& region, const Product& product) {
  const DType type = product.dot.type;
  Uploads uploads(*context.backend);
  WholeProductArgs given;
  given.chain = chain_of(region, product).uploaded(uploads);
  if (!product.right) {
    given.b = uploads.add(product.weights(), type);
    std::vector<float> bias = product.bias;
    bias.resize(static_cast<std::size_t>(product.dot.columns), 0.0F);
    given.bias = uploads.add(bias, type);
  }
  const Choice<WholeProductArgs> chosen = choose(context, product, given);
  const std::size_t workspace = chosen.runner->workspace_bytes();
  KernelTraits traits{chosen.name};
  traits.tuned_us = chosen.us;
  traits.scratch_bytes = workspace == 0 ? 0 : workspace + alignment;
  // A result is written once, though not in packs: as long as there are few of them that is no loss anywhere.
  constexpr std::size_t few_bytes = std::size_t{64} << 10;
  const bool passes = chosen.name.starts_with("product:") || chosen.name.starts_with("conv1x1:");
  traits.streams_output = !passes && static_cast<std::size_t>(product.dot.shares.outputs) * size_of(type) <= few_bytes;
  const auto run = [given, runner = chosen.runner, left = product.left, right = product.right](const KernelArgs& args,
                                                                                               Queue& queue) {
    WholeProductArgs ready = given;
    ready.a = args.inputs[left];
    if (right) ready.b = args.inputs[static_cast<std::size_t>(*right)];
    ready.chain = bound(given.chain, args);
    ready.y = args.outputs[0];
    ready.workspace =
        args.scratch + (alignment - reinterpret_cast<std::uintptr_t>(args.scratch) % alignment) % alignment;
    runner->run(queue, ready);
  };
  return std::make_unique<JobKernel>(std::move(traits), uploads, run);
}

}  // namespace

JobOffer product_offer(const Context& context, const Region& region, double cost_us, std::function<Product()> product) {
  (void)chain_of(region, product());  // refuses what cannot follow
  return {
      {"product"}, cost_us, false, [&context, region, product] { return make_product(context, region, product()); }};
}

}  // namespace banoff::gpu
