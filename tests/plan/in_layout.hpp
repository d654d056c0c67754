// The CPU device, its pictures in one layout wherever it takes a region in it.
#pragma once

#include <algorithm>

#include "kernels/cpu/cpu.hpp"

namespace banoff::test {

class InLayout final : public Device {
 public:
  explicit InLayout(Layout layout, const cpu::Options& options = {.threads = 1})
      : layout_(layout), device_(cpu::device(options)) {}

  std::string name() const override { return device_->name(); }
  int threads() const override { return device_->threads(); }
  /// The layout, and plain, in which everything can be computed.
  std::vector<Layout> layouts(const TensorType& type) const override {
    const std::vector<Layout> all = device_->layouts(type);
    if (std::ranges::count(all, layout_) == 0 || layout_ == Layout::plain) return {Layout::plain};
    return {layout_, Layout::plain};
  }
  DType storage(DType type) const override { return device_->storage(type); }
  std::optional<Stored> stored(const TensorType& type, const std::optional<Stored>& grid) const override {
    return device_->stored(type, grid);
  }
  std::size_t bytes(const TensorType& type, Layout layout) const override { return device_->bytes(type, layout); }
  Offers offers(const Region& region) const override { return device_->offers(region); }
  Offer reorder(const TensorType& type, Layout from, Layout to) const override {
    return device_->reorder(type, from, to);
  }
  int enter() const override { return device_->enter(); }
  void leave(int before) const override { device_->leave(before); }

 private:
  Layout layout_;
  std::shared_ptr<const Device> device_;
};

}  // namespace banoff::test
