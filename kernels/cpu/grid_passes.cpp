// Passes over numbers on a grid: what puts them there, functions of one of them, and what moves them.
#include <algorithm>
#include <array>

#include "kernels/cpu/grid.hpp"
#include "kernels/cpu/kernels.hpp"
#include "kernels/cpu/loop_kernel.hpp"
#include "kernels/cpu/parallel.hpp"
#include "kernels/cpu/simd/int8_elements.hpp"
#include "runtime/graph/activations.hpp"
#include "runtime/graph/quantised.hpp"

namespace banoff::cpu {

namespace {

bool fits_a_byte(DType type) { return type == DType::u8 || type == DType::i8; }

void require_one_layout(const Region& region) {
  const Shape& shape = region.type(region.outputs[0]).shape;
  if (region.inputs.size() != 1 || !same_bytes(shape, region.input_layouts[0], region.output_layouts[0]))
    throw Refused{"layouts differ"};
}

std::int64_t elements(const Region& region) {
  return elements_of(region.type(region.outputs[0]).shape, region.output_layouts[0]);
}

/// The nodes as a function of one number: activations, and a fake_quantize at the end.
using Table = std::array<std::uint8_t, 256>;
Table table_of(const Region& region) {
  const Stored from = *region.type(region.inputs[0]).stored;
  const Stored to = *region.type(region.outputs[0]).stored;
  const IntegerRange range = range_of(to.type);
  Table table{};
  for (int byte = 0; byte < 256; ++byte) {
    const int number = from.type == DType::u8 ? byte : static_cast<std::int8_t>(byte);
    float x = static_cast<float>(number - from.zero_point) * from.scale;
    for (std::size_t i = 0; i + 1 < region.nodes.size(); ++i) x = activate(*region.node(i).as<Activation>(), x);
    table[static_cast<std::size_t>(byte)] = static_cast<std::uint8_t>(grid_number(x, to.scale, to.zero_point, range));
  }
  return table;
}

Offer by_table(const Machine& machine, const Region& region) {
  require_one_layout(region);
  for (std::size_t i = 0; i + 1 < region.nodes.size(); ++i) {
    if (region.node(i).as<Activation>() == nullptr) throw Refused{"no function of one number"};
  }
  const simd::ByteIsa isa = simd::byte_isa(machine.isa);
  return loop_offer({"table", {0}}, stored_us(region, machine.threads), [region, isa] {
    return [table = table_of(region), count = elements(region), isa](const KernelArgs& args) {
      const auto* x = reinterpret_cast<const std::uint8_t*>(args.inputs[0]);
      auto* y = reinterpret_cast<std::uint8_t*>(args.outputs[0]);
      const auto look_up = simd::byte_elements(isa).look_up;
      in_chunks(count, [&](std::int64_t at, std::int64_t some) {
        simd::ByteTarget target;
        target.y = y + at;
        target.table = table.data();
        target.permute = isa.permute;
        look_up({x + at, some, target});
      });
    };
  });
}

Offer put(const Region& region, const FakeQuantize& op, int threads) {
  require_one_layout(region);
  const Stored grid = stored_on(op);
  const std::int64_t count = elements(region);
  if (!region.type(region.outputs[0]).stored) {
    return ready_offer({"fake_quantize", {0}}, stored_us(region, threads),
                       [=](const KernelArgs& args) { round_to_grid(input(args, 0), output(args, 0), count, grid); });
  }
  return ready_offer({"quantize"}, stored_us(region, threads),
                     [=](const KernelArgs& args) { to_stored(input(args, 0), args.outputs[0], count, grid); });
}

/// A region of one node, its values numbered from 0 and of one element type.
struct Alone {
  Graph graph;
  std::vector<TensorType> types;
  Region region;
};

std::shared_ptr<const Alone> alone(const Region& region, DType dtype) {
  auto result = std::make_shared<Alone>();
  std::vector<ValueId> known;
  const auto renumber = [&](ValueId& value) {
    const auto at = std::ranges::find(known, value) - known.begin();
    if (at == std::ssize(known)) {
      known.push_back(value);
      result->types.push_back(region.type(value));
      result->types.back().dtype = dtype;
    }
    value = static_cast<ValueId>(at);
  };
  Node node = region.node(0);
  node.params.clear();  // what has some puts values beside the elements, and takes floats alone
  result->region = region;
  for (auto* list : {&node.inputs, &node.outputs, &result->region.inputs, &result->region.outputs})
    std::ranges::for_each(*list, renumber);
  result->graph.nodes.push_back(std::move(node));
  result->region.graph = &result->graph;
  result->region.types = &result->types;
  result->region.nodes = {0};
  return result;
}

/// Bytes that are moved, whatever they stand for.
Offer moved(const Region& region, int threads) {
  const std::optional<Stored>& stored = region.type(region.outputs[0]).stored;
  const auto alike = [&](ValueId value) { return region.type(value).stored == stored; };
  if (!stored || !std::ranges::all_of(region.inputs, alike) || !std::ranges::all_of(region.outputs, alike))
    throw Refused{"values of several grids"};
  const auto* resize = region.node(0).as<Resize>();
  if (resize != nullptr && resize->mode != ResizeMode::nearest) throw Refused{"values between those of the grid"};
  if (region.nodes.size() != 1) throw Refused{"one movement at a time"};
  // To the loops they are just bytes.
  const auto bytes = alone(region, size_of(stored->type) == 1 ? DType::u8 : DType::i16);
  Offer offer = offer_movement(bytes->region, threads);
  offer.make = [bytes, make = std::move(offer.make)] { return make(); };
  return offer;
}

/// Integers that are values of their own lie in plain layout alone.
void require_plain(const Region& region) {
  require_one_layout(region);
  if (region.input_layouts[0] != Layout::plain || region.output_layouts[0] != Layout::plain)
    throw Refused{"integers in a layout other than plain"};
}

Offer quantize(const Region& region, const Quantize& op, int threads) {
  require_plain(region);
  if (!fits_a_byte(op.to)) throw Refused{"numbers of more than 8 bits"};
  const Stored grid = stored_on(op.to, op.scale, op.zero_point);
  return ready_offer({"quantize"}, stored_us(region, threads),
                     [grid, count = elements(region)](const KernelArgs& args) {
                       to_stored(input(args, 0), args.outputs[0], count, grid);
                     });
}

Offer dequantize(const Region& region, const Dequantize& op, int threads) {
  require_plain(region);
  const DType from = region.type(region.inputs[0]).dtype;
  if (!fits_a_byte(from)) throw Refused{"numbers of more than 8 bits"};
  const Stored grid = stored_on(from, op.scale, op.zero_point);
  return ready_offer({"dequantize"}, stored_us(region, threads),
                     [grid, count = elements(region)](const KernelArgs& args) {
                       from_stored(args.inputs[0], output(args, 0), count, grid);
                     });
}

Offer offer_grid(const Region& region, int threads) {
  if (region.nodes.size() != 1) throw Refused{"one rounding at a time"};
  const Node& node = region.node(0);
  if (const auto* op = node.as<FakeQuantize>()) return put(region, *op, threads);
  if (const auto* op = node.as<Quantize>()) return quantize(region, *op, threads);
  return dequantize(region, *node.as<Dequantize>(), threads);
}

}  // namespace

Family grids() { return family<Quantize, Dequantize, FakeQuantize>(offer_grid); }

Offer stored_pass(const Machine& machine, const Region& region) {
  const Node& first = region.node(0);
  const bool rounds = region.node(region.nodes.size() - 1).as<FakeQuantize>() != nullptr;
  const auto& from = region.type(region.inputs[0]).stored;
  const auto& to = region.type(region.outputs[0]).stored;
  if (rounds && from && from->scale > 0 && to && to->scale > 0) return by_table(machine, region);
  if (rounds && !from && region.nodes.size() == 1) return put(region, *first.as<FakeQuantize>(), machine.threads);
  return moved(region, machine.threads);
}

}  // namespace banoff::cpu
