// Uses the library as its users do: public headers, exported symbols, an exception caught across the boundary.
#include <banoff/error.hpp>
#include <banoff/tensor.hpp>

#include <cstdio>

int main() {
  const banoff::Tensor tensor = banoff::Tensor::of<float>({1, 2}, {1.5F, -2.0F});
  const auto halves = tensor.as(banoff::DType::f16).to_vector<double>();
  try {
    (void)banoff::dtype_named("f128");
  } catch (const banoff::Error& error) {
    std::printf("%s: %g %g; %s\n", tensor.shape().str().c_str(), halves[0], halves[1], error.what());
    return halves[0] == 1.5 && halves[1] == -2.0 && error.kind() == banoff::ErrorKind::bad_input ? 0 : 1;
  }
  return 1;
}
