// A gpu device whose kernels take memory of the host: what they read is copied there, what they write is copied back.
// With it, the table of op cases tests the device on a GPU as it tests any other.
#pragma once

#include "kernels/device.hpp"

namespace banoff::test {

[[nodiscard]] std::unique_ptr<Device> staged(std::shared_ptr<const Device> device);

}  // namespace banoff::test
