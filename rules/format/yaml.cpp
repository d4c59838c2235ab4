#include "rules/format/yaml.hpp"

#include <openssl/crypto.h>
#include <yaml-cpp/anchor.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <deque>
#include <istream>
#include <numeric>
#include <streambuf>
#include <unordered_map>
#include <unordered_set>

#include "rules/format/encoding.hpp"
#include "rules/limits.hpp"

namespace zoom_proxy {

struct YamlNode::Data {
  enum class Kind { null, scalar, sequence, map };
  Kind kind = Kind::null;
  bool quoted = false;
  int line = 0;
  int column = 0;
  std::size_t weight = 1;  ///< nodes in this subtree, aliases counted as often as they are used
  std::size_t height = 1;  ///< levels of this subtree
  const Data* parent = nullptr;  ///< for an aliased node where its anchor stands
  std::string_view key;          ///< in `parent`, when that is a map
  std::string text;
  std::string tag;
  std::vector<YamlNode> elements;
  std::vector<YamlEntry> entries;
};

struct YamlDocument::Tree {
  std::string file;
  std::deque<YamlNode::Data> nodes;  // a deque: nodes must not move
  const YamlNode::Data* root = nullptr;

  Tree() = default;
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;
  /// A settings file holds secrets.
  ~Tree() {
    for (YamlNode::Data& node : nodes) OPENSSL_cleanse(node.text.data(), node.text.size());
  }
};

// ---- building: yaml-cpp's events into a Tree
// -----------------------------------------------------

/// yaml-cpp's own node tree would lose duplicate keys and follow self-referring aliases, so the
/// tree is built from its events.
class YamlDocument::Builder : public YAML::EventHandler {
 public:
  Builder(Tree& tree, std::string_view text) : tree_(tree), text_(text) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) fail(mark, "a second YAML document: keep one and remove the `---`");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Data& node = open(mark, anchor, Data::Kind::null, "?");
    close(node);
    // For a value that is not there yaml-cpp marks the next token; its key says more.
    if (!stack_.empty() && !stack_.back().node->entries.empty()) {
      const Data& key = *stack_.back().node->entries.back().key_node.data_;
      node.line = key.line;
      node.column = key.column;
    }
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    Data& node = open(mark, anchor, Data::Kind::scalar, tag);
    node.text = value;
    node.quoted = tag == "!";
    if (node.quoted) quote_end_ = find_quote_end(mark);
    close(node);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    check_quote_end(mark);
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) fail(mark, "an alias (`*name`) inside its own anchor");
    add(mark, *found->second);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, anchor, Data::Kind::sequence, tag);
  }
  void OnSequenceEnd() override { close(*stack_.back().node); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, anchor, Data::Kind::map, tag);
  }
  void OnMapEnd() override { close(*stack_.back().node); }

 private:
  using Data = YamlNode::Data;

  struct Level {
    Data* node;
    YAML::Mark mark;
    YAML::anchor_t anchor;
    const Data* key = nullptr;  ///< of a map: read, its value is due
    std::unordered_set<std::string_view> keys;
  };

  Data& open(const YAML::Mark& mark, YAML::anchor_t anchor, Data::Kind kind,
             const std::string& tag) {
    check_quote_end(mark);
    if (stack_.size() >= limits::kYamlDepth) fail(mark, "nested too deeply");
    Data& node = tree_.nodes.emplace_back();
    node.kind = kind;
    node.line = mark.line + 1;
    node.column = mark.column + 1;
    if (tag != "?" && tag != "!") node.tag = tag.starts_with('!') ? tag.substr(1) : tag;
    stack_.push_back({.node = &node, .mark = mark, .anchor = anchor, .keys = {}});
    return node;
  }

  void close(Data& node) {
    const YAML::Mark mark = stack_.back().mark;
    if (stack_.back().anchor != 0) anchors_[stack_.back().anchor] = &node;
    stack_.pop_back();
    if (!stack_.empty()) {
      const Level& level = stack_.back();
      node.parent = level.node;
      if (level.key != nullptr) node.key = level.key->text;
    }
    add(mark, node);
  }

  /// Puts a complete node into the collection that is open.
  void add(const YAML::Mark& mark, const Data& node) {
    if (stack_.empty()) {
      tree_.root = &node;
      return;
    }
    Level& level = stack_.back();
    Data& parent = *level.node;
    parent.weight += node.weight;
    parent.height = std::max(parent.height, node.height + 1);
    if (parent.weight > limits::kYamlNodes) fail(mark, "too many nodes (or aliases)");
    if (stack_.size() + node.height > limits::kYamlDepth) fail(mark, "nested too deeply");
    if (parent.kind == Data::Kind::sequence) {
      parent.elements.push_back(view(node));
    } else if (level.key == nullptr) {
      add_key(level, mark, node);
    } else {
      parent.entries.push_back(
          {.key = level.key->text, .key_node = view(*level.key), .value = view(node)});
      level.key = nullptr;
    }
  }

  void add_key(Level& level, const YAML::Mark& mark, const Data& node) {
    if (node.kind != Data::Kind::scalar) fail(mark, "a key must be a text");
    if (!node.tag.empty()) fail(mark, "a key with a tag: " + in_quotes(node.text));
    if (node.text == "<<") fail(mark, "merge keys (`<<`) are not supported: write the keys out");
    if (!level.keys.insert(node.text).second) {
      fail(mark, "duplicate key " + in_quotes(node.text) + ": keep one of them");
    }
    level.key = &node;
  }

  /// Where the quoted scalar that begins at `mark` ends: yaml-cpp takes one without a closing quote
  /// for complete when a less indented line or the end of the file follows.
  [[nodiscard]] std::size_t find_quote_end(const YAML::Mark& mark) const {
    const std::size_t begin = text_.find_first_of("'\"|>", static_cast<std::size_t>(mark.pos));
    const char quote = begin == std::string_view::npos ? '|' : text_[begin];
    if (quote == '|' || quote == '>') return 0;
    for (std::size_t at = begin + 1; at < text_.size(); ++at) {
      const bool doubled = quote == '\'' && text_.substr(at).starts_with("''");
      if (doubled || (quote == '"' && text_[at] == '\\')) {
        ++at;
      } else if (text_[at] == quote) {
        return at;
      }
    }
    fail(mark, "a quote does not end");
  }

  void check_quote_end(const YAML::Mark& next) const {
    if (static_cast<std::size_t>(next.pos) < quote_end_) {
      fail(next, "inside a quote that began further up: close it, or indent this line");
    }
  }

  [[nodiscard]] YamlNode view(const Data& node) const { return {&node, &tree_.file}; }

  [[noreturn]] void fail(const YAML::Mark& mark, const std::string& message) const {
    throw ConfigError({tree_.file, mark.line + 1, mark.column + 1}, message);
  }

  Tree& tree_;
  std::string_view text_;
  std::size_t quote_end_ = 0;  ///< of the last quoted scalar
  std::vector<Level> stack_;
  std::unordered_map<YAML::anchor_t, const Data*> anchors_;
  int documents_ = 0;
};

