// Concatenations, splits and slices that cost nothing, because memory is laid out for them.
#include <doctest/doctest.h>

#include "tests/plan/in_layout.hpp"
#include "tests/plan/plan_check.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

std::vector<Layout> layouts() { return cpu_device()->layouts({DType::f32, {1, 16, 8, 8}}); }

/// Steps that only copy: changes of layout aside.
std::ptrdiff_t copies(const Plan& plan) {
  return std::ranges::count_if(plan.steps, [](const Step& step) {
    const std::string name = step.kernel->implementation();
    return name == "loop:copy" || name == "loop:concat" || name == "loop:split" || name == "loop:gather";
  });
}

/// The plan in each layout, each checked against the reference; `each` is handed every one.
template <class F>
void in_every_layout(const GraphBuilder& net, const F& each) {
  for (const Layout layout : layouts()) {
    CAPTURE(name_of(layout));
    each(*check(net.graph, {}, std::make_shared<const InLayout>(layout)), layout);
  }
}

/// Whether channels are pieces in this layout, for one image.
bool apart(Layout layout) { return layout != Layout::channels_last; }

ValueId slice(GraphBuilder& net, ValueId x, std::int64_t begin, std::int64_t end) {
  return net.add(Slice{{1}, {begin}, {end}, {}}, {x});
}

std::vector<ValueId> split(GraphBuilder& net, ValueId x, Ints sizes) {
  return net.producer(net.add(Split{1, std::move(sizes), 0}, {x})).outputs;
}

}  // namespace

TEST_CASE("branches are made where their concatenation lies, for one image") {
  for (const std::int64_t images : {1, 2}) {
    CAPTURE(images);
    GraphBuilder net;
    const ValueId x = net.conv(net.input({images, 16, 8, 8}), 32);
    const ValueId joined =
        net.concat({net.conv(x, 16, 1), net.relu(net.conv(x, 48)), net.pool(PoolKind::max, x, 3, 1, 1)});
    net.output(net.conv(joined, 16, 1));
    in_every_layout(
        net, [&](const Plan& plan, Layout layout) { CHECK(copies(plan) == (images == 1 && apart(layout) ? 0 : 1)); });
  }
}

TEST_CASE("a dense block grows in one storage, whether it joins what it joined before or everything anew") {
  for (const bool anew : {false, true}) {
    CAPTURE(anew);
    GraphBuilder net;
    std::vector<ValueId> all{net.conv(net.input({1, 16, 8, 8}), 64)};
    ValueId joined = all[0];
    for (int i = 0; i < 4; ++i) {
      const ValueId grown = net.conv(net.conv_bn_relu(net.relu(net.bn(joined)), 32, 1), 32);
      all.push_back(grown);
      joined = anew ? net.concat(all) : net.concat({joined, grown});
    }
    net.output(net.conv(net.relu(net.bn(joined)), 16, 1));
    in_every_layout(net, [&](const Plan& plan, Layout layout) { CHECK(copies(plan) == (apart(layout) ? 0 : 4)); });
  }
}

TEST_CASE("what does not choose its memory is copied into a concatenation, and only that") {
  GraphBuilder net;
  const ValueId image = net.input({1, 16, 8, 8});
  const ValueId a = net.conv(image, 16);
  net.output(net.concat({image, a, net.conv(a, 32)}), "joined");
  net.output(a, "a");
  const auto plan = check(net.graph, {}, std::make_shared<const InLayout>(Layout::plain));
  CHECK(copies(*plan) == 2);  // the input and the other output
}

TEST_CASE("a value that two concatenations want, or one twice, is copied where it cannot be in both") {
  GraphBuilder net;
  const ValueId x = net.conv(net.input({1, 16, 8, 8}), 32);
  const ValueId a = net.conv(x, 16), b = net.conv(x, 16);
  net.output(net.conv(net.concat({a, b}), 16), "first");
  net.output(net.conv(net.concat({b, a}), 16), "second");
  net.output(net.conv(net.concat({x, x}), 16), "twice");
  in_every_layout(net, [&](const Plan& plan, Layout layout) { CHECK(copies(plan) == (apart(layout) ? 3 : 3)); });
}

