// A device that offers what a test says, with kernels that do nothing.
#pragma once

#include "kernels/device.hpp"

namespace banoff::test {

class IdleKernel final : public Kernel {
 public:
  explicit IdleKernel(std::string name) : name_(std::move(name)) {}
  void run(const KernelArgs&) const override {}
  std::string implementation() const override { return name_; }

 private:
  std::string name_;
};

class Offering final : public Device {
 public:
  using Answer = std::function<Offers(const Region&)>;
  explicit Offering(Answer answer, std::vector<Layout> layouts = {Layout::plain})
      : answer_(std::move(answer)), layouts_(std::move(layouts)) {}

  /// Every kernel that is made counts.
  static Offer offer(const std::string& name, double us, bool slow = false) {
    return {name, us, slow, [name]() -> Compiled {
              ++made;
              return std::make_unique<IdleKernel>(name);
            }};
  }
  static Offer refusing(const std::string& name, double us) {
    return {name, us, false, [name]() -> Compiled { return Refusal{name + " does not fit"}; }};
  }
  static inline int made = 0;

  std::string name() const override { return "offering"; }
  std::vector<Layout> layouts(const TensorType&) const override { return layouts_; }
  std::size_t bytes(const TensorType&, Layout) const override { return 4; }
  Offers offers(const Region& region) const override { return answer_(region); }
  Offer reorder(const TensorType&, Layout, Layout) const override { return offer("reorder", 1); }

 private:
  Answer answer_;
  std::vector<Layout> layouts_;
};

}  // namespace banoff::test
