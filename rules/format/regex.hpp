#pragma once
// Regular expressions of the rules: PCRE2 on bytes, bounded in time and memory.

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "rules/error.hpp"

namespace zoom_proxy {

/// A compiled pattern. Immutable and thread-safe. For matches() and match() a match that runs into
/// limits::kRegexMatchSteps or kRegexDepth counts as no match; find() tells it apart. Classes know
/// ASCII only.
class Regex {
 public:
  enum class Case { sensitive, ignored };
  enum class Extent {
    whole,     ///< the whole subject must match, a trailing newline included
    anywhere,  ///< the first match inside the subject
  };

  enum class Units {
    bytes,  ///< paths and queries
    utf8,   ///< texts: a match never cuts a character; subjects must be UTF-8
  };

  /// Throws ConfigError at `place` with PCRE2's reason and the offset in the pattern.
  Regex(std::string_view pattern, Case letter_case, Extent extent, const Place& place,
        Units units = Units::bytes);
  ~Regex();
  Regex(Regex&&) noexcept;
  Regex& operator=(Regex&&) noexcept;

  [[nodiscard]] bool matches(std::string_view subject) const;

  /// The match (element 0) and its groups, as views into `subject`; a group that took no part has a
  /// null data(). Nothing when there is no match.
  [[nodiscard]] std::optional<std::vector<std::string_view>> match(std::string_view subject) const;

  enum class Result { match, none, limit };
  /// The first match at or behind byte `from`, into `groups` as above. For who must know a limit
  /// that was hit from a text without a match. A subject is checked to be UTF-8 at `from` 0 only:
  /// search it from there first, and on only after a match, at the begin of a character.
  [[nodiscard]] Result find(std::string_view subject, std::size_t from,
                            std::vector<std::string_view>& groups) const;

 private:
  struct Code;
  std::unique_ptr<const Code> code_;
};

}  // namespace zoom_proxy
