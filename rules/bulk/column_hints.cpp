#include "rules/bulk/column_hints.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <utility>

#include "rules/bulk/column_key.hpp"
#include "rules/format/yaml.hpp"

namespace zoom_proxy {
namespace {

/// Bytes of a name that may be a suggestion; longer ones are texts.
constexpr std::size_t kLongestName = 64;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || static_cast<unsigned char>(c) >= 0x80; }

/// Short words must stand alone: an `id` is in too many others.
bool holds_word(std::string_view text, std::string_view word) {
  constexpr std::size_t kShort = 4;
  for (std::size_t at = 0; (at = text.find(word, at)) != std::string_view::npos; ++at) {
    const std::size_t end = at + word.size();
    const bool begins = at == 0 || !is_letter(text[at - 1]);
    const bool ends = end == text.size() || !is_letter(text[end]);
    if (word.size() < kShort ? begins && ends : begins || ends) return true;
  }
  return false;
}

/// The shortest that holds the name, or that the name holds.
std::optional<std::size_t> related(std::string_view name, std::span<const std::string_view> keys) {
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const std::string_view key = keys[i];
    if (key.empty() || key.size() > kLongestName) continue;
    const bool fits = holds_word(key, name) || holds_word(name, key);
    if (fits && (!best || key.size() < keys[*best].size())) best = i;
  }
  return best;
}

std::string_view without_quotes(std::string_view name) {
  const bool quoted = name.size() >= 2 && name.starts_with('"') && name.ends_with('"');
  return quoted ? name.substr(1, name.size() - 2) : name;
}

}  // namespace

std::string did_you_mean_column(std::string_view name, const std::vector<std::string>& header) {
  const std::string wanted = column_key(name);
  if (wanted.empty() || wanted.size() > kLongestName) return "";
  std::vector<std::string> keys(header.size());
  std::ranges::transform(header, keys.begin(), column_key);
  const std::vector<std::string_view> views(keys.begin(), keys.end());
  std::optional<std::size_t> found = nearest(wanted, views);
  if (!found) found = related(wanted, views);
  return found ? "; did you mean " + in_quotes(header[*found]) + "?" : "";
}

std::string other_delimiter(std::string_view name, const std::vector<std::string>& header) {
  constexpr std::array<std::pair<char, std::string_view>, 4> kDelimiters = {
      {{',', "\",\""}, {';', "\";\""}, {'\t', "\"\\t\""}, {'|', "\"|\""}}};
  const std::string wanted = column_key(name);
  if (header.size() != 1 || wanted.empty()) return "";
  for (const auto& [delimiter, shown] : kDelimiters) {
    std::string_view rest = header.front();
    if (rest.find(delimiter) == std::string_view::npos) continue;
    while (!rest.empty()) {
      const std::size_t size = std::min(rest.find(delimiter), rest.size());
      if (column_key(without_quotes(rest.substr(0, size))) == wanted) return std::string(shown);
      rest.remove_prefix(std::min(size + 1, rest.size()));
    }
  }
  return "";
}

}  // namespace zoom_proxy
