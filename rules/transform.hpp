#pragma once
// The transforms: one table of tag, keys, function and words. The reader, the compiler, the
// sanitizer and explain walk it; a new transform is one row and its function.
// What each of them does: docs/compatibility.md.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rules/format/regex.hpp"
#include "rules/format/yaml.hpp"
#include "rules/identity/token.hpp"
#include "rules/json_path.hpp"

namespace zoom_proxy {

/// A value on its way through a list of operations. Containers come as `container`: an operation
/// can only replace them as a whole.
struct Scalar {
  enum class Kind : std::uint8_t { null, boolean, number, string, container, removed };
  Kind kind = Kind::null;
  std::string text;     ///< string: unescaped UTF-8; number: its JSON text; else unused
  std::string scratch;  ///< for the operations: buffers that live on need no allocation
};

/// What becomes of a value, for counts and reports.
enum class Effect : std::uint8_t { pseudonymized, reversible, digested, reduced, removed };

/// The keys of all transforms; each row of the table reads its own.
struct TransformOptions {
  enum class Encoding : std::uint8_t { url_safe_token, url_safe_hash_only, json };
  bool include_reversible = false;
  bool include_original = false;
  Encoding encoding = Encoding::url_safe_token;
  std::vector<std::shared_ptr<const Regex>> regexes;  ///< compiled once, shared by all requests
  std::shared_ptr<const Regex> delimiter;             ///< null: the text is not split
  std::vector<std::string> words;                     ///< phrases or keywords, in rule order
  bool is_json = false;                               ///< the text is itself JSON …
  std::optional<JsonPath> inner_path;                 ///< … and only this in it is meant
};

struct TransformType {
  struct Key {
    std::string_view name;
    /// Throws ConfigError at the node for a value that will not do.
    void (*read)(const YamlNode& value, TransformOptions& options);
  };
  std::string_view tag;       ///< as in `!<pseudonymize>`
  std::span<const Key> keys;  ///< beside those that every transform has
  std::string_view words;     ///< for people: what becomes of the value
  Effect (*effect)(const TransformOptions& options);
  /// Replaces the scalar by what becomes of it; of a type that it does not understand nothing is
  /// left.
  void (*apply)(const TransformOptions& options, const TokenCodec& codec, Scalar& scalar);
  /// Completes and checks the options once all keys are read; null: nothing to do.
  void (*finish)(const YamlNode& transform, TransformOptions& options) = nullptr;
};

/// The table.
[[nodiscard]] std::span<const TransformType> transform_types();

/// A transform as the rules state it, ready to be applied. Immutable, thread-safe.
struct Operation {
  const TransformType* type = nullptr;
  TransformOptions options;

  [[nodiscard]] Effect effect() const { return type->effect(options); }
  [[nodiscard]] bool removes() const { return effect() == Effect::removed; }
  void apply(const TokenCodec& codec, Scalar& scalar) const { type->apply(options, codec, scalar); }
};

/// "pseudonymized", "reversible", "digested", "reduced", "removed".
[[nodiscard]] std::string_view to_string(Effect effect);

}  // namespace zoom_proxy
