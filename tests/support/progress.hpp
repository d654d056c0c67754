// What a long run says of itself, every ten seconds.
#pragma once

#include <chrono>
#include <iostream>

namespace banoff::test {

class Progress {
 public:
  /// Prints what `text` gives, where ten seconds have passed since it last did.
  template <class F>
  void tell(F&& text) {
    const auto now = Clock::now();
    if (now - told_ < std::chrono::seconds(10)) return;
    told_ = now;
    std::cout << text() << std::endl;
  }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point told_ = Clock::now();
};

}  // namespace banoff::test
