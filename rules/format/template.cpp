#include "rules/format/template.hpp"

#include <boost/json/serialize.hpp>
#include <stdexcept>
#include <vector>

namespace zoom_proxy {
namespace {

namespace json = boost::json;

void append_escaped(std::string_view text, std::string& out) {
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
}

bool is_nothing(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null:
      return true;
    case json::kind::bool_:
      return !value.get_bool();
    case json::kind::string:
      return value.get_string().empty();
    case json::kind::array:
      return value.get_array().empty();
    case json::kind::object:
      return value.get_object().empty();
    default:
      return false;
  }
}

class Page {
 public:
  Page(std::string_view text, const json::value& data) : text_(text), scopes_{&data} {}

  std::string render() {
    std::string out;
    section(0, {}, &out);
    return out;
  }

 private:
  [[noreturn]] static void fail(std::string_view name, const char* why) {
    throw std::logic_error("page template: {{" + std::string(name) + "}}: " + why);
  }

  /// From `at` to the end of the section called `name`, and returns what comes after it. Without
  /// `out` it is only passed over.
  std::size_t section(std::size_t at, std::string_view name, std::string* out) {
    for (;;) {
      const std::size_t open = text_.find("{{", at);
      if (out != nullptr) out->append(text_.substr(at, open - at));
      if (open == std::string_view::npos) {
        if (!name.empty()) fail(name, "has no end");
        return text_.size();
      }
      const bool raw = text_.substr(open).starts_with("{{{");
      const std::string_view end = raw ? "}}}" : "}}";
      const std::size_t close = text_.find(end, open);
      if (close == std::string_view::npos) fail("", "a tag without end");
      std::string_view tag = text_.substr(open + end.size(), close - open - end.size());
      at = close + end.size();
      if (tag.empty()) fail(tag, "has no name");
      const char kind = raw ? ' ' : tag[0];
      if (kind == '/' || kind == '#' || kind == '^') tag.remove_prefix(1);
      if (kind == '/') {
        if (tag != name || name.empty()) fail(tag, "ends what did not begin");
        return at;
      }
      if (kind == '#' || kind == '^') {
        at = repeat(at, tag, kind == '^', out);
      } else if (out != nullptr) {
        value(tag, raw, *out);
      }
    }
  }

  std::size_t repeat(std::size_t at, std::string_view name, bool when_nothing, std::string* out) {
    if (out == nullptr) return section(at, name, nullptr);
    const json::value& found = find(name);
    if (is_nothing(found) != when_nothing) return section(at, name, nullptr);
    if (!found.is_array()) return inside(found, at, name, *out);
    if (when_nothing) return section(at, name, out);
    std::size_t after = at;
    for (const json::value& element : found.get_array()) after = inside(element, at, name, *out);
    return after;
  }

  std::size_t inside(const json::value& scope, std::size_t at, std::string_view name,
                     std::string& out) {
    scopes_.push_back(&scope);
    const std::size_t after = section(at, name, &out);
    scopes_.pop_back();
    return after;
  }

  void value(std::string_view name, bool raw, std::string& out) {
    const json::value& found = find(name);
    if (found.is_structured()) fail(name, "is no text");
    const std::string text =
        found.is_string() ? std::string(found.get_string()) : json::serialize(found);
    if (raw) {
      out += text;
    } else {
      append_escaped(text, out);
    }
  }

  [[nodiscard]] const json::value& find(std::string_view name) const {
    if (name == ".") return *scopes_.back();
    for (auto scope = scopes_.rbegin(); scope != scopes_.rend(); ++scope) {
      if (const json::object* object = (*scope)->if_object()) {
        if (const json::value* found = object->if_contains(name)) return *found;
      }
    }
    fail(name, "is not in the data");
  }

  std::string_view text_;
  std::vector<const json::value*> scopes_;
};

}  // namespace

std::string render_html(std::string_view page, const json::value& data) {
  return Page(page, data).render();
}

}  // namespace zoom_proxy
