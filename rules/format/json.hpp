#pragma once
// JSON (RFC 8259) as a push tokenizer that preserves bytes: every token is handed out as it stands
// in the input, strings with their quotes and escapes. It knows no rules; a handler says which
// containers to enter and which values to pass over. Skipped values are checked by structure only.
//
// Why not a library's parser: those hand out unescaped text, refuse the lone surrogates that Zoom's
// JSON may hold, and look at every byte of what is dropped.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "rules/error.hpp"
#include "rules/format/nesting.hpp"
#include "rules/format/scan.hpp"
#include "rules/format/skip.hpp"
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

/// What a string holds beside plain characters. One number, as it is passed on for every string.
enum Marks : std::uint32_t {
  kPlain = 0,
  kEscapes = 1,
  kAtSign = 2,  ///< perhaps an `@`, as scan::holds_at_sign() has it; an escape may hide another
};

/// Finds the end of a string that may come in pieces.
struct StringScan {
  bool has_escapes = false;
  bool escape_pending = false;  ///< the last piece ended right after a backslash
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

/// For handlers that wait for nothing: each token is handed out by itself.
struct ForeseesNothing {
  bool foresee(const char*&, const char*) { return false; }
  bool foresee_first(const char*&, const char*) { return false; }
  bool drops_member() const { return false; }
  bool repeats(const char*) { return false; }
  bool copies_strings_in_array() const { return false; }
  void on_array_of_strings(std::string_view) {}
};

/// Handler (called inline; all views are valid until the next call of anything):
///   bool dropping()                        the value that comes next is of no interest
///   Enter on_object(const char* at), Enter on_array(const char* at)
///   void on_object_end(const char* at), void on_array_end(const char* at)
///   bool foresee(const char*& at, const char* end)
///                                          where a comma may stand: passes over comma, key and
///                                          colon and takes them, when they are what the handler
///                                          waits for and something follows
///   bool foresee_first(const char*& at, const char* end)
///                                          the same at the first key of an object, without comma
///   bool drops_member()                    the value of the key that was foreseen is of no
///   interest
///                                          (it counts as dropped then, if on_dropped is not
///                                          called)
///   bool repeats(const char* at)           at `},{`: takes them, if nothing is to be said about an
///                                          object's end and the next one's beginning
///   bool copies_strings_in_array()         an array of strings as value may be handed out whole
///   void on_array_of_strings(std::string_view raw)
///                                          then: one of plain strings without kAtSign
///   void on_key(std::string_view raw, bool has_escapes), void on_colon(const char* at)
///   void on_string(std::string_view raw, Marks marks)
///   void on_number(std::string_view raw, bool plain)
///                                          plain: an integer of at most 18 digits, not `-0`
///   void on_literal(std::string_view raw)
///   void on_comma(const char* at)
///   void on_dropped()                      a value that dropping() asked to pass over has ended
///   void on_document_end()                 a top-level value has ended
///   void suspend()                         the input it was handed pointers to goes away
///   BodyFault fault()                      anything but `none` stops the tokenizer
template <class Handler>
class Tokenizer {
 public:
  explicit Tokenizer(Handler& handler) : handler_(handler) { carry_.reserve(kUsualBytes); }