namespace {

/// A text as a stream, without a copy of it.
class TextBuffer : public std::streambuf {
 public:
  explicit TextBuffer(std::string_view text) {
    char* const begin = const_cast<char*>(text.data());  // is read only
    setg(begin, begin, begin + text.size());
  }
};

/// Refuses what is no text before yaml-cpp guesses an encoding or stops at a NUL.
void check_text(std::string_view text, const std::string& file) {
  if (text.size() > limits::kRulesFileBytes) {
    throw ConfigError(
        {file}, "larger than the maximum of " + std::to_string(limits::kRulesFileBytes) + " bytes");
  }
  Place place{file, 1, 1};
  Utf8Check utf8;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (!utf8.feed({&c, 1})) throw ConfigError(place, "not UTF-8: save the file as UTF-8");
    if ((byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7F) {
      throw ConfigError(place, "a control character: is this a text file in UTF-8?");
    }
    if (c == '\n') {
      ++place.line;
      place.column = 1;
    } else if ((byte & 0xC0) != 0x80) {
      ++place.column;
    }
  }
  if (!utf8.complete()) throw ConfigError(place, "not UTF-8: the last character is cut off");
}

}  // namespace

YamlDocument YamlDocument::parse(std::string_view text, std::string file) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  check_text(text, file);
  auto tree = std::make_unique<Tree>();
  tree->file = std::move(file);
  Builder builder(*tree, text);
  TextBuffer buffer(text);
  std::istream in(&buffer);
  try {
    YAML::Parser parser(in);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& error) {
    // What stands after a colon quotes the file, which may hold secrets.
    throw ConfigError({tree->file, error.mark.line + 1, error.mark.column + 1},
                      "not valid YAML: " + error.msg.substr(0, error.msg.find(':')));
  }
  if (tree->root == nullptr) {
    YamlNode::Data& nothing = tree->nodes.emplace_back();
    nothing.line = nothing.column = 1;
    tree->root = &nothing;
  }
  return YamlDocument(std::move(tree));
}

