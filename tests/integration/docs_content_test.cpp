// A second look at docs/zoom, at the pages alone and without what made them: each example is what
// the table above it says, and nothing personal is in its sanitized half.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <regex>
#include <sstream>
#include <stdexcept>

#include "tests/integration/docs_pages.hpp"
#include "tests/integration/fixture.hpp"

namespace integration {
namespace {

/// What a page on disk says.
struct WrittenPage {
  std::map<std::string, std::string> fates;  ///< by field: `users[].email` -> pseudonymized
  json::value original;
  json::value sanitized;
  std::string sanitized_text;
};

WrittenPage read_page(const std::string& name) {
  const std::string page = read_docs(name);
  WrittenPage out;
  const std::regex row("\\*\\*(\\w+)\\*\\* \\|");
  const std::regex code("`([^`]+)`");
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);) {
    std::smatch fate;
    if (!line.starts_with("| ") || !std::regex_search(line, fate, row)) continue;
    const std::string fields = fate.suffix();
    for (std::sregex_iterator field(fields.begin(), fields.end(), code), end; field != end; ++field)
      out.fates[(*field)[1]] = fate[1];
  }
  std::vector<std::string> blocks;
  for (auto begin = page.find("```json\n"); begin != page.npos;
       begin = page.find("```json\n", begin)) {
    begin += 8;
    blocks.push_back(page.substr(begin, page.find("\n```", begin) - begin));
  }
  if (blocks.size() != 2)
    throw std::runtime_error("docs/zoom/" + name + " has not two blocks of JSON, before and after");
  out.original = json::parse(blocks.at(0));
  out.sanitized = json::parse(blocks.at(1));
  out.sanitized_text = blocks.at(1);
  return out;
}

/// Every value that is no container, with its field and, for messages and comparison, its exact
/// place (`users[0].email`).
struct Leaf {
  std::string field;
  std::string place;
  std::string text;
};

void find_leaves(const json::value& value, const std::string& field, const std::string& place,
                 std::vector<Leaf>& found) {
  if (value.is_object()) {
    const std::string dot = field.empty() ? "" : ".";
    for (const auto& [key, member] : value.as_object())
      find_leaves(member, field + dot + std::string(key), place + dot + std::string(key), found);
  } else if (value.is_array()) {
    std::size_t index = 0;
    for (const json::value& element : value.as_array())
      find_leaves(element, field + "[]", place + "[" + std::to_string(index++) + "]", found);
  } else {
    found.push_back({field, place, value.is_string() ? text(value) : json::serialize(value)});
  }
}

/// What the page's table says of a field: the row of the field itself or of what it is part of.
std::string fate_of(const WrittenPage& page, const std::string& field) {
  std::string fate = "not in the table";
  for (const auto& [name, its_fate] : page.fates)
    if (field == name || field.starts_with(name + ".") || field.starts_with(name + "[]"))
      fate = its_fate;
  return fate;
}

/// Whether `after` (nothing: gone) is what such a fate makes of `before`.
bool is_outcome(const std::string& fate, const std::string& before,
                const std::optional<std::string>& after) {
  if (fate == "redacted" || fate == "dropped") return !after;
  if (!after) return false;
  if (fate == "kept") return *after == before;
  if (fate == "digested") return after->starts_with(R"({"length":)");
  if (before.empty()) return *after == "null";  // lest all guests become one person
  if (fate == "pseudonymized") return after->starts_with("t~");
  return fate == "reversible" && after->starts_with("p~");
}

TEST(ZoomDocsContent, ExamplesAreWhatTheirTablesSay) {
  for (const DocsPage& listed : docs_pages()) {
    const WrittenPage page = read_page(listed.file);
    std::vector<Leaf> before;
    std::vector<Leaf> after;
    find_leaves(page.original, "", "", before);
    find_leaves(page.sanitized, "", "", after);
    std::map<std::string, std::string> left;
    for (const Leaf& leaf : after) left[leaf.place] = leaf.text;
    for (const Leaf& leaf : before) {
      const auto found = left.find(leaf.place);
      const auto outcome = found == left.end() ? std::nullopt : std::optional(found->second);
      const std::string fate = fate_of(page, leaf.field);
      EXPECT_TRUE(is_outcome(fate, leaf.text, outcome))
          << listed.file << ": " << leaf.place << " should be " << fate << ", and became "
          << outcome.value_or("(nothing)");
      if (found != left.end()) left.erase(found);
    }
    EXPECT_TRUE(left.empty()) << listed.file << ": out of nowhere came " << left.begin()->first;
  }
}

TEST(ZoomDocsContent, WhatIsNotKeptIsNowhereInTheSanitizedHalf) {
  constexpr std::size_t kTooShortToSearch = 6;  // `US` may be part of anything
  for (const DocsPage& listed : docs_pages()) {
    const WrittenPage page = read_page(listed.file);
    EXPECT_EQ(canaries(page.sanitized_text), "") << listed.file;
    std::vector<Leaf> leaves;
    find_leaves(page.original, "", "", leaves);
    std::vector<std::string> kept;  // a time may stand in two fields, and one be kept
    for (const Leaf& leaf : leaves)
      if (fate_of(page, leaf.field) == "kept") kept.push_back(leaf.text);
    unsigned searched = 0;
    for (const Leaf& leaf : leaves) {
      if (leaf.text.size() < kTooShortToSearch) continue;
      if (std::find(kept.begin(), kept.end(), leaf.text) != kept.end()) continue;
      ++searched;
      EXPECT_TRUE(page.sanitized_text.find(leaf.text) == std::string::npos)
          << listed.file << ": the original's " << leaf.place << " is in the sanitized half";
    }
    if (listed.file != "past-meeting-instances.md") {  // Zoom sends nothing personal there
      EXPECT_GT(searched, 3U) << listed.file;
    }
  }
}

TEST(ZoomDocsContent, HoldNothingOfTheRealWorld) {
  const std::regex domain(R"((?:@|https?://)([\w.-]+))");
  for (const DocsPage& listed : docs_pages()) {
    const std::string page = read_docs(listed.file);
    for (std::sregex_iterator at(page.begin(), page.end(), domain), end; at != end; ++at) {
      std::string name = (*at)[1];
      while (name.ends_with('.')) name.pop_back();
      EXPECT_TRUE(name.ends_with(".example")) << listed.file << ": " << name;
    }
  }
}

}  // namespace
}  // namespace integration
