#include "rules/egress_guard.hpp"

#include "rules/format/json.hpp"
#include "rules/identity/email.hpp"

namespace zoom_proxy {

bool holds_email(std::string_view inside, bool has_escapes, std::string& scratch) {
  if (has_escapes) {
    scratch.clear();
    json::unescape(inside, scratch);
    inside = scratch;
  }
  return find_email(inside) != std::string_view::npos;
}

}  // namespace zoom_proxy
