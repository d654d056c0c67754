// What every page begins and ends with.
#pragma once

#include <string>

namespace banoff::bench {

/// A page that needs nothing else. The title is plain text, the body HTML.
[[nodiscard]] std::string html_document(const std::string& title, const std::string& body);

}  // namespace banoff::bench
