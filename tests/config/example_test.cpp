// The example file, the reference and the list of keys say the same.

#include <fstream>
#include <iterator>

#include "config/environment.hpp"
#include "config/setting_list.hpp"
#include "rules/format/yaml.hpp"
#include "settings_text.hpp"

namespace zoom_proxy {
namespace {

std::string project_file(const std::string& name) {
  std::ifstream file(std::string(TEST_DATA_DIR) + "/../" + name, std::ios::binary);
  EXPECT_TRUE(file) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

/// What a value of the example file means: nothing, a text, or an empty list.
std::string value_of(const YamlNode& node) {
  if (node.is_null()) return "";
  if (node.is_sequence()) return node.elements().empty() ? "[]" : "a list with elements";
  return node.as_string();
}

using KeysAndValues = std::vector<std::pair<std::string, std::string>>;

/// The keys of a block and of those in it, as paths.
void collect(const YamlNode& block, const std::string& prefix, KeysAndValues& found) {
  for (const YamlEntry& entry : block.entries()) {
    const std::string path = prefix + std::string(entry.key);
    if (entry.value.is_map()) {
      collect(entry.value, path + '.', found);
    } else {
      found.emplace_back(path, value_of(entry.value));
    }
  }
}

TEST(Example, NamesEveryKeyWithItsDefault) {
  const YamlDocument document =
      YamlDocument::parse(project_file("config/zoom-proxy.example.yaml"), "example");
  KeysAndValues in_file;
  collect(document.root(), "", in_file);
  KeysAndValues in_code;
  for (const Setting& setting : all_settings()) {
    const bool no_default = setting.path == "inbound_auth.mode";
    in_code.emplace_back(setting.path, no_default ? "" : setting.get(Settings()));
  }
  EXPECT_EQ(in_file, in_code);
}

TEST(Example, LoadsOnceTheBlanksAreFilled) {
  EXPECT_EQ(test::load(project_file("config/zoom-proxy.example.yaml"), test::complete_variables())
                .zoom.client_id,
            "cid");
}

/// The row of a Markdown table that begins with `first`.
std::string row_of(const std::string& text, const std::string& first) {
  const std::size_t begin = text.find("\n| " + first + " |");
  if (begin == std::string::npos) return "";
  return text.substr(begin + 1, text.find('\n', begin + 1) - begin - 1);
}

TEST(Reference, HasARowForEverySetting) {
  const std::string reference = project_file("docs/reference.md");
  for (const Setting& setting : all_settings()) {
    const std::string row = row_of(reference, '`' + std::string(setting.path) + '`');
    ASSERT_NE(row, "") << setting.path;
    const std::string value = setting.get(Settings());
    if (setting.path != "inbound_auth.mode" && !value.empty()) {
      EXPECT_NE(row.find("| `" + value + "` |"), std::string::npos) << row;
    }
    for (const Setting::Alias& alias : setting.traits.aliases)
      EXPECT_NE(row.find('`' + std::string(alias.name) + '`'), std::string::npos) << row;
    EXPECT_EQ(row.find("`_file`") != std::string::npos, setting.traits.file_twin) << row;
    EXPECT_NE(row.find(setting.description), std::string::npos) << row;
  }
}

}  // namespace
}  // namespace zoom_proxy
