#include "rules/json_path.hpp"

#include <algorithm>

#include "rules/format/yaml.hpp"

namespace zoom_proxy {
namespace {

class Parser {
 public:
  Parser(std::string_view text, const Place& place) : text_(text), place_(place) {}

  std::vector<JsonPathStep> parse() {
    if (!take('$')) fail("must begin with `$`");
    std::vector<JsonPathStep> steps;
    while (!at_end()) steps.push_back(step());
    return steps;
  }

 private:
  /// `.name`, `..name`, `.*`, `[…]`, and the peer's `.[…]`.
  JsonPathStep step() {
    JsonPathStep out;
    if (take('.')) {
      out.descend = take('.');
      if (peek() != '[') {
        dotted(out);
        return out;
      }
    }
    if (!take('[')) fail("expected `.` or `[`");
    bracket(out);
    return out;
  }

  void dotted(JsonPathStep& out) {
    if (take('*')) {
      out.kind = JsonPathStep::Kind::wildcard;
      return;
    }
    constexpr std::string_view kEnds = ".[]()*'\"?,:@ \t\r\n";
    const std::size_t end = std::min(text_.find_first_of(kEnds, at_), text_.size());
    if (end == at_) fail("a name is missing");
    out.names.emplace_back(text_.substr(at_, end - at_));
    at_ = end;
    if (peek() == '(') unsupported("functions");
  }

  void bracket(JsonPathStep& out) {
    blanks();
    if (take('*')) {
      out.kind = JsonPathStep::Kind::wildcard;
      blanks();
      if (!take(']')) fail("expected `]` after `*`");
      return;
    }
    if (peek() == '?') unsupported("filters (`[?…]`)");
    if (peek() == '(') unsupported("script expressions");
    if (peek() == '-' || peek() == ':' || (peek() >= '0' && peek() <= '9')) {
      unsupported("indices and slices");
    }
    do {
      blanks();
      out.names.push_back(quoted_name());
      blanks();
    } while (take(','));
    if (!take(']')) fail("expected `,` or `]`");
  }

  std::string quoted_name() {
    const char quote = peek();
    if (quote != '\'' && quote != '"') fail("expected a name in quotes");
    ++at_;
    std::string name;
    while (!take(quote)) {
      if (take('\\') && peek() != '\\' && peek() != '\'' && peek() != '"') {
        fail("only \\\\, \\' and \\\" are escapes");
      }
      if (at_end()) fail("a quote does not end");
      name += text_[at_++];
    }
    return name;
  }

  void blanks() {
    while (peek() == ' ' || peek() == '\t') ++at_;
  }
  [[nodiscard]] bool at_end() const { return at_ == text_.size(); }
  [[nodiscard]] char peek() const { return at_end() ? '\0' : text_[at_]; }
  bool take(char c) {
    if (at_end() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  [[noreturn]] void fail(const std::string& reason) const {
    throw ConfigError(place_, in_quotes(text_) + " is no JSONPath: " + reason + " (at character " +
                                  std::to_string(at_ + 1) + ")");
  }
  [[noreturn]] void unsupported(const std::string& what) const {
    throw ConfigError(place_, "the JSONPath " + in_quotes(text_) +
                                  " is not supported by this version: " + what + " (at character " +
                                  std::to_string(at_ + 1) + ")");
  }

  std::string_view text_;
  const Place& place_;
  std::size_t at_ = 0;
};

}  // namespace

JsonPath parse_json_path(std::string_view text, const Place& place) {
  return {std::string(text), Parser(text, place).parse()};
}

}  // namespace zoom_proxy
