// Whether this is a build with the address sanitizer.
#pragma once

#if defined(__SANITIZE_ADDRESS__)
#define BANOFF_ADDRESS_SANITIZER
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define BANOFF_ADDRESS_SANITIZER
#endif
#endif

namespace banoff::test {

#ifdef BANOFF_ADDRESS_SANITIZER
inline constexpr bool address_sanitizer = true;
#else
inline constexpr bool address_sanitizer = false;
#endif

}  // namespace banoff::test
