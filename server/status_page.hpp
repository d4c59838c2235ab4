#pragma once
// status.html, built into the program.

#include <string_view>

namespace zoom_proxy {

extern const std::string_view kStatusPage;

}  // namespace zoom_proxy
