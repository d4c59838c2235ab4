#include "rules/text_transforms.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "rules/format/encoding.hpp"
#include "rules/format/json.hpp"
#include "rules/identity/email.hpp"

namespace zoom_proxy {

namespace {

using Result = Regex::Result;

/// Java's `\s`, and what Java's String.trim cuts (everything up to U+0020).
bool is_java_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_java_trimmed(char c) { return static_cast<unsigned char>(c) <= ' '; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_java_trimmed(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_java_trimmed(text.back())) text.remove_suffix(1);
  return text;
}

/// Pieces of the trimmed text between runs of white space. As in the peer, a blank text that is not
/// empty counts as one piece.
std::size_t word_count(std::string_view text) {
  if (text.empty()) return 0;
  std::size_t words = 1;
  bool in_space = false;
  for (const char c : trimmed(text)) {
    const bool space = is_java_space(c);
    words += space && !in_space;
    in_space = space;
  }
  return words;
}

bool is_word_character(char c) {
  return (c >= '0' && c <= '9') || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z') || c == '_';
}

/// How often each keyword stands in the lower-cased text as a word of `[A-Za-z0-9_]`.
std::map<std::string, std::size_t> keyword_counts(std::string_view text,
                                                  std::span<const std::string> keywords) {
  std::map<std::string, std::size_t> counts;
  while (!text.empty()) {
    const auto* const end = std::find_if_not(text.begin(), text.end(), is_word_character);
    const auto size = static_cast<std::size_t>(end - text.begin());
    const std::string word = ascii_lower(text.substr(0, size));
    if (std::find(keywords.begin(), keywords.end(), word) != keywords.end()) ++counts[word];
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return counts;
}

/// Calls `each(match, groups)` for every match that does not overlap one before it. False when a
/// limit was hit, or when `\K` in a look-around made a match that reaches back.
template <class Each>
bool for_each_match(std::string_view text, const Regex& regex, Each&& each) {
  std::vector<std::string_view> groups;
  for (std::size_t from = 0; from <= text.size();) {
    const Result result = regex.find(text, from, groups);
    if (result == Result::limit) return false;
    if (result == Result::none) break;
    const std::string_view match = groups[0];
    if (match.data() == nullptr || match.data() < text.data() + from) return false;
    each(match, groups);
    const auto end = static_cast<std::size_t>(match.data() + match.size() - text.data());
    from = std::max(end, from);
    if (match.empty()) {  // on to the next character
      do ++from;
      while (from < text.size() && (static_cast<unsigned char>(text[from]) & 0xC0) == 0x80);
    }
  }
  return true;
}

std::size_t offset(std::string_view part, std::string_view text) {
  return static_cast<std::size_t>(part.data() - text.data());
}

std::string quoted_regex(std::string_view literal) {
  std::string out;
  for (const char c : literal) {
    if (!is_word_character(c) && static_cast<unsigned char>(c) < 0x80) out += '\\';
    out += c;
  }
  return out;
}

/// The addresses of a list: cut at commas outside quotes, comments and angle brackets.
std::vector<std::string_view> split_addresses(std::string_view text) {
  std::vector<std::string_view> parts;
  std::size_t start = 0;
  int comments = 0;
  bool in_quotes = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '\\') {
      ++at;
    } else if (c == '"' && comments == 0) {
      in_quotes = !in_quotes;
    } else if (!in_quotes && (c == '(' || c == ')')) {
      comments = std::max(0, comments + (c == '(' ? 1 : -1));
    } else if (c == ',' && !in_quotes && comments == 0) {
      parts.push_back(text.substr(start, at - start));
      start = at + 1;
    }
  }
  parts.push_back(text.substr(start));
  return parts;
}

}  // namespace

std::string text_digest(std::string_view text, std::span<const std::string> keywords) {
  std::string out = "{";
  const std::map<std::string, std::size_t> counts = keyword_counts(text, keywords);
  if (!counts.empty()) {
    out += "\"keywords\":{";
    for (const auto& [word, count] : counts) {
      if (out.back() != '{') out += ',';
      json::append_string(word, out);
      out += ':' + std::to_string(count);
    }
    out += "},";
  }
  return out + "\"length\":" + std::to_string(utf16_length(text)) +
         ",\"word_count\":" + std::to_string(word_count(text)) + '}';
}

