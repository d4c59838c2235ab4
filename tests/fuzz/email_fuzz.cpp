// Any text through the e-mail grammar. Its two readers agree: where parse_mailbox takes a text,
// find_email finds an address in it, whatever stands around it. So does the egress guard, escaped
// or not.

#include <array>
#include <cstdint>
#include <functional>

#include "rules/egress_guard.hpp"
#include "rules/format/json.hpp"
#include "rules/identity/email.hpp"
#include "rules/identity/pseudonym.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace {

using namespace zoom_proxy;
using fuzz::must;

bool inside(std::string_view part, std::string_view text) {
  const std::less_equal<> at_or_before;
  return at_or_before(text.data(), part.data()) &&
         at_or_before(part.data() + part.size(), text.data() + text.size());
}

constexpr std::array<std::string_view, 10> kAround = {"\"", "(", ")", "\\",  "@",
                                                      ".",  "a", " ", "%40", "\xEF\xBC\xA0"};

/// Every character as an escape where JSON allows it.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    char written[8];
    std::snprintf(written, sizeof written, "\\u%04x", static_cast<unsigned char>(c));
    static_cast<unsigned char>(c) < 0x80 ? out += written : out += c;
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  const std::size_t found = find_email(text);
  const bool has_email = found != std::string_view::npos;
  must(!has_email || found < text.size(), "an address stands inside the text");

  const auto mailbox = parse_mailbox(text);
  if (mailbox) {
    must(inside(mailbox->local, text) && inside(mailbox->domain, text),
         "the parts of a mailbox lie in its text");
    must(!mailbox->domain.empty(), "a mailbox has a domain");
    must(has_email, "a mailbox is found");
    for (const std::string_view around : kAround) {
      const std::string within = std::string(around) + text + std::string(around);
      must(find_email(within) != std::string_view::npos, "a mailbox is found in a text");
    }
  }
  const CanonicalValue canonical = canonicalize(text, EmailCanonicalization::ignore_dots);
  must(canonical.domain.empty() == !mailbox, "a mailbox alone has a domain in its canonical form");
  must(mailbox || canonical.text == text, "any other text is its own canonical form");

  std::string json;
  json::append_string(text, json);
  const std::string_view raw = std::string_view(json).substr(1, json.size() - 2);
  std::string scratch;
  must(holds_email(raw, raw.find('\\') != std::string_view::npos, scratch) == has_email,
       "the egress guard sees an address in a JSON string");
  must(text.empty() || holds_email(escaped(text), true, scratch) == has_email,
       "the egress guard sees an address behind escapes");
  return 0;
}
