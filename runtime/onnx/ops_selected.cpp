// Operators whose result is as large as the values of an input say: understood where these are known while importing.
#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

#include "runtime/core/checked.hpp"
#include "runtime/core/dtype.hpp"
#include "runtime/onnx/steps.hpp"

namespace banoff::onnx_import {

namespace {

/// Along an axis, or of all elements in a row: those where the condition, which may end early, is true.
void compress(Call& call) {
  const Steps s(call);
  const Known& condition = call.known(1, "the condition");
  if (condition.dtype() != DType::boolean || condition.shape().rank() != 1) {
    fail_input("the condition is {} {}, expected booleans in a row", name_of(condition.dtype()),
               condition.shape().str());
  }
  const auto axis = call.attributes.integer("axis");
  const Operand x = axis ? call.in(0) : s.reshape(call.in(0), {call.shape(0).elements()});
  const Shape shape = s.type(x).shape;
  const std::size_t along = resolve_axis(axis.value_or(0), shape.rank());
  if (condition.elements() > shape[along])
    fail_input("{} conditions for axis {} of {}", condition.elements(), along, shape.str());
  const auto lent = s.known().lend(2 * condition.elements());
  const auto holds = condition.to_vector<std::int64_t>();
  Ints places;
  for (std::size_t i = 0; i < holds.size(); ++i) {
    if (holds[i] != 0) places.push_back(static_cast<std::int64_t>(i));
  }
  call.result(
      0, s.take(x, along, std::ssize(places), [&](std::int64_t i) { return places[static_cast<std::size_t>(i)]; }));
}

/// Where elements that are not zero stand: a column for each, a row for each dimension.
void non_zero(Call& call) {
  const Known& x = call.known(0, "the input");
  const Shape shape = x.shape();
  const auto lent = call.known().lend(2 * x.elements());
  const auto values = x.to_vector<double>();
  Ints places;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] != 0) places.push_back(static_cast<std::int64_t>(i));
  }
  const std::int64_t count = std::ssize(places);
  call.result(0, {none, call.known().integers({static_cast<std::int64_t>(shape.rank()), count}, [&](std::int64_t i) {
                    const auto d = static_cast<std::size_t>(i / count);
                    return places[static_cast<std::size_t>(i % count)] / shape.elements(d + 1, shape.rank()) % shape[d];
                  })});
}

/// Numbers in order, a NaN behind all of them and equal to another.
template <class N>
int order_of(N a, N b) {
  if constexpr (std::floating_point<N>) {
    if (std::isnan(a) || std::isnan(b)) return int{std::isnan(a)} - int{std::isnan(b)};
  }
  return int{a > b} - int{a < b};
}

/// Slices of one axis, of which equal ones are one.
struct Uniques {
  Ints first;    ///< of each, where it stands first, in the order of the result
  Ints inverse;  ///< of each slice, which one of `first` it is
  Ints counts;   ///< of each of `first`
};

template <class N>
Uniques uniques(const std::vector<N>& values, std::int64_t outer, std::int64_t count, std::int64_t inner, bool sorted) {
  const auto compared = [&](std::int64_t a, std::int64_t b) {
    for (std::int64_t o = 0; o < outer; ++o) {
      for (std::int64_t i = 0; i < inner; ++i) {
        const auto at = [&](std::int64_t k) { return values[static_cast<std::size_t>((o * count + k) * inner + i)]; };
        if (const int order = order_of(at(a), at(b)); order != 0) return order;
      }
    }
    return 0;
  };
  Ints by_value(static_cast<std::size_t>(count));
  std::iota(by_value.begin(), by_value.end(), 0);
  std::ranges::stable_sort(by_value, [&](std::int64_t a, std::int64_t b) { return compared(a, b) < 0; });
  // Groups of equals, each with its first slice in front.
  Ints group(by_value.size());
  Uniques result;
  for (std::size_t i = 0; i < by_value.size(); ++i) {
    if (i == 0 || compared(by_value[i - 1], by_value[i]) != 0) result.first.push_back(by_value[i]);
    group[static_cast<std::size_t>(by_value[i])] = std::ssize(result.first) - 1;
  }
  Ints order(result.first.size()), place(result.first.size());
  std::iota(order.begin(), order.end(), 0);
  const Ints first = result.first;
  const auto first_of = [&](std::int64_t g) { return first[static_cast<std::size_t>(g)]; };
  if (!sorted) std::ranges::sort(order, {}, first_of);
  for (std::size_t i = 0; i < order.size(); ++i) {
    result.first[i] = first_of(order[i]);
    place[static_cast<std::size_t>(order[i])] = static_cast<std::int64_t>(i);
  }
  result.counts.resize(order.size());
  for (const std::int64_t g : group) {
    result.inverse.push_back(place[static_cast<std::size_t>(g)]);
    ++result.counts[static_cast<std::size_t>(result.inverse.back())];
  }
  return result;
}

