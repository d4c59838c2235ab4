// docs/zoom says the truth: its pages are what the real programs say and do. With UPDATE_DOCS=1 in
// the environment the pages are written instead.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

#include "tests/integration/docs_pages.hpp"
#include "tests/integration/fixture.hpp"

namespace integration {
namespace {

namespace fs = std::filesystem;

constexpr const char* kHowToUpdate =
    "  If the change is meant: UPDATE_DOCS=1 build/release/tests/integration/integration_test "
    "--gtest_filter='ZoomDocs.*', then read what has changed.";
constexpr const char* kIndexTable = "| page | path |";

void replace_all(std::string& text, const std::string& what, const std::string& with) {
  for (auto at = text.find(what); at != text.npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
}

/// zoom-proxy with the example keys and `input` before it; what it writes.
std::string run_proxy(const std::string& arguments, const std::string& input = {}) {
  const TemporaryDirectory directory;
  std::ofstream(directory.file("input"), std::ios::binary) << input;
  Process process(
      {"/bin/sh", "-c",
       "exec " + proxy_program() + ' ' + arguments + " < '" + directory.file("input") + "'"},
      {{"PSOXY_SALT", kDocsSalt}, {"PSOXY_ENCRYPTION_KEY", kDocsKey}});
  if (process.wait() != 0) throw std::runtime_error(arguments + ": " + process.errors());
  return process.output();
}

json::array explain(const std::string& rules) {
  return json::parse(run_proxy("explain --json --rules " + rules)).at("endpoints").as_array();
}

/// Whether the endpoint's template or regex takes that path.
bool takes(const json::object& endpoint, const std::string& path) {
  std::string pattern(endpoint.at("endpoint").as_string());
  if (pattern[0] == '/') pattern = std::regex_replace(pattern, std::regex("\\{\\w+\\}"), "[^/]+");
  return std::regex_match(path, std::regex(pattern, std::regex::icase));
}

/// The endpoint of a page: as in the proxy, the first that takes its path.
const json::object* endpoint_of(const json::array& endpoints, const DocsPage& page) {
  const std::string path = std::regex_replace(page.path, std::regex("\\{\\w+\\}"), "1");
  for (const json::value& endpoint : endpoints)
    if (takes(endpoint.as_object(), path)) return &endpoint.as_object();
  return nullptr;
}

/// Makes the examples: asks the look-alike as the proxy would, and sanitizes its answer.
class Examples {
 public:
  Examples() : zoom_(simulator_.port(), simulator_.ca_file()) {
    const Answer answer =
        zoom_.request("POST", "/oauth/token",
                      {{"Authorization", "Basic c2ltdWxhdG9yLWNsaWVudDpzaW11bGF0b3Itc2VjcmV0"},
                       {"Content-Type", "application/x-www-form-urlencoded"}},
                      "grant_type=account_credentials&account_id=simulator-account");
    authorization_ = "Bearer " + text(object(answer).at("access_token"));
    const Example user = simulator_.example();
    const Example::Meeting& meeting = user.meetings.at(3);  // its first three: a user, two guests
    in_clear_ = {{"{meetingId}", meeting.number},
                 {"{meetingUuid}", percent_encode(percent_encode(meeting.uuid))},
                 {"{userId}", user.user_id}};
    const auto users = json::parse(sanitized("/v2/users", original("/v2/users?page_size=1")));
    user_token_ = text(users.at("users").at(0).at("id"));
  }

  DocsExample of(const DocsPage& page) {
    DocsExample example;
    example.asked_of = page.path + page.query;
    example.asked = example.asked_of;
    replace_all(example.asked, "{userId}", user_token_);
    for (const auto& [name, value] : in_clear_) {
      replace_all(example.asked, name, value);
      replace_all(example.asked_of, name, value);
    }
    const std::string body = original(example.asked_of);
    example.original = json::parse(body);
    example.sanitized = json::parse(sanitized(example.asked, body));
    return example;
  }

 private:
  std::string original(const std::string& target) {
    const Answer answer = zoom_.get(target, {{"Authorization", authorization_}});
    if (answer.status != 200) throw std::runtime_error(target + ": " + answer.body);
    // The look-alike's page tokens hold the time of day.
    return std::regex_replace(answer.body, std::regex(R"("next_page_token":"[^"]+")"),
                              R"("next_page_token":"example-next-page")");
  }

  static std::string sanitized(const std::string& target, const std::string& body) {
    return run_proxy("sanitize --url '" + target + "'", body);
  }

  Simulator simulator_;
  Client zoom_;
  std::string authorization_;
  std::string user_token_;
  std::map<std::string, std::string> in_clear_;
};

/// Compares a file with what it should hold, or writes it.
void expect_file(const std::string& name, const std::string& expected) {
  const fs::path file = docs_folder() / name;
  if (std::getenv("UPDATE_DOCS") != nullptr) {
    fs::create_directories(docs_folder());
    std::ofstream(file, std::ios::binary) << expected;
  }
  const std::string actual = read_docs(name);
  if (actual == expected) return;
  std::istringstream is(actual);
  std::istringstream should_be(expected);
  std::string line;
  std::string wanted;
  std::size_t number = 0;
  do {
    ++number;
    if (!std::getline(is, line)) line = "(end of file)";
    if (!std::getline(should_be, wanted)) wanted = "(end of file)";
  } while (line == wanted && line != "(end of file)");
  ADD_FAILURE() << "docs/zoom/" << name << " is not true any more.\n  line " << number
                << " is:        " << line << "\n  it should be: " << wanted << "\n"
                << kHowToUpdate;
}

TEST(ZoomDocs, PagesShowWhatTheProgramsDo) {
  const json::array endpoints = explain("zoom");
  const json::array stricter = explain("zoom-strict");
  Examples examples;
  for (const DocsPage& page : docs_pages()) {
    const json::object* endpoint = endpoint_of(endpoints, page);
    const json::object* strict = endpoint_of(stricter, page);
    if (endpoint != nullptr && strict != nullptr)  // else the last test here fails
      expect_file(page.file, render_page(page, *endpoint, *strict, examples.of(page)));
  }
}

TEST(ZoomDocs, IndexListsThePages) {
  const std::string index = read_docs("README.md");
  const auto table = index.find(kIndexTable);
  ASSERT_NE(table, index.npos) << "docs/zoom/README.md has no table of pages: it ends with a line "
                               << kIndexTable << " and what UPDATE_DOCS=1 puts there";
  expect_file("README.md", index.substr(0, table) + render_index());
  for (const char* value : {kDocsSalt, kDocsKey, "../privacy/zoom-strict.md"})
    EXPECT_NE(index.find(value), index.npos) << "docs/zoom/README.md does not name " << value;
}

TEST(ZoomDocs, EveryEndpointHasAPageAndEveryPageAnEndpoint) {
  const json::array endpoints = explain("zoom");
  std::map<const json::object*, unsigned> pages_of;
  std::vector<std::string> files = {"README.md"};
  for (const DocsPage& page : docs_pages()) {
    const json::object* endpoint = endpoint_of(endpoints, page);
    EXPECT_NE(endpoint, nullptr) << "page " << page.file
                                 << ": no endpoint of rules/zoom.yaml takes " << page.path
                                 << "; remove its row in tests/integration/docs_pages.cpp";
    ++pages_of[endpoint];
    files.push_back(page.file);
    EXPECT_TRUE(fs::exists(docs_folder() / page.file)) << page.file << " is missing.\n"
                                                       << kHowToUpdate;
  }
  for (const json::value& endpoint : endpoints)
    EXPECT_EQ(pages_of[&endpoint.as_object()], 1U)
        << "pages of endpoint " << endpoint.at("endpoint")
        << " of rules/zoom.yaml; tests/integration/docs_pages.cpp lists the pages.\n"
        << kHowToUpdate;
  for (const auto& entry : fs::directory_iterator(docs_folder()))
    EXPECT_EQ(std::count(files.begin(), files.end(), entry.path().filename()), 1)
        << "docs/zoom/" << entry.path().filename().string()
        << " is no page of tests/integration/docs_pages.cpp; remove it";
}

}  // namespace
}  // namespace integration
