// Errors that another number of an input's channels would not have.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "banoff/model.hpp"

namespace banoff {

using MakeModel = std::function<Model(const std::map<std::string, Shape>&)>;

/// `make(shapes)`; where something is wrong with an input's channels, of which another number would do, it says that.
[[nodiscard]] Model blaming_channels(const std::map<std::string, Shape>& shapes, const MakeModel& make);

}  // namespace banoff
