// What stays, and why; what is wrong with what was asked.
#include <limits>

#include "tests/prune/exact.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

const Shape image{1, 3, 8, 8};

std::string reason(const GraphBuilder& net, ValueId layer, bool streams = false) {
  Graph graph = net.graph;
  const PruneReport report = prune(graph, {}, {PruneMethod::merge, 0.5, {}, streams});
  const PrunedLayer& found = row(report, name_of_maker(net, layer));
  CHECK(found.after == found.before);
  return found.reason;
}

/// A network with one layer that can be pruned, so that the rest may be looked at.
struct Net : GraphBuilder {
  ValueId x = input(image), free = relu(conv(x, 8));
  void finish(ValueId end) { output(conv(end, 4), "end"), output(conv(free, 4), "other"); }
};

}  // namespace

TEST_CASE("an output of the network keeps its neurons") {
  Net net;
  const ValueId last = net.conv(net.free, 6);
  net.output(last);
  CHECK(reason(net, last) == "they are an output of the network");
}

TEST_CASE("ops that need every channel keep them, and are named") {
  const auto kept_by = [](const Op& op, std::string_view what) {
    Net net;
    const ValueId layer = net.conv(net.x, 8), reader = net.add(op, {layer});
    net.finish(reader);
    CHECK(reason(net, layer) == "'" + name_of_maker(net, reader) + "' " + std::string(what));
  };
  kept_by(GroupNorm{2}, "takes the statistics of several together");
  kept_by(ChannelShuffle{2}, "permutes them by their number");
  kept_by(Softmax{1}, "normalises over all of them");
  kept_by(Lrn{3}, "normalises over neighbouring ones");
  kept_by(Slice{{1}, {2}, {6}, {}}, "takes some of them");
  kept_by(Reshape{{1, 4, 16, 8}}, "spreads them over several axes");
  Conv grouped;
  grouped.out = 4, grouped.kernel = 3, grouped.groups = 2;
  kept_by(grouped, "reads them in groups");
}

TEST_CASE("softmax over the picture and instance norm let neurons go") {
  Net net;
  const ValueId layer = net.conv(net.x, 8);
  GroupNorm instance;
  instance.instance = true;
  net.finish(net.add(Softmax{2}, {net.add(instance, {layer})}));
  Graph graph = net.graph;
  const PruneReport report = prune(graph, {}, {PruneMethod::merge, 0.5, {}, false});
  CHECK(row(report, name_of_maker(net, layer)).after == 4);
  (void)reference::outputs<double>(graph, {{"image", Tensor::of<double>(image, std::vector<double>(192, 0.3))}});
}

TEST_CASE("layers of one stream stay unless they are to shrink together") {
  Net net;
  const ValueId a = net.conv(net.x, 8), b = net.conv(net.x, 8);
  net.finish(net.sum({a, b}));
  CHECK(reason(net, a) == "'" + name_of_maker(net, b) + "' writes the same channels");
  Graph graph = net.graph;
  const PruneReport report = prune(graph, {}, {PruneMethod::kmeans, 0.5, {}, true});
  CHECK(row(report, name_of_maker(net, a)).after == 4);
  CHECK(row(report, name_of_maker(net, b)).after == 4);
}

TEST_CASE("channels that meet themselves or the input stay") {
  Net net;
  const ValueId twice = net.conv(net.x, 8), beside = net.conv(net.x, 3);
  net.finish(net.concat({twice, twice, net.sum({beside, net.x})}));
  CHECK(reason(net, twice, true) == "they meet each other");
  CHECK(reason(net, beside, true).find("joins them with others of another form") != std::string::npos);
}

TEST_CASE("options out of range and networks with nothing to prune are errors, and leave the network alone") {
  Net net;
  net.finish(net.free);
  const auto fails = [&](const GraphBuilder& of, const PruneOptions& options, ErrorKind kind, const char* message) {
    Graph graph = of.graph;
    try {
      (void)prune(graph, {}, options);
      FAIL("no error");
    } catch (const Error& error) {
      CHECK(error.kind() == kind);
      CHECK(std::string(error.what()).find(message) != std::string::npos);
    }
    CHECK(difference(graph, of.graph, image) == 0);
  };
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const double rate : {0.0, 1.0, -0.1, 1.5, nan}) {
    for (const PruneMethod method : {PruneMethod::merge, PruneMethod::kmeans, PruneMethod::magnitude}) {
      fails(net, {method, rate, {}, false}, ErrorKind::usage, "above 0 and below 1");
    }
  }
  fails(net, {PruneMethod::merge, 0.5, -1.0, false}, ErrorKind::usage, "expected 0 or more");
  fails(net, {PruneMethod::merge, 0.5, nan, false}, ErrorKind::usage, "expected 0 or more");
  fails(net, {PruneMethod::kmeans, 0.5, 1.0, false}, ErrorKind::usage, "a distance is for the method merge");
  fails(net, {PruneMethod::merge, 0.01, {}, false}, ErrorKind::bad_input, "no layer loses a whole neuron");
  GraphBuilder last;
  last.output(last.conv(last.input(image), 4));
  fails(last, {PruneMethod::merge, 0.5, {}, false}, ErrorKind::bad_input, "they are an output of the network");
  GraphBuilder without;
  without.output(without.relu(without.input(image)));
  fails(without, {PruneMethod::magnitude, 0.5, {}, false}, ErrorKind::bad_input, "no convolution or dense layer");
  CHECK_THROWS_WITH_AS((void)prune_method_named("lottery"),
                       "unknown way of pruning 'lottery' (known: merge, kmeans, magnitude)", Error);
}
