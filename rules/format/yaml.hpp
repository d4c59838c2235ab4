#pragma once
// Strict access to a YAML file (rules, settings): every value knows its place, and what a careless
// reader would let through (duplicate or unknown keys, `yes` for true, octal numbers, a second
// document, alias bombs) is an error.

#include <array>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rules/error.hpp"

namespace zoom_proxy {

class YamlDocument;
struct YamlEntry;

/// A light view of one node. Valid while its YamlDocument lives; cheap to copy; immutable. Every
/// getter throws ConfigError at the node's place when the value is not what it asks for. Messages
/// name the node's key and types, never values: a settings file holds secrets.
class YamlNode {
 public:
  /// Where the node begins; for an alias (`*x`) where its anchor stands, for a missing value its
  /// key.
  [[nodiscard]] Place place() const;
  /// The tag without its `!`: "pseudonymize" for `!<pseudonymize>` and `!pseudonymize`; empty
  /// without one. A tagged node fails every getter below: who knows the tag asks `untagged()`.
  [[nodiscard]] const std::string& tag() const noexcept;
  [[nodiscard]] YamlNode untagged() const noexcept;

  [[nodiscard]] bool is_map() const noexcept;
  [[nodiscard]] bool is_sequence() const noexcept;
  [[nodiscard]] bool is_scalar() const noexcept;
  /// `key:` without a value, `~`, or an unquoted `null`.
  [[nodiscard]] bool is_null() const noexcept;
  /// True for `"x"` and `'x'` and block scalars: text that is text, whatever it looks like.
  [[nodiscard]] bool is_quoted() const noexcept;
  /// "a map", "a list", "a text", "nothing".
  [[nodiscard]] std::string_view type_name() const noexcept;

  // Of a map. Keys are texts, in file order, without duplicates.
  [[nodiscard]] std::span<const YamlEntry> entries() const;
  [[nodiscard]] std::optional<YamlNode> find(std::string_view key) const;
  /// Throws at the map's place when `key` is missing.
  [[nodiscard]] YamlNode at(std::string_view key) const;
  /// Throws at the first key that is not in `allowed`, with the nearest allowed one.
  void check_keys(std::span<const std::string_view> allowed) const;
  void check_keys(std::initializer_list<std::string_view> allowed) const;

  // Of a sequence.
  [[nodiscard]] std::span<const YamlNode> elements() const;

  // Of a scalar.
  /// The text, quoted or not; a null is no text.
  [[nodiscard]] const std::string& as_string() const;
  /// Unquoted `true` or `false` alone.
  [[nodiscard]] bool as_bool() const;
  /// Unquoted decimal digits with an optional `-`; no leading zeros, no `_`, no other base.
  [[nodiscard]] std::int64_t as_integer() const;
  /// A sequence of texts.
  [[nodiscard]] std::vector<std::string> as_strings() const;

  /// The key whose value this node is, or is a list element of; empty at the root and for keys.
  [[nodiscard]] std::string_view key() const noexcept;
  /// Throws ConfigError at this node's place: `"KEY": message`, without a key `message`.
  [[noreturn]] void fail(const std::string& message) const;

 private:
  friend class YamlDocument;
  struct Data;
  YamlNode(const Data* data, const std::string* file) : data_(data), file_(file) {}
  void expect(bool fits, std::string_view what) const;
  const Data* data_;
  const std::string* file_;
  bool tag_known_ = false;
};

/// One `key: value` of a map.
struct YamlEntry {
  std::string_view key;
  YamlNode key_node;  ///< for its place
  YamlNode value;
};

/// Owns a parsed file. Movable; its nodes stay valid when it moves.
class YamlDocument {
 public:
  /// Throws ConfigError: not UTF-8, NUL, no YAML, not exactly one document, duplicate key, merge
  /// key
  /// `<<`, deeper or larger (aliases counted as often as they are used) than
  /// rules/limits.hpp allows. A UTF-8 byte order mark is skipped. `file` is used in places only.
  static YamlDocument parse(std::string_view text, std::string file);
  ~YamlDocument();
  YamlDocument(YamlDocument&&) noexcept;
  YamlDocument& operator=(YamlDocument&&) noexcept;

  /// A null for an empty file.
  [[nodiscard]] YamlNode root() const noexcept;

 private:
  struct Tree;
  class Builder;
  explicit YamlDocument(std::unique_ptr<const Tree> tree);
  std::unique_ptr<const Tree> tree_;
};

/// A name from a file as error messages show it: in quotes, cut when long, without control
/// characters.
[[nodiscard]] std::string in_quotes(std::string_view name);

/// Index of the candidate that differs from `word` in the fewest letters, case aside; nothing when
/// none differs in few.
[[nodiscard]] std::optional<std::size_t> nearest(std::string_view word,
                                                 std::span<const std::string_view> candidates);

/// "; did you mean \"X\"?" for the candidate nearest to `word`, or "" when none is near.
[[nodiscard]] std::string did_you_mean(std::string_view word,
                                       std::span<const std::string_view> candidates);

/// The value of `table` (name, value) that the node's text names; throws like the getters.
template <class Value, std::size_t N>
Value choose(const YamlNode& node, const std::array<std::pair<std::string_view, Value>, N>& table) {
  const std::string& word = node.as_string();
  std::string choices;
  for (const auto& [name, value] : table) {
    if (name == word) return value;
    choices += (choices.empty() ? "" : ", ") + std::string(name);
  }
  node.fail(in_quotes(word) + " is none of: " + choices);
}

}  // namespace zoom_proxy
