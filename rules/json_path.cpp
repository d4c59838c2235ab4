#include "rules/json_path.hpp"

#include <algorithm>
#include <charconv>

#include "rules/format/json.hpp"
#include "rules/format/yaml.hpp"

namespace zoom_proxy {
namespace {

/// Conditions inside conditions; honest rules have two or three.
constexpr int kFilterDepth = 20;

/// A place in the text, and the errors that name it.
class Cursor {
 public:
  Cursor(std::string_view text, const Place& place) : text_(text), place_(place) {}

  [[nodiscard]] bool at_end() const { return at_ == text_.size(); }
  [[nodiscard]] char peek() const { return at_end() ? '\0' : text_[at_]; }
  char next() { return text_[at_++]; }
  bool take(char c) {
    if (at_end() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool take(std::string_view word) {
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }
  void blanks() {
    while (peek() == ' ' || peek() == '\t') ++at_;
  }
  /// What stands before the first of `ends`, or before the text's end.
  std::string_view until(std::string_view ends) {
    const std::size_t end = std::min(text_.find_first_of(ends, at_), text_.size());
    const std::string_view part = text_.substr(at_, end - at_);
    at_ = end;
    return part;
  }
  std::string_view name() { return until(".[]()*'\"?,:@=!~&|<> \t\r\n"); }

  std::string quoted() {
    const char quote = peek();
    if (quote != '\'' && quote != '"') fail("expected a name in quotes");
    ++at_;
    std::string text;
    while (!take(quote)) {
      if (take('\\') && peek() != '\\' && peek() != '\'' && peek() != '"') {
        fail("only \\\\, \\' and \\\" are escapes");
      }
      if (at_end()) fail("a quote does not end");
      text += next();
    }
    return text;
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

 private:
  std::string_view text_;
  const Place& place_;
  std::size_t at_ = 0;
};

/// `@.a == 'x' && !(@.b)`: what stands inside `[?( )]`.
class FilterParser {
 public:
  explicit FilterParser(Cursor& in) : in_(in) {}

  JsonPathFilter any_of() { return list(JsonPathFilter::Kind::any_of, "||"); }

 private:
  using Kind = JsonPathFilter::Kind;

  JsonPathFilter list(Kind kind, std::string_view separator) {
    JsonPathFilter out;
    out.kind = kind;
    do {
      out.parts.push_back(kind == Kind::any_of ? list(Kind::all_of, "&&") : unary());
      in_.blanks();
    } while (in_.take(separator));
    return out.parts.size() == 1 ? std::move(out.parts.front()) : std::move(out);
  }

  JsonPathFilter unary() {
    if (++depth_ > kFilterDepth) in_.fail("conditions stand too deep inside one another");
    in_.blanks();
    JsonPathFilter out;
    if (in_.take('!')) {
      out.kind = Kind::negation;
      out.parts.push_back(unary());
    } else if (in_.take('(')) {
      out = any_of();
      if (!in_.take(')')) in_.fail("expected `)`");
    } else {
      out = comparison();
    }
    --depth_;
    return out;
  }

  JsonPathFilter comparison() {
    if (!in_.take('@')) in_.fail("expected `@`, `!` or `(` in a condition");
    JsonPathFilter out;
    while (in_.peek() == '.' || in_.peek() == '[') out.path.push_back(member());
    in_.blanks();
    if (in_.take("=~")) {
      out.kind = Kind::matches;
      out.regex = regex();
    } else if (in_.take("==")) {
      out.kind = Kind::equal;
      out.literal = literal();
    } else if (in_.take("!=")) {
      out.kind = Kind::not_equal;
      out.literal = literal();
    } else if (in_.peek() == '<' || in_.peek() == '>' || in_.peek() == '=') {
      in_.unsupported("of comparisons only `==`, `!=` and `=~`");
    }
    return out;
  }

  std::string member() {
    std::string name;
    if (in_.take('.')) {
      name = in_.name();
      if (name.empty()) in_.unsupported("after `@` only names");
      if (in_.peek() == '(') in_.unsupported("functions");
    } else {
      in_.take('[');
      name = in_.quoted();
      if (!in_.take(']')) in_.fail("expected `]`");
    }
    return name;
  }

  JsonPathFilter::Literal literal() {
    in_.blanks();
    if (in_.peek() == '\'' || in_.peek() == '"') return in_.quoted();
    const std::string word(in_.until(" \t)&|]"));
    if (word == "null") return nullptr;
    if (word == "true" || word == "false") return word == "true";
    if (!json::valid_number(word)) {
      in_.fail("expected a text in quotes, a number, true, false or null");
    }
    return JsonPathFilter::Number{word};
  }

  std::shared_ptr<const Regex> regex() {
    in_.blanks();
    if (!in_.take('/')) in_.fail("expected `/`");
    std::string pattern;
    while (!in_.take('/')) {
      if (in_.at_end()) in_.fail("a regular expression does not end");
      const char c = in_.next();
      if (c == '\\' && in_.take('/')) {
        pattern += '/';
        continue;
      }
      pattern += c;
      if (c == '\\' && !in_.at_end()) pattern += in_.next();
    }
    std::string flags;
    while (in_.peek() >= 'a' && in_.peek() <= 'z') flags += in_.next();
    if (flags.find_first_not_of("imsx") != std::string::npos) {
      in_.unsupported("of flags only i, m, s and x");
    }
    if (!flags.empty()) pattern.insert(0, "(?" + flags + ")");
    try {
      return std::make_shared<const Regex>(pattern, Regex::Case::sensitive, Regex::Extent::whole,
                                           Place{}, Regex::Units::utf8);
    } catch (const ConfigError& error) {
      in_.fail(error.what());
    }
  }

  Cursor& in_;
  int depth_ = 0;
};

class Parser {
 public:
  Parser(std::string_view text, const Place& place) : in_(text, place) {}

  std::vector<JsonPathStep> parse() {
    if (!in_.take('$')) in_.fail("must begin with `$`");
    std::vector<JsonPathStep> steps;
    while (!in_.at_end()) steps.push_back(step());
    return steps;
  }

 private:
  /// `.name`, `..name`, `.*`, `[…]`, and the peer's `.[…]`.
  JsonPathStep step() {
    JsonPathStep out;
    if (in_.take('.')) {
      out.descend = in_.take('.');
      if (in_.peek() != '[') {
        dotted(out);
        return out;
      }
    }
    if (!in_.take('[')) in_.fail("expected `.` or `[`");
    in_.blanks();
    bracket(out);
    in_.blanks();
    if (!in_.take(']')) in_.fail("expected `,` or `]`");
    return out;
  }

  void dotted(JsonPathStep& out) {
    if (in_.take('*')) {
      out.kind = JsonPathStep::Kind::wildcard;
      return;
    }
    const std::string_view name = in_.name();
    if (name.empty()) in_.fail("a name is missing");
    out.names.emplace_back(name);
    if (in_.peek() == '(') in_.unsupported("functions");
  }

  void bracket(JsonPathStep& out) {
    if (in_.take('*')) {
      out.kind = JsonPathStep::Kind::wildcard;
      return;
    }
    if (in_.take('?')) {
      if (!in_.take('(')) in_.fail("expected `(` after `[?`");
      out.kind = JsonPathStep::Kind::filter;
      out.filter = std::make_shared<const JsonPathFilter>(FilterParser(in_).any_of());
      in_.blanks();
      if (!in_.take(')')) in_.fail("expected `)`, `&&` or `||` in a condition");
      return;
    }
    if (in_.peek() == '(') in_.unsupported("script expressions");
    if (const auto first = number(); first || in_.peek() == ':') return place_of(out, first);
    do {
      in_.blanks();
      out.names.push_back(in_.quoted());
      in_.blanks();
    } while (in_.take(','));
  }

  /// `0`, `0,2` or `1:3`, whose first number has been read.
  void place_of(JsonPathStep& out, std::optional<std::int64_t> first) {
    in_.blanks();
    if (in_.take(':')) {
      out.kind = JsonPathStep::Kind::slice;
      out.first = first;
      in_.blanks();
      out.last = number();
      if (in_.peek() == ':') in_.unsupported("steps in slices");
      return;
    }
    out.kind = JsonPathStep::Kind::indices;
    out.indices.push_back(*first);
    while (in_.take(',')) {
      in_.blanks();
      const auto more = number();
      if (!more) in_.fail("expected a number");
      out.indices.push_back(*more);
      in_.blanks();
    }
  }

  std::optional<std::int64_t> number() {
    if (in_.peek() != '-' && (in_.peek() < '0' || in_.peek() > '9')) return std::nullopt;
    const std::string_view digits = in_.until(",:] \t");
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    const bool whole = error == std::errc{} && end == digits.data() + digits.size();
    if (!whole || value > kLargestPlace || value < -kLargestPlace) {
      in_.fail("expected a number of at most nine digits");
    }
    return value;
  }

  static constexpr std::int64_t kLargestPlace = 999'999'999;
  Cursor in_;
};

}  // namespace

JsonPath parse_json_path(std::string_view text, const Place& place) {
  return {std::string(text), Parser(text, place).parse()};
}

JsonPath read_json_path(const YamlNode& node) {
  if (!node.as_string().starts_with('$')) {
    node.fail(in_quotes(node.as_string()) + " is no JSONPath: it must begin with `$`");
  }
  return parse_json_path(node.as_string(), node.place());
}

}  // namespace zoom_proxy
