#include "tests/gpu/check/without_library.hpp"

namespace banoff::check {

namespace {

class WithoutLibrary final : public gpu::Backend {
 public:
  explicit WithoutLibrary(std::shared_ptr<const gpu::Backend> inner) : inner_(std::move(inner)) {}

  [[nodiscard]] std::string name() const override { return inner_->name(); }
  [[nodiscard]] gpu::Memory allocate(std::size_t bytes) const override { return inner_->allocate(bytes); }
  [[nodiscard]] gpu::Memory allocate_host(std::size_t bytes) const override { return inner_->allocate_host(bytes); }
  [[nodiscard]] std::unique_ptr<gpu::Queue> make_queue() const override { return inner_->make_queue(); }
  [[nodiscard]] std::vector<gpu::WaySource<gpu::ConvArgs>> ways(const gpu::ConvProblem&, std::size_t) const override {
    return {};
  }
  [[nodiscard]] std::unique_ptr<gpu::Convolver> rebuild(const gpu::ConvProblem&, std::size_t, const std::string&,
                                                        const std::string&) const override {
    return nullptr;
  }
  [[nodiscard]] std::vector<gpu::WaySource<gpu::ProductArgs>> ways(const gpu::ProductProblem&,
                                                                   std::size_t) const override {
    return {};
  }
  [[nodiscard]] std::unique_ptr<gpu::Multiplier> rebuild(const gpu::ProductProblem&, std::size_t, const std::string&,
                                                         const std::string&) const override {
    return nullptr;
  }
  [[nodiscard]] bool has(DType type) const override { return inner_->has(type); }

 private:
  std::shared_ptr<const gpu::Backend> inner_;
};

}  // namespace

std::shared_ptr<const gpu::Backend> without_library(std::shared_ptr<const gpu::Backend> backend) {
  return std::make_shared<WithoutLibrary>(std::move(backend));
}

}  // namespace banoff::check
