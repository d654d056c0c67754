// Sums and products with constants of every rank, and what moves values without computing anything.
#include <algorithm>
#include <cmath>

#include "tests/networks/network_parts.hpp"

namespace banoff::test {

std::vector<NetworkValue> NetworkParts::alike(const Value& x, std::size_t except) {
  std::vector<Value> found;
  for (const Value& value : pool_) {
    Shape other = value.shape;
    if (except < other.rank()) other[except] = x.shape[except];
    if (other == x.shape) found.push_back(value);
  }
  if (found.empty()) found.push_back(x);
  return found;
}

NetworkValue NetworkParts::transposed(const Value& x, const Sizes& perm) {
  Shape shape;
  for (const std::int64_t axis : perm) shape.push_back(x.shape[static_cast<std::size_t>(axis)]);
  const Value y = net_.node("Transpose", {x.name}, shape);
  net_.with("perm", perm);
  return y;
}

NetworkValue NetworkParts::reshaped(const Value& x, const Shape& to) {
  Sizes sizes = to.vec();
  if (kind_.symbolic_batch || chance(0.3)) sizes[0] = chance(0.5) ? 0 : -1;
  return net_.node("Reshape", {x.name, net_.integers(sizes)}, to);
}

/// Add, subtract, multiply or divide by a scalar, a number per channel, per position, per row, or of all dimensions.
NetworkValue NetworkParts::with_constant(const Value& x) {
  Shape shape;
  const std::int64_t kind = dice_.integer(0, 8);
  const std::size_t rank = x.shape.rank();
  for (std::size_t i = 0; i < rank; ++i) {
    const bool channel = i == 1, position = i > 1;
    const bool full = (channel && (kind == 0 || kind == 1 || kind >= 7)) || (position && (kind == 2 || kind == 7)) ||
                      (i + 1 == rank && (kind == 3 || kind == 8)) || (position && kind == 1 && chance(0.5));
    shape.push_back(full ? x.shape[i] : 1);
  }
  // Leading ones may be left out.
  if (kind == 4) shape = {};
  if (kind == 5) shape = {1};
  while (shape.rank() > 1 && shape[0] == 1 && chance(0.6)) {
    Shape shorter;
    for (std::size_t i = 1; i < shape.rank(); ++i) shorter.push_back(shape[i]);
    shape = shorter;
  }
  const std::string op = dice_.one_of(std::vector<std::string>{"Add", "Add", "Sub", "Mul", "Div"});
  std::vector<double> values = dice_.normals(shape.elements());
  if (op == "Div" || op == "Mul") {
    for (double& value : values) value = dice_.uniform(0.3, 2) * (chance(0.3) ? -1 : 1);
  }
  const std::string constant = net_.constant(shape, values);
  const bool behind = op == "Div" || chance(0.7);
  return net_.node(op, behind ? std::vector{x.name, constant} : std::vector{constant, x.name}, x.shape);
}

NetworkValue NetworkParts::sum(const Value& x) {
  const std::vector<Value> others = alike(x);
  if (chance(0.2)) return net_.node("Sub", {x.name, dice_.one_of(others).name}, x.shape);
  if (chance(0.2)) return net_.node("Sum", {x.name, dice_.one_of(others).name, dice_.one_of(others).name}, x.shape);
  return net_.node("Add", {x.name, dice_.one_of(others).name}, x.shape);
}

NetworkValue NetworkParts::product(const Value& x) {
  return net_.node("Mul", {x.name, dice_.one_of(alike(x)).name}, x.shape);
}

/// Along the channels or a spatial dimension, with values or a constant.
NetworkValue NetworkParts::concat(const Value& x) {
  const std::size_t axis = chance(0.7) ? 1 : static_cast<std::size_t>(dice_.integer(2, std::ssize(x.shape.vec()) - 1));
  Value other = dice_.one_of(alike(x, axis));
  if (!kind_.symbolic_batch && chance(0.2)) {
    Shape shape = x.shape;
    shape[axis] = dice_.integer(1, 2);
    other = {weights(shape), shape};
  }
  if (x.shape[axis] + other.shape[axis] > 12) return activation(x);
  Shape shape = x.shape;
  shape[axis] += other.shape[axis];
  const Value y =
      net_.node("Concat", chance(0.5) ? std::vector{x.name, other.name} : std::vector{other.name, x.name}, shape);
  net_.with("axis", static_cast<std::int64_t>(axis));
  return y;
}

NetworkValue NetworkParts::split(const Value& x) {
  const std::size_t axis = chance(0.7) ? 1 : 2;
  if (x.shape[axis] < 2) return activation(x);
  const std::int64_t first = dice_.integer(1, x.shape[axis] - 1);
  std::vector<Shape> shapes{x.shape, x.shape};
  shapes[0][axis] = first, shapes[1][axis] = x.shape[axis] - first;
  const std::vector<Value> parts = net_.node("Split", {x.name, net_.integers({first, shapes[1][axis]})}, shapes);
  net_.with("axis", static_cast<std::int64_t>(axis));
  pool_.push_back(parts[1]);
  return parts[0];
}

NetworkValue NetworkParts::slice(const Value& x) {
  const std::size_t axis = static_cast<std::size_t>(dice_.integer(1, std::ssize(x.shape.vec()) - 1));
  const std::int64_t size = x.shape[axis], step = size > 3 && chance(0.3) ? 2 : 1, begin = dice_.integer(0, size / 2);
  const bool backwards = chance(0.1);
  Shape shape = x.shape;
  shape[axis] = backwards ? size : (size - begin + step - 1) / step;
  const Sizes from{backwards ? -1 : begin}, to{backwards ? INT64_MIN : chance(0.5) ? size : INT64_MAX};
  return net_.node("Slice",
                   {x.name, net_.integers(from), net_.integers(to), net_.integers({static_cast<std::int64_t>(axis)}),
                    net_.integers({backwards ? -1 : step})},
                   shape);
}

/// Channels last and back again, with a product, a constant, an activation, a slice or nothing between.
NetworkValue NetworkParts::channels_last(const Value& x) {
  Sizes there{0}, back{0, static_cast<std::int64_t>(x.shape.rank()) - 1};
  for (std::size_t i = 2; i < x.shape.rank(); ++i) {
    there.push_back(static_cast<std::int64_t>(i));
    back.push_back(static_cast<std::int64_t>(i) - 1);
  }
  there.push_back(1);
  Value y = transposed(x, there);
  const std::int64_t width = channels(x), out = dice_.integer(1, 4);
  switch (dice_.integer(0, 4)) {
    case 0: {
      Shape shape = y.shape;
      shape[shape.rank() - 1] = out;
      y = net_.node("MatMul", {y.name, weights({width, out}, 1 / std::sqrt(static_cast<double>(width)))}, shape);
      if (chance(0.5)) y = net_.node("Add", {y.name, weights({out})}, shape);
      break;
    }
    case 1: y = net_.node("Mul", {y.name, weights({width})}, y.shape); break;
    case 2: y = net_.node("Relu", {y.name}, y.shape); break;
    case 3: y = net_.node("Sub", {weights({width}), y.name}, y.shape); break;
    default: break;
  }
  return transposed(y, back);
}

/// All positions in one dimension, a norm or an activation there, and back.
NetworkValue NetworkParts::flat_space(const Value& x) {
  const Shape flat{x.shape[0], channels(x), x.shape.elements(2, x.shape.rank())};
  Value y = reshaped(x, flat);
  const std::int64_t width = channels(x);
  if (chance(0.5)) {
    const Shape each{width};
    std::vector<double> var(static_cast<std::size_t>(width));
    for (double& value : var) value = dice_.uniform(0.2, 3);
    y = net_.node("BatchNormalization", {y.name, weights(each), weights(each), weights(each), net_.constant(each, var)},
                  flat);
  }
  if (chance(0.5)) y = net_.node("Relu", {y.name}, flat);
  if (chance(0.3)) y = net_.node("Mul", {y.name, weights({width, 1})}, flat);
  return reshaped(y, x.shape);
}

/// A channel shuffle spelled out.
NetworkValue NetworkParts::shuffled(const Value& x) {
  if (channels(x) % 2 != 0) return flat_space(x);
  Shape split{x.shape[0], 2, channels(x) / 2};
  Sizes perm{0, 2, 1};
  for (std::size_t i = 2; i < x.shape.rank(); ++i) {
    split.push_back(x.shape[i]);
    perm.push_back(static_cast<std::int64_t>(i) + 1);
  }
  return reshaped(transposed(reshaped(x, split), perm), x.shape);
}

NetworkValue NetworkParts::padded(const Value& x) {
  if (largest_side(x) > 12) return pool(x);
  const bool constant = chance(0.5);
  Sizes begin(x.shape.rank(), 0), end(x.shape.rank(), 0);
  Shape shape = x.shape;
  for (std::size_t i = 2; i < x.shape.rank(); ++i) {
    const std::int64_t most = constant ? 2 : std::min<std::int64_t>(1, x.shape[i] - 1);
    begin[i] = dice_.integer(0, most), end[i] = dice_.integer(0, most);
    shape[i] += begin[i] + end[i];
  }
  begin.insert(begin.end(), end.begin(), end.end());
  std::vector<std::string> inputs{x.name, net_.integers(begin)};
  if (constant && chance(0.3)) inputs.push_back(net_.constant({}, {1.5}));
  const Value y = net_.node("Pad", inputs, shape);
  net_.with("mode", constant ? "constant" : chance(0.5) ? "reflect" : "edge");
  return y;
}

NetworkValue NetworkParts::resized(const Value& x) {
  if (largest_side(x) > 7) return slice(x);
  std::vector<double> scales(x.shape.rank(), 1.0);
  Shape shape = x.shape;
  for (std::size_t i = 2; i < x.shape.rank(); ++i) scales[i] = 2, shape[i] *= 2;
  const Value y = net_.node("Resize", {x.name, "", net_.constant32({std::ssize(scales)}, scales)}, shape);
  if (kind_.space == 2 && chance(0.5)) {
    net_.with("mode", "linear").with("coordinate_transformation_mode", chance(0.5) ? "half_pixel" : "align_corners");
  } else {
    net_.with("mode", "nearest").with("coordinate_transformation_mode", "asymmetric").with("nearest_mode", "floor");
  }
  return y;
}

std::string NetworkParts::batch_of(const Value& x) {
  const std::string sizes = net_.node("Shape", {x.name}, Shape{std::ssize(x.shape.vec())}).name;
  const std::string batch = net_.node("Gather", {sizes, net_.integers({0})}, Shape{1}).name;
  net_.with("axis", std::int64_t{0});
  return batch;
}

/// Flat and back by sizes that the network computes from the batch's.
NetworkValue NetworkParts::reshaped_by_batch(const Value& x) {
  const auto by = [&](const Value& of, const Sizes& rest, const Shape& to) {
    const std::string sizes = net_.node("Concat", {batch_of(x), net_.integers(rest)}, Shape{1 + std::ssize(rest)}).name;
    net_.with("axis", std::int64_t{0});
    return net_.node("Reshape", {of.name, sizes}, to);
  };
  const Shape flat{x.shape[0], channels(x), x.shape.elements(2, x.shape.rank())};
  Value y = by(x, {channels(x), -1}, flat);
  if (chance(0.4)) y = net_.node("Relu", {y.name}, flat);
  const Sizes all = x.shape.vec();
  return by(y, Sizes(all.begin() + 1, all.end()), x.shape);
}

/// Adds a constant map repeated for every picture of the batch.
NetworkValue NetworkParts::expanded_by_batch(const Value& x) {
  Shape map = x.shape;
  map[0] = 1;
  if (chance(0.5)) map[1] = 1;
  Sizes ones(x.shape.rank() - 1, 1);
  const std::string sizes =
      net_.node("Concat", {batch_of(x), net_.integers(ones)}, Shape{std::ssize(x.shape.vec())}).name;
  net_.with("axis", std::int64_t{0});
  Shape repeated = map;
  repeated[0] = x.shape[0];
  const Value maps = net_.node("Expand", {weights(map), sizes}, repeated);
  return net_.node("Add", {x.name, maps.name}, x.shape);
}

}  // namespace banoff::test
