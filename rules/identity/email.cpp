#include "rules/identity/email.hpp"

#include <array>
#include <cstdint>

namespace zoom_proxy {
namespace {

// Character classes of RFC 2822 sections 3.2.1 to 3.2.5.
enum Class : std::uint8_t {
  kAtext = 1,     ///< may stand in an atom
  kQtext = 2,     ///< may stand in a quoted string as it is
  kCtext = 4,     ///< may stand in a comment as it is
  kPairText = 8,  ///< may follow a backslash
  kLetter = 16,
  kDigit = 32,
  kHyphen = 64,
  kBeyond = 128,  ///< a byte of a character beyond ASCII, which the grammar takes in names alone
};

constexpr auto kClasses = [] {
  std::array<std::uint8_t, 256> classes{};
  const auto add = [&](int from, int to, int what) {
    for (int c = from; c <= to; ++c) classes[static_cast<std::size_t>(c)] |= what;
  };
  add('a', 'z', kAtext | kLetter);
  add('A', 'Z', kAtext | kLetter);
  add('0', '9', kAtext | kDigit);
  for (const char c : std::string_view("!#$%&'*+-/=?^_`{|}~")) add(c, c, kAtext);
  add('-', '-', kHyphen);
  add(0x80, 0xFF, kBeyond);
  add('!', '~', kQtext | kCtext);
  add(0x01, 0x7F, kPairText);
  // Control characters that are no white space may stand in strings and comments.
  add(0x01, 0x08, kQtext | kCtext);
  add(0x0B, 0x0C, kQtext | kCtext);
  add(0x0E, 0x1F, kQtext | kCtext);
  add(0x7F, 0x7F, kQtext | kCtext);
  const auto remove = [&](char c, int what) { classes[static_cast<std::uint8_t>(c)] &= ~what; };
  remove('"', kQtext);
  remove('(', kCtext);
  remove(')', kCtext);
  remove('\\', kQtext | kCtext);
  remove('\r', kPairText);
  remove('\n', kPairText);
  return classes;
}();

constexpr bool is(char c, int what) noexcept {
  return (kClasses[static_cast<std::uint8_t>(c)] & what) != 0;
}

constexpr std::size_t kLabelMax = 63;  // RFC 1035 section 2.3.4
constexpr std::size_t kTopLevelMin = 2;
constexpr std::size_t kTopLevelMax = 26;

enum class Letters { ascii, utf8 };

/// A place in a text. Each function takes its thing if it stands here and says whether it did. No
/// second reading is ever tried: each character that begins a thing begins only that, so that after
/// a failure the text is no address. That is what makes it linear.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool at_end() const noexcept { return at_ == text_.size(); }

