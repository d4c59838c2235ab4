#pragma once
// What bulk rules make of a text, however it arrives.

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "rules/bulk/bulk_engine.hpp"
#include "tests/rules/known_codec.hpp"

namespace zoom_proxy::test {

struct BulkMade {
  std::string text;
  std::string error;  ///< of a text that was refused; else empty
  BulkCounts counts;
  std::vector<std::string> warnings;
};

/// The text comes in two parts, each of them in steps of so many bytes.
inline BulkMade arriving(BulkSanitizer& sanitizer, std::string_view text, std::size_t first_part,
                         std::size_t step) {
  BulkMade made;
  std::string buffer;
  BulkPiece piece;
  try {
    for (std::size_t at = 0, size = 0; at < text.size() || at == 0; at += size) {
      size = std::min(step, (at < first_part ? first_part : text.size()) - at);
      buffer += text.substr(at, size);
      while (sanitizer.cut(buffer, false, piece)) sanitizer.sanitize(piece, made.text, made.counts);
      if (text.empty()) break;
    }
    while (sanitizer.cut(buffer, true, piece)) sanitizer.sanitize(piece, made.text, made.counts);
    sanitizer.finish(made.text);
  } catch (const BulkError& error) {
    made.error = error.what();
  }
  made.warnings = sanitizer.warnings();
  return made;
}

struct BulkCase {
  BulkInput input{};
  BulkOptions options{};
  EgressGuard guard = EgressGuard::redact;
};

/// The same wherever a short text is cut in two, and byte by byte.
inline BulkMade made_by(const std::string& yaml, std::string_view text, const BulkCase& how = {}) {
  constexpr std::size_t kShort = 300;
  const BulkEngine engine({yaml, "rules.yaml"}, known_codec(), how.guard);
  const auto run = [&](std::size_t first_part, std::size_t step) {
    return arriving(*engine.open(how.input, how.options), text, first_part, step);
  };
  BulkMade whole = run(text.size(), text.size());
  if (text.size() > kShort) return whole;
  const auto expect_same = [&](const BulkMade& other, std::size_t cut) {
    EXPECT_EQ(other.text, whole.text) << "cut at " << cut;
    EXPECT_EQ(other.error, whole.error) << "cut at " << cut;
    EXPECT_EQ(other.warnings, whole.warnings) << "cut at " << cut;
  };
  for (std::size_t cut = 1; cut < text.size(); ++cut) expect_same(run(cut, text.size()), cut);
  if (!text.empty()) expect_same(run(text.size(), 1), 1);
  return whole;
}

/// The text alone, or why it was refused.
inline std::string text_by(const std::string& yaml, std::string_view text,
                           const BulkCase& how = {}) {
  const BulkMade made = made_by(yaml, text, how);
  return made.error.empty() ? made.text : made.error;
}

/// Why rules are refused; else empty.
inline std::string bulk_rules_error(const std::string& yaml,
                                    std::shared_ptr<const TokenCodec> codec = known_codec()) {
  try {
    const BulkEngine engine({yaml, "rules.yaml"}, std::move(codec));
    return "";
  } catch (const ConfigError& error) {
    return error.what();
  }
}

inline std::string token_of(std::string_view value, bool reversible = false,
                            bool may_be_email = true) {
  std::string token;
  known_codec()->append_token(value, reversible, may_be_email, token);
  return token;
}

}  // namespace zoom_proxy::test