YamlDocument::YamlDocument(std::unique_ptr<const Tree> tree) : tree_(std::move(tree)) {}
YamlDocument::~YamlDocument() = default;
YamlDocument::YamlDocument(YamlDocument&&) noexcept = default;
YamlDocument& YamlDocument::operator=(YamlDocument&&) noexcept = default;

YamlNode YamlDocument::root() const noexcept { return {tree_->root, &tree_->file}; }

// ---- reading
// -------------------------------------------------------------------------------------

Place YamlNode::place() const { return {*file_, data_->line, data_->column}; }
const std::string& YamlNode::tag() const noexcept { return data_->tag; }
YamlNode YamlNode::untagged() const noexcept {
  YamlNode node = *this;
  node.tag_known_ = true;
  return node;
}

bool YamlNode::is_map() const noexcept { return data_->kind == Data::Kind::map; }
bool YamlNode::is_sequence() const noexcept { return data_->kind == Data::Kind::sequence; }
bool YamlNode::is_scalar() const noexcept { return data_->kind == Data::Kind::scalar; }
bool YamlNode::is_null() const noexcept { return data_->kind == Data::Kind::null; }
bool YamlNode::is_quoted() const noexcept { return data_->quoted; }

std::string_view YamlNode::type_name() const noexcept {
  switch (data_->kind) {
    case Data::Kind::null:
      return "nothing";
    case Data::Kind::scalar:
      return "a text";
    case Data::Kind::sequence:
      return "a list";
    case Data::Kind::map:
      return "a map";
  }
  return "unknown";
}

std::string_view YamlNode::key() const noexcept {
  const Data* node = data_;
  while (node->key.empty() && node->parent != nullptr && node->parent->kind != Data::Kind::map) {
    node = node->parent;
  }
  return node->key;
}

void YamlNode::fail(const std::string& message) const {
  const std::string_view name = key();
  throw ConfigError(place(), name.empty() ? message : in_quotes(name) + ": " + message);
}

void YamlNode::expect(bool fits, std::string_view what) const {
  if (!data_->tag.empty() && !tag_known_) fail("unexpected tag " + in_quotes("!" + data_->tag));
  if (!fits) fail("expected " + std::string(what) + ", found " + std::string(type_name()));
}

std::span<const YamlEntry> YamlNode::entries() const {
  expect(is_map(), "a map");
  return data_->entries;
}

std::optional<YamlNode> YamlNode::find(std::string_view key) const {
  for (const YamlEntry& entry : entries()) {
    if (entry.key == key) return entry.value;
  }
  return std::nullopt;
}

YamlNode YamlNode::at(std::string_view key) const {
  if (auto found = find(key)) return *found;
  fail("the key " + in_quotes(key) + " is missing");
}