  /// False after a fault; dead from then on.
  [[nodiscard]] bool feed(std::string_view piece) {
    const char* at = piece.data();
    const char* const end = at + piece.size();
    if (partial_ != Partial::none && fault_ == BodyFault::none) at = resume(at, end);
    while (at != end && fault_ == BodyFault::none) {
      if (skipping_) {
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
    if (fault_ == BodyFault::none &&
        (partial_ != Partial::none || skipping_ || expect_ != Expect::document)) {
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
  static constexpr std::size_t kUsualBytes = 256;  ///< of a token

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
        if (c == '"') return members(at, end);
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

  /// From the quote of a key through members that the handler foresees, one right after the other,
  /// and on through the next objects of a list. Nearly all of a body is taken here, the rest, such
  /// as white space, by token().
  const char* members(const char* at, const char* end) {
    Handler& handler = handler_;  // a copy that no store can change
    if (!handler.foresee_first(at, end)) return string(at, end, Partial::key);
    for (;;) {
      const char* const from = at;
      at = handler.drops_member() ? simple_end(from, end) : simple_value(handler, from, end);
      if (at == nullptr) {
        expect_ = Expect::value;
        at = is_space(*from) ? from : value(from, end);
        if (expect_ != Expect::comma_or_end || skipping_ || fault_ != BodyFault::none) return at;
      }
      if (handler.foresee(at, end)) continue;
      expect_ = Expect::comma_or_end;
      if (end - at < 4 || std::string_view(at, 4) != "},{\"" || !handler.repeats(at)) return at;
      at += 3;
      expect_ = Expect::key;
      if (!handler.foresee_first(at, end)) return at;
    }
  }

  /// The place after the value of a foreseen member, if it is whole and of the usual kinds; else
  /// null.
  [[gnu::always_inline]] static const char* simple_end(const char* at, const char* end) {
    if (*at == '"') {
      const char* const quote = scan::short_string_end(at + 1, end);
      return quote != nullptr ? quote + 1 : nullptr;
    }
    return *at == '[' ? flat_array_end(at, end) : plain_integer_end(at, end);
  }

  /// The same, and hands the value out.
  [[gnu::always_inline]] static const char* simple_value(Handler& handler, const char* at,
                                                         const char* end) {
    const bool array = *at == '[';
    if (array && !handler.copies_strings_in_array()) return nullptr;
    const char* const stop = simple_end(at, end);
    if (stop == nullptr) return nullptr;
    const std::string_view raw(at, static_cast<std::size_t>(stop - at));
    if (array) {
      if (scan::holds_at_sign(at, stop, end)) return nullptr;
      handler.on_array_of_strings(raw);
    } else if (*at == '"') {
      handler.on_string(raw, marks_of(raw, end, false));
    } else {
      handler.on_number(raw, true);
    }
    return stop;
  }

  /// The place after a short array of nothing but short strings, or null.
  static const char* flat_array_end(const char* at, const char* end) {
    ++at;
    while (at != end && *at == '"') {
      at = scan::short_string_end(at + 1, end);
      if (at == nullptr || ++at == end) return nullptr;
      if (*at == ']') return at + 1;
      if (*at++ != ',') return nullptr;
    }
    return nullptr;
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
    if (nesting_.full()) return fail(BodyFault::limit, at);
    if (!dropped && (array ? handler_.on_array(at) : handler_.on_object(at)) == Enter::yes) {
      nesting_.push(array);
      expect_ = array ? Expect::value_or_end : Expect::key_or_end;
      return at + 1;
    }
    fault_ = handler_.fault();
    skip_ = {nesting_.depth()};
    skip_dropped_ = dropped;
    skipping_ = true;
    nesting_.push(array);
    return at + 1;
  }

  const char* close(const char* at) {
    const bool array = nesting_.in_array();
    nesting_.pop();
    array ? handler_.on_array_end(at) : handler_.on_object_end(at);
    after_value();
    return at + 1;
  }

  /// Goes on through a container that nobody wants.
  const char* skip(const char* at, const char* end) {
    at = scan::skip(at, end, skip_, nesting_);
    if (skip_.fault != BodyFault::none) return fail(skip_.fault, at);
    if (nesting_.depth() == skip_.floor) {
      skipping_ = false;
      if (skip_dropped_) handler_.on_dropped();
      after_value();
    }
    return at;
  }

  // Strings and bare tokens --------------------------------------------------------------------

  const char* string(const char* at, const char* end, Partial what) {
    StringScan scan;
    const char* stop = scan::string_special(at + 1, end);
    if (stop != end && *stop == '"') {  // nearly always
      string_token({at, static_cast<std::size_t>(stop + 1 - at)}, scan.has_escapes, what);
      return stop + 1;
    }
    stop = scan.run(stop, end);
    if (scan.bad) return fail(BodyFault::syntax, stop);
    if (!scan.closed) {
      scan_ = scan;
      partial_ = what;
      if (what != Partial::dropped_string) carry_.assign(at, stop);
      return stop;
    }
    string_token({at, static_cast<std::size_t>(stop - at)}, scan.has_escapes, what);
    return stop;
  }

  /// Up to `end` may be read.
  static Marks marks_of(std::string_view raw, const char* end, bool has_escapes) {
    const bool at_sign = scan::holds_at_sign(raw.data(), raw.data() + raw.size(), end);
    return static_cast<Marks>((has_escapes ? kEscapes : 0U) | (at_sign ? kAtSign : 0U));
  }

  void string_token(std::string_view raw, bool has_escapes, Partial what) {
    if (what == Partial::dropped_string) {
      handler_.on_dropped();
      return after_value();
    }
    if (raw.size() > limits::kJsonScalarBytes) return fail(BodyFault::limit);
    if (has_escapes && !valid_escapes(raw.substr(1, raw.size() - 2))) {
      return fail(BodyFault::syntax);
    }
    if (what == Partial::key) {
      handler_.on_key(raw, has_escapes);
      expect_ = Expect::colon;
    } else {
      handler_.on_string(raw, marks_of(raw, raw.data() + raw.size(), has_escapes));
      after_value();
    }
  }

  /// A number, true, false or null: it ends where a delimiter follows.
  const char* bare(const char* at, const char* end) {
    if (const char* const stop = plain_integer_end(at, end); stop != nullptr) {
      if (handler_.dropping()) {
        handler_.on_dropped();
      } else {
        handler_.on_number({at, static_cast<std::size_t>(stop - at)}, true);
      }
      after_value();
      return stop;
    }
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

  /// Where the integer that stands here ends, when it is a plain one and a delimiter follows.
  static const char* plain_integer_end(const char* at, const char* end) {
    const bool negative = *at == '-';
    const char* const first = negative ? at + 1 : at;
    const char* const stop = scan::digits_end(first, end);
    if (stop == end || stop == first || stop - first > 18) return nullptr;
    if (*first == '0' && (negative || stop - first > 1)) return nullptr;
    return *stop == ',' || *stop == '}' || *stop == ']' ? stop : nullptr;
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
      handler_.on_number(raw, false);
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
      string_token(carry_, scan_.has_escapes, what);
    }
    handler_.suspend();
    return stop;
  }

  // State --------------------------------------------------------------------------------------

  void after_value() {
    if (const BodyFault fault = handler_.fault(); fault != BodyFault::none) return fail(fault);
    if (nesting_.depth() == 0) {
      expect_ = Expect::document;
      handler_.on_document_end();
    } else {
      expect_ = Expect::comma_or_end;
    }
  }

  [[nodiscard]] bool in_array() const { return nesting_.in_array(); }

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
  Nesting nesting_;
  scan::Skip skip_;
  bool skipping_ = false;
  bool skip_dropped_ = false;
  Expect expect_ = Expect::document;
  Partial partial_ = Partial::none;
  BodyFault fault_ = BodyFault::none;
};

}  // namespace zoom_proxy::json