  bool take(char c) noexcept {
    if (at_end() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  /// White space and comments, none or many. True when there was white space among it.
  bool gap() noexcept {
    bool blank = false;
    for (;;) {
      if (white_space()) {
        blank = true;
      } else if (!comment()) {
        return blank;
      }
    }
  }

  /// `atom(.atom)*`
  bool dot_atom() noexcept {
    do {
      if (!atom()) return false;
    } while (take('.'));
    return true;
  }

  bool quoted_string(Letters letters) noexcept {
    if (!take('"')) return false;
    for (;;) {
      white_space();
      if (take('"')) return true;
      if (!content(kQtext) && !(letters == Letters::utf8 && take_any(kBeyond))) return false;
    }
  }

  /// Words, quoted or not, with white space between them, up to a `<`. May be missing altogether.
  bool display_name() noexcept {
    gap();
    while (!at_end() && text_[at_] != '<') {
      if (!atom() && !quoted_string(Letters::utf8)) return false;
      const bool blank = gap();
      if (!blank && !at_end() && text_[at_] != '<') return false;
    }
    return true;
  }

  /// `local@domain` with white space and comments around each.
  std::optional<Mailbox> address() noexcept {
    Mailbox box;
    gap();
    const std::size_t local = at_;
    if (!local_part()) return std::nullopt;
    box.local = text_.substr(local, at_ - local);
    gap();
    if (!take('@')) return std::nullopt;
    gap();
    const std::size_t domain = at_;
    if (!this->domain()) return std::nullopt;
    box.domain = text_.substr(domain, at_ - domain);
    gap();
    return box;
  }

 private:
  bool local_part() noexcept {
    return !at_end() && text_[at_] == '"' ? quoted_string(Letters::ascii) : dot_atom();
  }

  /// Labels of letters, digits and inner hyphens; the last of 2 to 26 letters.
  bool domain() noexcept {
    for (bool first = true;; first = false) {
      const std::size_t begin = at_;
      bool letters_only = true;
      for (; !at_end() && is(text_[at_], kLetter | kDigit | kHyphen); ++at_) {
        letters_only = letters_only && is(text_[at_], kLetter);
      }
      const std::size_t size = at_ - begin;
      if (size == 0 || size > kLabelMax || is(text_[begin], kHyphen) ||
          is(text_[at_ - 1], kHyphen)) {
        return false;
      }
      if (take('.')) continue;
      return !first && letters_only && size >= kTopLevelMin && size <= kTopLevelMax;
    }
  }

  bool atom() noexcept {
    const std::size_t begin = at_;
    while (!at_end() && is(text_[at_], kAtext)) ++at_;
    return at_ > begin;
  }

  /// Blanks, and line breaks that a blank follows.
  bool white_space() noexcept {
    const std::size_t begin = at_;
    for (;;) {
      if (!at_end() && is_blank(text_[at_])) {
        ++at_;
      } else if (text_.size() - at_ > 2 && text_.substr(at_, 2) == "\r\n" &&
                 is_blank(text_[at_ + 2])) {
        at_ += 3;
      } else {
        return at_ > begin;
      }
    }
  }

  /// Comments do not nest. A broken one stays where it is, for the next step to stumble over.
  bool comment() noexcept {
    const std::size_t begin = at_;
    if (!take('(')) return false;
    do {
      white_space();
      if (take(')')) return true;
    } while (content(kCtext));
    at_ = begin;
    return false;
  }

  /// One character of a quoted string or a comment, or a backslash and what it escapes.
  bool content(Class plain) noexcept {
    if (at_end()) return false;
    if (take_any(plain)) return true;
    if (text_[at_] != '\\' || text_.size() - at_ < 2 || !is(text_[at_ + 1], kPairText))
      return false;
    at_ += 2;
    return true;
  }

  bool take_any(int what) noexcept {
    if (at_end() || !is(text_[at_], what)) return false;
    ++at_;
    return true;
  }

  static bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }

  std::string_view text_;
  std::size_t at_ = 0;
};

/// Drops the quotes of a local part that is as good without them.
std::string_view unquoted(std::string_view local) noexcept {
  if (!local.starts_with('"')) return local;
  const std::string_view inner = local.substr(1, local.size() - 2);
  Scanner scan(inner);
  scan.gap();
  if (!scan.dot_atom()) return local;
  scan.gap();
  return scan.at_end() ? inner : local;
}

// What follows is for find_email(). It is more lenient than the grammar, never stricter.

constexpr std::string_view kWideSign = "\xEF\xBC\xA0";  // U+FF20
constexpr std::array<std::string_view, 3> kSigns = {"@", "%40", kWideSign};

constexpr bool is_space(char c) noexcept { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

bool escaped(std::string_view text, std::size_t at) noexcept {
  bool odd = false;
  while (at > 0 && text[at - 1] == '\\') {
    odd = !odd;
    --at;
  }
  return odd;
}

/// Where the white space and comments that end before `end` begin. Whatever is no parenthesis may
/// stand in a comment.
std::size_t gap_begin(std::string_view text, std::size_t end) noexcept {
  for (;;) {
    while (end > 0 && is_space(text[end - 1])) --end;
    if (end == 0 || text[end - 1] != ')' || escaped(text, end - 1)) return end;
    std::size_t at = end - 1;
    do {
      if (at == 0) return end;
      at = text.find_last_of("()", at - 1);
      if (at == std::string_view::npos) return end;
    } while (escaped(text, at));
    if (text[at] == ')') return end;
    end = at;
  }
}

/// Where the white space and comments that begin at `at` end.
std::size_t gap_end(std::string_view text, std::size_t at) noexcept {
  for (;;) {
    while (at < text.size() && is_space(text[at])) ++at;
    if (at == text.size() || text[at] != '(') return at;
    std::size_t end = at + 1;
    while (end < text.size() && text[end] != '(' && text[end] != ')') {
      end += text[end] == '\\' ? 2 : 1;
    }
    if (end >= text.size() || text[end] == '(') return at;
    at = end + 1;
  }
}

bool in_label(std::string_view text, std::size_t at) noexcept {
  if (at == text.size()) return false;
  if (is(text[at], kLetter | kDigit | kHyphen) || text[at] == '_') return true;
  return is(text[at], kBeyond) && !text.substr(at).starts_with(kWideSign);
}

/// True when some domain begins at `at`; it may end before the text does.
bool domain_begins(std::string_view text, std::size_t at) noexcept {
  const auto letter_at = [&](std::size_t i) {
    return in_label(text, i) && is(text[i], kLetter | kBeyond);
  };
  for (bool first = true;; first = false) {
    if (!first && letter_at(at) && letter_at(at + 1)) return true;
    const std::size_t begin = at;
    while (in_label(text, at)) ++at;
    const std::size_t size = at - begin;
    if (size == 0 || size > kLabelMax || is(text[begin], kHyphen) || is(text[at - 1], kHyphen) ||
        at == text.size() || text[at] != '.') {
      return false;
    }
    ++at;
  }
}

/// Where the local part that ends before `at` begins; npos when there is none.
std::size_t local_part_before(std::string_view text, std::size_t at) noexcept {
  if (at == 0) return std::string_view::npos;
  if (text[at - 1] == '"') {
    const std::size_t quote = at > 1 ? text.rfind('"', at - 2) : std::string_view::npos;
    if (quote == std::string_view::npos) return quote;
    Scanner scan(text.substr(quote, at - quote));
    return scan.quoted_string(Letters::utf8) && scan.at_end() ? quote : std::string_view::npos;
  }
  std::size_t begin = at;
  for (;;) {
    const std::size_t atom_end = begin;
    while (begin > 0 && is(text[begin - 1], kAtext | kBeyond)) --begin;
    if (begin == atom_end) return atom_end == at ? std::string_view::npos : atom_end + 1;
    if (begin == 0 || text[begin - 1] != '.') return begin;
    --begin;  // past the dot, to the atom before it
  }
}

/// Where the address around the sign in [at, end) begins; npos when there is none.
std::size_t address_around(std::string_view text, std::size_t at, std::size_t end) noexcept {
  if (!domain_begins(text, gap_end(text, end))) return std::string_view::npos;
  std::size_t local_end = gap_begin(text, at);
  if (local_end == at) {
    while (local_end > 0 && text[local_end - 1] == '.') --local_end;  // `ann.@corp.test`
  }
  return local_part_before(text, local_end);
}

}  // namespace

std::optional<Mailbox> parse_mailbox(std::string_view text) noexcept {
  if (text.find('@') == std::string_view::npos) return std::nullopt;  // the common case
  Scanner bare(text);
  std::optional<Mailbox> box = bare.address();
  if (!box || !bare.at_end()) {
    Scanner named(text);
    if (!named.display_name() || !named.take('<')) return std::nullopt;
    box = named.address();
    if (!box || !named.take('>')) return std::nullopt;
    named.gap();
    if (!named.at_end()) return std::nullopt;
  }
  box->local = unquoted(box->local);
  return box;
}

// Linear in time: of each spelling of the sign, no two signs look at the same characters in the
// same way. A domain ends at any sign. A comment ends at the first parenthesis that is not escaped,
// and a sign inside it does not see beyond that: so no two look at one comment from the same side,
// nor at one run of white space, domain or quoted string. Atoms before a sign are only gone through
// where an address has been found.
std::size_t find_email(std::string_view text) noexcept {
  for (const std::string_view sign : kSigns) {
    for (std::size_t at = text.find(sign); at != std::string_view::npos;) {
      const std::size_t end = at + sign.size();
      const std::size_t begin = address_around(text, at, end);
      if (begin != std::string_view::npos) return begin;
      at = text.find(sign, end);
    }
  }
  return std::string_view::npos;
}

}  // namespace zoom_proxy
