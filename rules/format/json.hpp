#pragma once
// JSON (RFC 8259) as a push tokenizer that preserves bytes: every token is handed out as it stands
// in the input, strings with their quotes and escapes. It knows no rules; a handler says which
// containers to enter and which values to pass over. Skipped values are checked by structure only.
//
// Why not a library's parser: those hand out unescaped text, refuse the lone surrogates that Zoom's
// JSON may hold, and look at every byte of what is dropped.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "rules/error.hpp"
#include "rules/format/scan.hpp"
#include "rules/limits.hpp"

namespace zoom_proxy::json {

[[nodiscard]] constexpr bool is_space(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/// True when every escape in the string's inside (without quotes) is one of RFC 8259 section 7.
[[nodiscard]] bool valid_escapes(std::string_view inside);

/// True for the number grammar of RFC 8259 section 6.
[[nodiscard]] bool valid_number(std::string_view text);

/// Appends the string's inside with its escapes undone, as UTF-8; a lone surrogate becomes `?`.
/// The escapes must be valid.
void unescape(std::string_view inside, std::string& out);

/// Appends `text` (UTF-8) as a JSON string with quotes.
void append_string(std::string_view text, std::string& out);

/// Finds the end of a string that may come in pieces.
struct StringScan {
  bool escape_pending = false;  ///< the last piece ended right after a backslash
  bool has_escapes = false;
  bool closed = false;
  bool bad = false;  ///< a control character in it

  /// From inside the string; returns the place after the closing quote, or `end`.
  const char* run(const char* at, const char* end) {
    while (at != end) {
      if (escape_pending) {
        escape_pending = false;
        bad = bad || static_cast<unsigned char>(*at) < 0x20;
        ++at;
        continue;
      }
      at = scan::string_special(at, end);
      if (at == end) break;
      const char c = *at++;
      if (c == '"') {
        closed = true;
        break;
      }
      if (c == '\\') {
        has_escapes = escape_pending = true;
      } else {
        bad = true;
        break;
      }
    }
    return at;
  }
};

enum class Enter : bool { no, yes };

/// Handler (called inline; all views are valid until the next call of anything):
///   bool dropping()                        the value that comes next is of no interest
///   Enter on_object(const char* at), Enter on_array(const char* at)
///   void on_object_end(const char* at), void on_array_end(const char* at)
///   void on_key(std::string_view raw, bool has_escapes), void on_colon(const char* at)
///   void on_string(std::string_view raw, bool has_escapes)
///   void on_number(std::string_view raw), void on_literal(std::string_view raw)
///   void on_comma(const char* at)
///   void on_dropped()                      a value that dropping() asked to pass over has ended
///   void on_document_end()                 a top-level value has ended
///   void suspend()                         the input it was handed pointers to goes away
///   BodyFault fault()                      anything but `none` stops the tokenizer
template <class Handler>
class Tokenizer {
 public:
  explicit Tokenizer(Handler& handler) : handler_(handler) {}

  /// False after a fault; dead from then on.
  [[nodiscard]] bool feed(std::string_view piece) {
    const char* at = piece.data();
    const char* const end = at + piece.size();
    if (partial_ != Partial::none && fault_ == BodyFault::none) at = resume(at, end);
    while (at != end && fault_ == BodyFault::none) {
      if (skip_depth_ != 0) {
        at = skip(at, end);
      } else if (is_space(*at)) {
        ++at;
      } else {
        at = token(at, end);
      }
    }
    handler_.suspend();
    return fault_ == BodyFault::none;
  }

  /// The input is complete. False when a value is unfinished.
  [[nodiscard]] bool finish() {
    if (fault_ == BodyFault::none && partial_ == Partial::bare) {
      partial_ = Partial::none;
      bare_token(carry_);
      handler_.suspend();
    }
    if (fault_ == BodyFault::none && (partial_ != Partial::none || expect_ != Expect::document)) {
      fail(BodyFault::syntax);
    }
    return fault_ == BodyFault::none;
  }

  [[nodiscard]] BodyFault fault() const { return fault_; }

 private:
  enum class Expect : std::uint8_t {
    document,  ///< between top-level values
    value,
    value_or_end,
    key,
    key_or_end,
    colon,
    comma_or_end,
  };
  /// A token that the last piece cut.
  enum class Partial : std::uint8_t { none, string, key, bare, dropped_string };

  const char* token(const char* at, const char* end) {
    const char c = *at;
    switch (expect_) {
      case Expect::value_or_end:
        if (c == ']') return close(at);
        return value(at, end);
      case Expect::document:
      case Expect::value:
        return value(at, end);
      case Expect::key_or_end:
        if (c == '}') return close(at);
        [[fallthrough]];
      case Expect::key:
        if (c == '"') return string(at, end, Partial::key);
        break;
      case Expect::colon:
        if (c == ':') {
          handler_.on_colon(at);
          expect_ = Expect::value;
          return at + 1;
        }
        break;
      case Expect::comma_or_end:
        if (c == ',') {
          handler_.on_comma(at);
          expect_ = in_array() ? Expect::value : Expect::key;
          return at + 1;
        }
        if (c == (in_array() ? ']' : '}')) return close(at);
        break;
    }
    return unexpected(c, at);
  }

  const char* value(const char* at, const char* end) {
    switch (*at) {
      case '{':
      case '[':
        return open(at);
      case '"':
        return string(at, end, handler_.dropping() ? Partial::dropped_string : Partial::string);
      default:
        return bare(at, end);
    }
  }

  // Containers -------------------------------------------------------------------------------

  const char* open(const char* at) {
    const bool array = *at == '[';
    const bool dropped = handler_.dropping();
    if (depth_ == limits::kJsonDepth) return fail(BodyFault::limit, at);
    if (!dropped && (array ? handler_.on_array(at) : handler_.on_object(at)) == Enter::yes) {
      push(array);
      expect_ = array ? Expect::value_or_end : Expect::key_or_end;
    } else {
      fault_ = handler_.fault();
      push(array);
      skip_depth_ = 1;
      skip_dropped_ = dropped;
    }
    return at + 1;
  }

  const char* close(const char* at) {
    const bool array = in_array();
    --depth_;
    array ? handler_.on_array_end(at) : handler_.on_object_end(at);
    after_value();
    return at + 1;
  }

  /// Passes over a container that nobody wants: strings and brackets count, nothing else.
  const char* skip(const char* at, const char* end) {
    for (; at != end; ++at) {
      switch (*at) {
        case '"':
          scan_ = {};
          at = scan_.run(at + 1, end);
          if (scan_.bad) return fail(BodyFault::syntax, at);
          if (!scan_.closed) {
            partial_ = Partial::dropped_string;
            return at;
          }
          --at;
          break;
        case '{':
        case '[':
          if (depth_ == limits::kJsonDepth) return fail(BodyFault::limit, at);
          push(*at == '[');
          ++skip_depth_;
          break;
        case '}':
        case ']':
          if (in_array() != (*at == ']')) return fail(BodyFault::syntax, at);
          --depth_;
          if (--skip_depth_ == 0) {
            if (skip_dropped_) handler_.on_dropped();
            after_value();
            return at + 1;
          }
          break;
        default:
          break;
      }
    }
    return at;
  }

  // Strings and bare tokens --------------------------------------------------------------------

  const char* string(const char* at, const char* end, Partial what) {
    scan_ = {};
    const char* const stop = scan_.run(at + 1, end);
    if (scan_.bad) return fail(BodyFault::syntax, stop);
    if (!scan_.closed) {
      partial_ = what;
      if (what != Partial::dropped_string) carry_.assign(at, stop);
      return stop;
    }
    string_token({at, static_cast<std::size_t>(stop - at)}, what);
    return stop;
  }

  void string_token(std::string_view raw, Partial what) {
    if (what == Partial::dropped_string) {
      if (skip_depth_ != 0) return;
      handler_.on_dropped();
      return after_value();
    }
    if (raw.size() > limits::kJsonScalarBytes) return fail(BodyFault::limit);
    if (scan_.has_escapes && !valid_escapes(raw.substr(1, raw.size() - 2))) {
      return fail(BodyFault::syntax);
    }
    if (what == Partial::key) {
      handler_.on_key(raw, scan_.has_escapes);
      expect_ = Expect::colon;
    } else {
      handler_.on_string(raw, scan_.has_escapes);
      after_value();
    }
  }

  /// A number, true, false or null: it ends where a delimiter follows.
  const char* bare(const char* at, const char* end) {
    const char* const stop = bare_end(at, end);
    if (stop == at) return unexpected(*at, at);
    if (stop == end) {
      partial_ = Partial::bare;
      carry_.assign(at, stop);
    } else {
      bare_token({at, static_cast<std::size_t>(stop - at)});
    }
    return stop;
  }

  static const char* bare_end(const char* at, const char* end) {
    const auto in_token = [](char c) {
      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-' || c == '+' || c == '.' ||
             c == 'E';
    };
    while (at != end && in_token(*at)) ++at;
    return at;
  }

  void bare_token(std::string_view raw) {
    const bool literal = raw == "null" || raw == "true" || raw == "false";
    if (raw.size() > limits::kJsonNumberBytes + 8) return fail(BodyFault::limit);
    if (!literal && !valid_number(raw)) return fail(BodyFault::syntax);
    if (!literal && digits(raw) > limits::kJsonNumberBytes) return fail(BodyFault::limit);
    if (handler_.dropping()) {
      handler_.on_dropped();
    } else if (literal) {
      handler_.on_literal(raw);
    } else {
      handler_.on_number(raw);
    }
    after_value();
  }

  static std::size_t digits(std::string_view raw) {
    std::size_t count = 0;
    for (const char c : raw) count += c >= '0' && c <= '9';
    return count;
  }

  /// Goes on with the token that the last piece cut; it is delivered from the carry buffer.
  const char* resume(const char* at, const char* end) {
    const Partial what = partial_;
    const char* stop = nullptr;
    bool complete = false;
    if (what == Partial::bare) {
      stop = bare_end(at, end);
      complete = stop != end;
    } else {
      stop = scan_.run(at, end);
      if (scan_.bad) return fail(BodyFault::syntax, stop);
      complete = scan_.closed;
    }
    if (what != Partial::dropped_string) {
      const std::size_t bound =
          what == Partial::bare ? limits::kJsonNumberBytes + 8 : limits::kJsonScalarBytes;
      carry_.append(at, stop);
      if (carry_.size() > bound) return fail(BodyFault::limit, stop);
    }
    if (!complete) return stop;
    partial_ = Partial::none;
    if (what == Partial::bare) {
      bare_token(carry_);
    } else {
      string_token(carry_, what);
    }
    handler_.suspend();
    return stop;
  }

  // State --------------------------------------------------------------------------------------

  void after_value() {
    if (const BodyFault fault = handler_.fault(); fault != BodyFault::none) return fail(fault);
    if (depth_ == 0) {
      expect_ = Expect::document;
      handler_.on_document_end();
    } else {
      expect_ = Expect::comma_or_end;
    }
  }

  void push(bool array) {
    std::uint64_t& word = arrays_[depth_ / 64];
    const std::uint64_t bit = std::uint64_t{1} << (depth_ % 64);
    word = array ? word | bit : word & ~bit;
    ++depth_;
  }

  [[nodiscard]] bool in_array() const {
    return (arrays_[(depth_ - 1) / 64] >> ((depth_ - 1) % 64) & 1) != 0;
  }

  /// A NUL between tokens is what UTF-16 and UTF-32 look like from here.
  const char* unexpected(char c, const char* at) {
    return fail(c == '\0' ? BodyFault::encoding : BodyFault::syntax, at);
  }

  void fail(BodyFault fault) { fault_ = fault; }
  const char* fail(BodyFault fault, const char* at) {
    fault_ = fault;
    return at;
  }

  Handler& handler_;
  std::string carry_;
  StringScan scan_;
  std::array<std::uint64_t, limits::kJsonDepth / 64 + 1> arrays_{};  ///< a bit a level: is it `[`
  std::size_t depth_ = 0;                                            ///< open containers
  std::size_t skip_depth_ = 0;                                       ///< of these, being skipped
  bool skip_dropped_ = false;
  Expect expect_ = Expect::document;
  Partial partial_ = Partial::none;
  BodyFault fault_ = BodyFault::none;
};

}  // namespace zoom_proxy::json