TEST_CASE("splits and slices of whole blocks are views") {
  for (const std::int64_t images : {1, 2}) {
    CAPTURE(images);
    GraphBuilder net;
    const ValueId x = net.conv(net.input({images, 16, 8, 8}), 64);
    const auto parts = split(net, x, {16, 48});
    net.output(net.conv(parts[0], 16), "first");
    net.output(net.conv(net.relu(parts[1]), 16), "second");
    net.output(net.conv(slice(net, x, 32, 64), 16), "slice");
    in_every_layout(
        net, [&](const Plan& plan, Layout layout) { CHECK((copies(plan) == 0) == (images == 1 && apart(layout))); });
  }
}

TEST_CASE("a view of one part is not overwritten for another part's sake, nor the whole for a part's") {
  GraphBuilder net;
  const ValueId x = net.conv(net.input({1, 16, 8, 8}), 32);
  const auto parts = split(net, x, {16, 16});
  const ValueId sum = net.relu(net.sum({net.conv(parts[0], 16), parts[0]}));
  const ValueId later = net.relu(net.sum({net.conv(sum, 16), parts[1]}));
  net.output(net.conv(net.concat({sum, later, parts[1]}), 16), "out");
  net.output(net.conv(net.relu(x), 16), "whole");
  in_every_layout(net, [](const Plan&, Layout) {});
}

TEST_CASE("parts and wholes that are outputs have memory of their own") {
  GraphBuilder net;
  const ValueId image = net.input({1, 32, 8, 8});
  const auto of_input = split(net, image, {16, 16});
  net.output(of_input[1], "part_of_input");
  const ValueId a = net.conv(of_input[0], 16);
  const ValueId inner = net.concat({a, net.conv(a, 16)});
  net.output(inner, "inner");
  const ValueId outer = net.concat({inner, net.conv(inner, 16)});
  net.output(outer, "outer");
  net.output(slice(net, outer, 16, 32), "slice");
  in_every_layout(net, [](const Plan& plan, Layout) {
    std::vector<std::int32_t> storages;
    for (const std::int32_t buffer : plan.output_buffers) {
      CHECK(plan.buffer(buffer).offset == 0);
      CHECK(plan.storage_of(buffer).bytes == plan.device->bytes(plan.type(buffer), Layout::plain));
      storages.push_back(plan.buffer(buffer).storage);
    }
    std::ranges::sort(storages);
    CHECK(std::ranges::adjacent_find(storages) == storages.end());
  });
}

TEST_CASE("pieces that would begin askew are copied") {
  GraphBuilder net;
  const ValueId x = net.conv(net.input({1, 16, 5, 3}), 16);
  net.output(net.concat({net.conv(x, 3), net.conv(x, 5)}));
  const auto plan = check(net.graph, {}, std::make_shared<const InLayout>(Layout::plain));
  CHECK(copies(*plan) == 1);
}

TEST_CASE("random graphs of concatenations, splits, slices and sums are computed right in every layout") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
    const auto channels = [&] { return static_cast<std::int64_t>(std::array{16, 32, 8, 48, 5}[below(5)]); };
    GraphBuilder net(seed);
    const Shape shape{seed % 3 == 0 ? 2 : 1, 16, 4, seed % 4 == 0 ? 3 : 4};
    std::vector<ValueId> values{net.input(shape)};
    const auto any = [&] { return values[values.size() - 1 - below(std::min<std::size_t>(values.size(), 6))]; };
    const auto width = [&](ValueId v) { return net.type(v).shape[1]; };
    for (int i = 0; i < 16; ++i) {
      const ValueId x = any();
      switch (below(7)) {
        case 0: values.push_back(net.conv(x, channels(), below(2) == 0 ? 1 : 3)); break;
        case 1: values.push_back(net.relu(x)); break;
        case 2: values.push_back(net.relu(net.sum({net.conv(x, width(x)), x}))); break;
        case 3: values.push_back(net.concat({x, any()})); break;
        case 4: values.push_back(net.concat({any(), net.conv(x, channels()), any()})); break;
        case 5:
          if (width(x) < 16) break;
          for (const ValueId part : split(net, x, {width(x) / 16 * 8, width(x) - width(x) / 16 * 8}))
            values.push_back(part);
          break;
        case 6:
          if (width(x) >= 24) values.push_back(slice(net, x, 8, width(x) / 8 * 8));
          break;
      }
      if (width(values.back()) > 200) values.push_back(net.conv(values.back(), 16, 1));
      if (below(5) == 0) net.output(values.back(), "out" + std::to_string(i));
    }
    net.output(net.conv(values.back(), 8, 1), "last");
    in_every_layout(net, [](const Plan&, Layout) {});
    check(net.graph);
  }
}
