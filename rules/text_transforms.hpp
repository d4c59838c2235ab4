#pragma once
// What the transforms make of a text. All take UTF-8 and give UTF-8; nothing means null. Where a
// regular expression runs into its limits nothing of the text is left.

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rules/format/regex.hpp"
#include "rules/identity/token.hpp"

namespace zoom_proxy {

using Regexes = std::span<const std::shared_ptr<const Regex>>;

/// `{"length":UTF-16 units,"word_count":words}`: all that stays of a text; with keywords also how
/// often each of those that occur does.
[[nodiscard]] std::string text_digest(std::string_view text,
                                      std::span<const std::string> keywords = {});

/// Each address of a header like To becomes a token; they are joined by commas, or as a JSON list.
/// Nothing when the text is no list of addresses.
[[nodiscard]] std::optional<std::string> pseudonymize_addresses(std::string_view text, bool as_json,
                                                                const TokenCodec& codec);

/// Every match, or its first group where there is one, becomes a token. Nothing without a match.
[[nodiscard]] std::optional<std::string> pseudonymize_matches(std::string_view text,
                                                              const Regex& regex, bool reversible,
                                                              const TokenCodec& codec);

/// Takes every match of each regex out, one regex after the other.
[[nodiscard]] std::optional<std::string> redact_matches(std::string_view text, Regexes regexes);

/// The longest part that one of the exceptions finds; empty when none does. The regexes must come
/// from exception_regex().
[[nodiscard]] std::optional<std::string> keep_longest_match(std::string_view text, Regexes regexes);
[[nodiscard]] std::string exception_regex(std::string_view exception);

/// The phrases that occur, as they stand in the text, in the order of the rules, joined by commas.
/// The regexes must come from phrase_regex().
[[nodiscard]] std::optional<std::string> keep_phrases(std::string_view text, Regexes regexes);
[[nodiscard]] std::string phrase_regex(std::string_view phrase);

/// The pieces between delimiters that match a filter as a whole, joined by blanks; nothing if none.
[[nodiscard]] std::optional<std::string> keep_words(std::string_view text, const Regex* delimiter,
                                                    Regexes filters);

/// A reversible token of the text as it is; with a regex that matches as a whole, of every
/// occurrence of its first group. Without a match the text stays.
[[nodiscard]] std::optional<std::string> tokenize(std::string_view text, const Regex* regex,
                                                  const TokenCodec& codec);

}  // namespace zoom_proxy
