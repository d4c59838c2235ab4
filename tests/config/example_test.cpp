// The example file, the reference and the list of keys say the same.

#include <algorithm>
#include <fstream>
#include <iterator>
#include <regex>
#include <sstream>

#include "config/environment.hpp"
#include "config/setting_list.hpp"
#include "rules/format/yaml.hpp"
#include "settings_text.hpp"

namespace zoom_proxy {
namespace {

constexpr const char* kExample = "config/zoom-proxy.example.yaml";

std::string project_file(const std::string& name) {
  std::ifstream file(std::string(TEST_DATA_DIR) + "/../" + name, std::ios::binary);
  EXPECT_TRUE(file) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

/// What a value of the example file means: nothing, a text, or a list of texts.
std::string value_of(const YamlNode& node) {
  if (node.is_null()) return "";
  if (!node.is_sequence()) return node.as_string();
  std::string items;
  for (const YamlNode& item : node.elements())
    items += (items.empty() ? "" : ", ") + item.as_string();
  return '[' + items + ']';
}

/// Keys as paths, each with something of its own.
using KeysAndTexts = std::vector<std::pair<std::string, std::string>>;

/// The keys of a block and of those in it, in their order.
template <class TextOf>
void collect(const YamlNode& block, const std::string& prefix, const TextOf& text_of,
             KeysAndTexts& found) {
  for (const YamlEntry& entry : block.entries()) {
    const std::string path = prefix + std::string(entry.key);
    if (entry.value.is_map()) {
      collect(entry.value, path + '.', text_of, found);
    } else {
      found.emplace_back(path, text_of(entry));
    }
  }
}

template <class TextOf>
KeysAndTexts collect_from(const std::string& yaml, const TextOf& text_of) {
  const YamlDocument document = YamlDocument::parse(yaml, "example");
  KeysAndTexts found;
  collect(document.root(), "", text_of, found);
  return found;
}

std::string line_of(const std::string& text, std::size_t number) {
  std::istringstream lines(text);
  std::string line;
  for (std::size_t i = 0; i < number; ++i) std::getline(lines, line);
  return line;
}

TEST(Example, NamesEveryKeyWithItsDefault) {
  const KeysAndTexts in_file =
      collect_from(project_file(kExample), [](const YamlEntry& e) { return value_of(e.value); });
  KeysAndTexts in_code;
  for (const Setting& setting : all_settings()) {
    const bool no_default = setting.path == "inbound_auth.mode";
    in_code.emplace_back(setting.path, no_default ? "" : setting.get(Settings()));
  }
  for (const Setting& setting : all_settings()) {
    const auto same = [&](const auto& found) { return found.first == setting.path; };
    EXPECT_TRUE(std::ranges::any_of(in_file, same))
        << "is missing: " << setting.path << ": " << setting.get(Settings()) << "  # "
        << setting.description;
  }
  EXPECT_EQ(in_file, in_code);
}

TEST(Example, HasAWordOnEveryKeyBesideIt) {
  const std::string yaml = project_file(kExample);
  const KeysAndTexts lines = collect_from(yaml, [&](const YamlEntry& entry) {
    return line_of(yaml, static_cast<std::size_t>(entry.key_node.place().line));
  });
  EXPECT_FALSE(lines.empty());
  for (const auto& [path, line] : lines)
    EXPECT_TRUE(std::regex_search(line, std::regex(" # \\S"))) << path << ": " << line;
}

TEST(Example, LoadsOnceTheBlanksAreFilled) {
  EXPECT_EQ(test::load(project_file(kExample), test::complete_variables()).zoom.client_id, "cid");
}

std::string in_backticks(std::string_view text) {
  return text.empty() ? "" : '`' + std::string(text) + '`';
}

/// The row of a setting in the reference's table.
std::string reference_row(const Setting& setting) {
  const std::string path(setting.path);
  const std::string value =
      path == "inbound_auth.mode" ? "none: choose" : in_backticks(setting.get(Settings()));
  std::string names;
  for (const Setting::Alias& alias : setting.traits.aliases)
    names += (names.empty() ? "" : ", ") + in_backticks(alias.name);
  return "| " + in_backticks(path) + " | " + value + " | " + std::string(setting.description) +
         (setting.traits.file_twin ? "; also `_file`" : "") + " | " + names + " |\n";
}

TEST(Reference, HasTheRowOfEverySettingInTheirOrder) {
  const std::string reference = project_file("docs/reference.md");
  const std::string head = "| key | default | meaning | further names |\n|---|---|---|---|\n";
  std::string table = head;
  for (const Setting& setting : all_settings()) {
    const std::string row = reference_row(setting);
    EXPECT_NE(reference.find(row), std::string::npos) << "is missing: " << row;
    table += row;
  }
  EXPECT_NE(reference.find('\n' + table + '\n'), std::string::npos)
      << "a row is there that no setting has, or not in its place";
}

}  // namespace
}  // namespace zoom_proxy
