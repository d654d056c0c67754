// A kernel of floats between conversions: how values that are stored as numbers reach kernels that know none.
#include <algorithm>
#include <array>
#include <cstring>

#include "kernels/cpu/grid.hpp"
#include "kernels/cpu/loop_kernel.hpp"
#include "kernels/cpu/pass_cost.hpp"
#include "runtime/core/checked.hpp"
#include "runtime/core/round_up.hpp"
#include "runtime/graph/quantised.hpp"

namespace banoff::cpu {

namespace {

constexpr std::size_t alignment = 64;

/// A value of the region: where its floats lie while the inner kernel runs.
struct Floats {
  std::int64_t count = 0;
  std::optional<Stored> stored;  ///< of what lies in its own memory; nullopt: the floats themselves
  std::size_t offset = 0;        ///< in the scratch memory, of one that is stored
};

/// What is done around the inner kernel.
struct Around {
  std::vector<Floats> inputs, outputs;
  std::optional<Stored> rounded;  ///< the grid that output 0, left as floats, is rounded to
  std::size_t scratch = 0;        ///< bytes before the inner kernel's own
};

class BetweenConversions final : public Kernel {
 public:
  BetweenConversions(std::unique_ptr<Kernel> inner, Around around)
      : inner_(std::move(inner)), around_(std::move(around)) {}

  [[nodiscard]] std::unique_ptr<KernelState> make_state() const override { return inner_->make_state(); }
  [[nodiscard]] std::size_t scratch_bytes() const override { return around_.scratch + inner_->scratch_bytes(); }
  [[nodiscard]] std::size_t weight_bytes() const override { return inner_->weight_bytes(); }
  [[nodiscard]] std::string implementation() const override { return "floats:" + inner_->implementation(); }
  /// Of what both lie in floats, the inner kernel's demand is ours.
  [[nodiscard]] int in_place_input() const override {
    const int input = inner_->in_place_input();
    return input == none || around_.outputs[0].stored || around_.inputs[place(input)].stored ? none : input;
  }

  void run(const KernelArgs& args) const override {
    // Few values: the arrays below are of the largest region that there is, so that nothing is allocated.
    std::array<const std::byte*, most_values> inputs{};
    std::array<std::byte*, most_values> outputs{};
    for (std::size_t i = 0; i < around_.outputs.size(); ++i)
      outputs[i] = around_.outputs[i].stored ? args.scratch + around_.outputs[i].offset : args.outputs[i];
    const int demanded = inner_->in_place_input();
    for (std::size_t i = 0; i < around_.inputs.size(); ++i) {
      const Floats& value = around_.inputs[i];
      inputs[i] = args.inputs[i];
      const bool takes_output = demanded != none && place(demanded) == i && in_place_input() == none;
      if (!value.stored && !takes_output) continue;
      std::byte* const floats = takes_output ? outputs[0] : args.scratch + value.offset;
      if (value.stored) from_stored(args.inputs[i], reinterpret_cast<float*>(floats), value.count, *value.stored);
      else std::memcpy(floats, args.inputs[i], static_cast<std::size_t>(value.count) * sizeof(float));
      inputs[i] = floats;
    }
    KernelArgs inner = args;
    inner.inputs = std::span(inputs).first(around_.inputs.size());
    inner.outputs = std::span(outputs).first(around_.outputs.size());
    inner.scratch = args.scratch + around_.scratch;
    inner_->run(inner);
    for (std::size_t i = 0; i < around_.outputs.size(); ++i) {
      const Floats& value = around_.outputs[i];
      auto* floats = reinterpret_cast<float*>(outputs[i]);
      if (value.stored) to_stored(floats, args.outputs[i], value.count, *value.stored);
      else if (around_.rounded) round_to_grid(floats, floats, value.count, *around_.rounded);
    }
  }

  static constexpr std::size_t most_values = 64;

 private:
  static std::size_t place(int input) { return static_cast<std::size_t>(input); }

  std::unique_ptr<Kernel> inner_;
  Around around_;
};

Around around(const Region& region) {
  Around result;
  const auto add = [&](std::vector<Floats>& list, ValueId id, Layout layout) {
    const TensorType& type = region.type(id);
    Floats value{elements_of(type.shape, layout), type.stored, result.scratch};
    if (value.stored) {
      const auto bytes = static_cast<std::size_t>(checked_mul(value.count, std::int64_t{sizeof(float)}));
      result.scratch += round_up(bytes, alignment);
    }
    list.push_back(value);
  };
  for (std::size_t i = 0; i < region.inputs.size(); ++i) add(result.inputs, region.inputs[i], region.input_layouts[i]);
  for (std::size_t i = 0; i < region.outputs.size(); ++i)
    add(result.outputs, region.outputs[i], region.output_layouts[i]);
  return result;
}

double conversions_us(const Around& around, int threads) {
  double us = 0;
  for (const auto* list : {&around.inputs, &around.outputs}) {
    for (const Floats& value : *list)
      if (value.stored) us += pass_us(6.0 * static_cast<double>(value.count), threads);
  }
  return us;
}

}  // namespace

std::vector<Offer> between_conversions(const Region& region, int threads,
                                       const std::function<Offers(const Region&)>& inner) {
  Region floats = region;
  Around around = cpu::around(region);
  if (std::max(region.inputs.size(), region.outputs.size()) > BetweenConversions::most_values)
    throw Refused{"too many values of grids"};
  const Node& last = region.node(region.nodes.size() - 1);
  if (const auto* put = last.as<FakeQuantize>(); put != nullptr && region.nodes.size() > 1) {
    floats.nodes.pop_back();
    floats.outputs = {last.inputs[0]};
    if (!around.outputs[0].stored) around.rounded = stored_on(*put);
  }
  Offers offers = inner(floats);
  if (auto* refusal = std::get_if<Refusal>(&offers)) throw Refused{std::move(refusal->reason)};
  auto& found = std::get<std::vector<Offer>>(offers);
  const double more = conversions_us(around, threads);
  for (Offer& offer : found) {
    offer.implementation = "floats:" + offer.implementation;
    offer.cost_us += more;
    offer.pieces.reset();  // of bytes, which these are not
    offer.make = [around, make = std::move(offer.make)]() -> Compiled {
      Compiled made = make();
      auto* kernel = std::get_if<std::unique_ptr<Kernel>>(&made);
      if (kernel == nullptr) return made;
      return std::make_unique<BetweenConversions>(std::move(*kernel), around);
    };
  }
  return std::move(found);
}

}  // namespace banoff::cpu