void YamlNode::check_keys(std::span<const std::string_view> allowed) const {
  for (const YamlEntry& entry : entries()) {
    if (std::ranges::find(allowed, entry.key) != allowed.end()) continue;
    entry.key_node.fail("unknown key " + in_quotes(entry.key) + did_you_mean(entry.key, allowed));
  }
}

void YamlNode::check_keys(std::initializer_list<std::string_view> allowed) const {
  check_keys(std::span(allowed.begin(), allowed.size()));
}

std::span<const YamlNode> YamlNode::elements() const {
  expect(is_sequence(), "a list");
  return data_->elements;
}

const std::string& YamlNode::as_string() const {
  expect(is_scalar(), "a text");
  return data_->text;
}

bool YamlNode::as_bool() const {
  expect(is_scalar(), "true or false");
  if (data_->quoted || (data_->text != "true" && data_->text != "false")) {
    fail("expected true or false, without quotes");
  }
  return data_->text == "true";
}

std::int64_t YamlNode::as_integer() const {
  expect(is_scalar(), "a whole number");
  const std::string_view text = data_->text;
  const std::string_view digits = text.substr(text.starts_with('-') ? 1 : 0);
  const bool leading_zero = digits.size() > 1 && digits.starts_with('0');
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (data_->quoted || leading_zero || error != std::errc() || end != text.data() + text.size()) {
    fail("expected a whole number in decimal digits");
  }
  return value;
}

std::vector<std::string> YamlNode::as_strings() const {
  std::vector<std::string> texts;
  for (const YamlNode& element : elements()) texts.push_back(element.as_string());
  return texts;
}

// ---- words for messages
// --------------------------------------------------------------------------

std::string in_quotes(std::string_view name) {
  constexpr std::size_t kShown = 100;
  std::size_t shown = std::min(name.size(), kShown);
  while (shown < name.size() && (name[shown] & 0xC0) == 0x80) --shown;  // no half character
  std::string out = "\"";
  for (const char c : name.substr(0, shown)) {
    out += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? '?' : c;
  }
  out += shown < name.size() ? "…\"" : "\"";
  return out;
}

namespace {

/// How many letters are missing, too many, wrong, or swapped with their neighbour (the restricted
/// Damerau-Levenshtein distance), letter case aside; both words are short.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  const auto same = [&](std::size_t i, std::size_t j) {
    return ascii_lower(a[i]) == ascii_lower(b[j]);
  };
  std::vector<std::vector<std::size_t>> rows(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  std::iota(rows[0].begin(), rows[0].end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    rows[i + 1][0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = rows[i][j] + (same(i, j) ? 0 : 1);
      rows[i + 1][j + 1] = std::min({replaced, rows[i + 1][j] + 1, rows[i][j + 1] + 1});
      if (i > 0 && j > 0 && same(i, j - 1) && same(i - 1, j)) {
        rows[i + 1][j + 1] = std::min(rows[i + 1][j + 1], rows[i - 1][j - 1] + 1);
      }
    }
  }
  return rows.back().back();
}

}  // namespace

std::optional<std::size_t> nearest(std::string_view word,
                                   std::span<const std::string_view> candidates) {
  constexpr std::size_t kLongestWord = 64;
  if (word.empty() || word.size() > kLongestWord) return std::nullopt;
  std::optional<std::size_t> found;
  std::size_t best = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const std::string_view candidate = candidates[i];
    const std::size_t sizes =
        std::max(word.size(), candidate.size()) - std::min(word.size(), candidate.size());
    if (sizes >= best) continue;  // it differs in so many, and may be of any length
    const std::size_t distance = edit_distance(word, candidate);
    if (distance >= best) continue;
    best = distance;
    found = i;
  }
  return found;
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates) {
  const auto found = nearest(word, candidates);
  return found ? "; did you mean " + in_quotes(candidates[*found]) + "?" : "";
}

}  // namespace zoom_proxy