std::optional<std::string> pseudonymize_addresses(std::string_view text, bool as_json,
                                                  const TokenCodec& codec) {
  std::string out = as_json ? "[" : "";
  for (const std::string_view part : split_addresses(text)) {
    if (!parse_mailbox(part)) return std::nullopt;
    if (out.size() > (as_json ? 1 : 0)) out += ',';
    std::string token;
    codec.append_token(part, false, true, token);
    as_json ? json::append_string(token, out) : static_cast<void>(out += token);
  }
  return as_json ? out + "]" : out;
}

std::optional<std::string> pseudonymize_matches(std::string_view text, const Regex& regex,
                                                bool reversible, const TokenCodec& codec) {
  std::string out;
  std::size_t copied = 0;
  bool any = false;
  bool overlap = false;  // a group in a look-around can reach what is replaced already
  const bool within_limits = for_each_match(text, regex, [&](std::string_view match, auto& groups) {
    const std::string_view value = groups.size() > 1 ? groups[1] : match;
    if (value.data() == nullptr || is_blank(value)) return;
    any = true;
    overlap = overlap || offset(value, text) < copied;
    if (overlap) return;
    out += text.substr(copied, offset(value, text) - copied);
    codec.append_token(value, reversible, true, out);
    copied = offset(value, text) + value.size();
  });
  if (!within_limits || !any || overlap) return std::nullopt;
  return out + std::string(text.substr(copied));
}

std::optional<std::string> redact_matches(std::string_view text, Regexes regexes) {
  std::string rest(text);
  for (const auto& regex : regexes) {
    const std::string before = std::exchange(rest, {});
    std::size_t copied = 0;
    const bool within_limits =
        for_each_match(before, *regex, [&](std::string_view match, const auto&) {
          rest += before.substr(copied, offset(match, before) - copied);
          copied = offset(match, before) + match.size();
        });
    if (!within_limits) return std::nullopt;
    rest += before.substr(copied);
  }
  return rest;
}

std::string exception_regex(std::string_view exception) {
  return ".*?(" + std::string(exception) + ").*";
}

std::optional<std::string> keep_longest_match(std::string_view text, Regexes regexes) {
  std::string_view longest;
  std::vector<std::string_view> groups;
  for (const auto& regex : regexes) {
    const Result result = regex->find(text, 0, groups);
    if (result == Result::limit) return std::nullopt;
    if (result == Result::match && groups[1].size() > longest.size()) longest = groups[1];
  }
  return std::string(longest);
}

std::string phrase_regex(std::string_view phrase) {
  return "(?<![A-Za-z0-9_])" + quoted_regex(phrase) + "(?=[\\s:]*(?![A-Za-z0-9_])|[\\s:]+)";
}

std::optional<std::string> keep_phrases(std::string_view text, Regexes regexes) {
  std::string out;
  std::vector<std::string_view> groups;
  for (const auto& regex : regexes) {
    const Result result = regex->find(text, 0, groups);
    if (result == Result::limit) return std::nullopt;
    if (result != Result::match) continue;
    if (!out.empty()) out += ',';
    out += groups[0];
  }
  return out;
}

std::optional<std::string> keep_words(std::string_view text, const Regex* delimiter,
                                      Regexes filters) {
  std::vector<std::string_view> words;
  std::size_t start = 0;
  if (delimiter != nullptr) {
    const bool within_limits =
        for_each_match(text, *delimiter, [&](std::string_view match, const auto&) {
          if (match.empty()) return;
          words.push_back(text.substr(start, offset(match, text) - start));
          start = offset(match, text) + match.size();
        });
    if (!within_limits) return std::nullopt;
  }
  words.push_back(text.substr(start));
  std::string out;
  for (const std::string_view word : words) {
    const bool kept = std::any_of(filters.begin(), filters.end(),
                                  [&](const auto& filter) { return filter->matches(word); });
    if (kept) out += std::string(out.empty() ? "" : " ") + std::string(word);
  }
  out = trimmed(out);
  if (out.empty()) return std::nullopt;
  return out;
}

std::optional<std::string> tokenize(std::string_view text, const Regex* regex,
                                    const TokenCodec& codec) {
  std::string out;
  if (regex == nullptr) {
    codec.append_token(text, true, false, out);
    return out;
  }
  std::vector<std::string_view> groups;
  const Result result = regex->find(text, 0, groups);
  if (result == Result::limit) return std::nullopt;
  if (result == Result::none || groups.size() < 2 || groups[1].empty()) return std::string(text);
  std::string token;
  codec.append_token(groups[1], true, false, token);
  while (true) {
    const std::size_t at = std::min(text.find(groups[1]), text.size());
    out += text.substr(0, at);
    if (at == text.size()) return out;
    out += token;
    text.remove_prefix(at + groups[1].size());
  }
}

}  // namespace zoom_proxy
