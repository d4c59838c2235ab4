#include "rules/path_template.hpp"

#include <algorithm>
#include <utility>

#include "rules/format/encoding.hpp"
#include "rules/format/yaml.hpp"

namespace zoom_proxy {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z'; }

class TemplateParser {
 public:
  TemplateParser(std::string_view text, std::string_view what, const Place& place)
      : text_(text), what_(what), place_(place) {}

  PathTemplate parse() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '{') {
        parameter();
        continue;
      }
      if (c == '}') fail("a `}` without its `{`");
      if (c == '?') fail("it is matched against the path alone, without a query; remove the `?`");
      if (c == '|' || c == '\\') fail("`|` and `\\` have a meaning in a regex only; remove them");
      const bool plain = is_letter(c) || is_digit(c) || static_cast<unsigned char>(c) >= 0x80;
      if (!plain) out_.regex += '\\';
      out_.regex += c;
      ++at_;
    }
    return std::move(out_);
  }

 private:
  void parameter() {
    const std::size_t end = text_.find('}', at_);
    if (end == std::string_view::npos) fail("a `{` without its `}`");
    std::string_view name = text_.substr(at_ + 1, end - at_ - 1);
    const bool optional = name.ends_with('?');
    if (optional) name.remove_suffix(1);
    if (name.empty() || !is_letter(name[0]) ||
        !std::ranges::all_of(name, [](char c) { return is_letter(c) || is_digit(c); })) {
      fail("the name of the parameter " + in_quotes(name) +
           " must be a letter, then letters and digits; rename it, as in {userId}");
    }
    if (std::ranges::find(out_.names, name) != out_.names.end()) {
      fail("two parameters have the name " + in_quotes(name));
    }
    out_.names.emplace_back(name);
    out_.regex += optional ? "([^/]*)" : "([^/]+)";
    at_ = end + 1;
  }

  [[noreturn]] void fail(const std::string& why) const {
    throw ConfigError(place_, std::string(what_) + " " + in_quotes(text_) + ": " + why);
  }

  std::string_view text_;
  std::string_view what_;
  const Place& place_;
  std::size_t at_ = 0;
  PathTemplate out_;
};

}  // namespace

PathTemplate parse_path_template(std::string_view text, std::string_view what, const Place& place) {
  return TemplateParser(text, what, place).parse();
}

}  // namespace zoom_proxy
