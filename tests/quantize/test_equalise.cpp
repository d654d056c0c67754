// Channels brought to one size.
#include "tests/quantize/nets.hpp"

using namespace banoff;
using namespace banoff::test;

TEST_CASE("channels scaled apart over three decades are brought together, and the error is what it was") {
  const SmallNet net;
  Graph apart = net.graph;
  // Behind the stem's norm, and back in the layers that read it.
  const ValueId norm = apart.node(apart.value(net.stem).producer).inputs[0];
  const NodeId id = apart.value(norm).producer;
  std::vector<double> scale(8);
  for (std::size_t c = 0; c < scale.size(); ++c) scale[c] = std::pow(10.0, static_cast<double>(c) * 3 / 7 - 1.5);
  for (const Slot slot : {Slot::weight, Slot::bias}) {
    std::vector<double> values = apart.param(apart.node(id), slot)->to_vector<double>();
    for (std::size_t c = 0; c < scale.size(); ++c) values[c] *= scale[c];
    apart.set_param(id, slot, Tensor::of<double>({8}, values).as(DType::f32));
  }
  const Readers readers = apart.readers();
  for (const NodeId reader : readers.of(net.stem)) {
    const Tensor weight = *apart.param(apart.node(reader), Slot::weight);
    std::vector<double> values = weight.to_vector<double>();
    const auto taps = static_cast<std::size_t>(weight.shape().elements(2, 4));
    for (std::size_t i = 0; i < values.size(); ++i) values[i] /= scale[i / taps % 8];
    apart.set_param(reader, Slot::weight, Tensor::of<double>(weight.shape(), values).as(DType::f32));
  }
  QuantizeOptions options;
  options.float_layers = 0;
  options.pictures = pictures(SmallNet::image, 60);
  QuantizeReport together, left, equalised;
  (void)quantized(net.graph, options, &together);
  options.equalise = Equalise::on;
  (void)quantized(apart, options, &equalised);
  options.equalise = Equalise::off;
  (void)quantized(apart, options, &left);
  CHECK(equalised.equalised);
  CHECK_FALSE(left.equalised);
  CHECK(left.on_pictures.relative > 2 * equalised.on_pictures.relative);
  CHECK(equalised.on_pictures.relative < 1.5 * together.on_pictures.relative);
}