void unique(Call& call) {
  const Steps s(call);
  const Known& x = call.known(0, "the input");
  const bool sorted = call.attributes.integer("sorted", 1) != 0;
  const auto axis = call.attributes.integer("axis");
  const Operand row = axis ? Operand{none, x} : s.reshape({none, x}, {x.elements()});
  const Shape shape = s.type(row).shape;
  const std::size_t along = resolve_axis(axis.value_or(0), shape.rank());
  if (x.elements() == 0) fail_input("tensors without elements are not supported");
  const auto lent = s.known().lend(x.elements() + 6 * shape[along]);
  // They are sorted.
  const auto comparisons = static_cast<std::int64_t>(std::bit_width(static_cast<std::uint64_t>(shape[along])));
  s.known().spend(checked_mul(x.elements(), comparisons));
  const std::int64_t outer = shape.elements(0, along), inner = shape.elements(along + 1, shape.rank());
  const auto of = [&](const auto& values) { return uniques(values, outer, shape[along], inner, sorted); };
  const Uniques found = is_float(x.dtype())       ? of(x.to_vector<double>())
                        : x.dtype() == DType::u64 ? of(x.to_vector<std::uint64_t>())
                                                  : of(x.to_vector<std::int64_t>());
  call.result(0, s.take(row, along, std::ssize(found.first),
                        [&](std::int64_t i) { return found.first[static_cast<std::size_t>(i)]; }));
  const Ints* lists[] = {&found.first, &found.inverse, &found.counts};
  for (std::size_t i = 0; i < 3; ++i) call.result(i + 1, {none, s.known().integers(*lists[i])});
}

/// Along the time axis the first elements of each sequence in reverse, as many as it is long.
void reverse_sequence(Call& call) {
  const Steps s(call);
  const Shape x = call.shape(0);
  const std::int64_t time = call.attributes.integer("time_axis", 0), batch = call.attributes.integer("batch_axis", 1);
  const bool axes = (time == 0 && batch == 1) || (time == 1 && batch == 0);
  if (x.rank() < 2 || !axes) fail_input("time_axis = {}, batch_axis = {} of {}", time, batch, x.str());
  const auto t = static_cast<std::size_t>(time), b = static_cast<std::size_t>(batch);
  if (call.shape(1) != Shape{x[b]}) fail_input("lengths {} for {} sequences", call.shape(1).str(), x[b]);
  Ints along(2, 1);
  along[b] = x[b];
  const Operand lengths = s.reshape(s.cast(call.in(1), DType::i64), along);
  const Operand at = s.counted(2, t, x[t]);
  const Operand from = s.where(s.less(at, lengths), s.sub(s.sub(lengths, s.number(lengths, 1)), at), at);
  const auto step = [&](std::size_t axis) { return s.number(lengths, axis == 0 ? static_cast<double>(x[1]) : 1); };
  const Operand places = s.add(s.mul(from, step(t)), s.mul(s.counted(2, b, x[b]), step(b)));
  Ints rows = x.vec();
  rows[1] *= rows[0];
  rows.erase(rows.begin());
  const Operand flat = s.emit(Gather{0}, {s.reshape(call.in(0), rows), s.reshape(places, {rows[0]})});
  call.result(0, s.reshape(flat, x.vec()));
}

constexpr Row rows[] = {
    {"Compress", compress}, {"NonZero", non_zero}, {"Unique", unique}, {"ReverseSequence", reverse_sequence}};

}  // namespace

std::span<const Row> selected_rows() { return rows; }

}  // namespace banoff::onnx_import
