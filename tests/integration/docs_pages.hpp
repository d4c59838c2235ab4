#pragma once
// The pages of docs/zoom, one for each endpoint of the built-in rules: how they are made.

#include <boost/json.hpp>
#include <filesystem>
#include <string>
#include <vector>

namespace integration {

namespace json = boost::json;

/// What a person decides about a page; all else on it comes from the programs.
struct DocsPage {
  std::string file;   ///< "users.md"
  std::string title;  ///< "Users"
  /// With `{meetingId}`, `{meetingUuid}` or `{userId}`; for people, and for the example.
  std::string path;
  std::string query;  ///< of the example: "?page_size=1", or empty
  std::string about;  ///< one sentence
};

/// In the order of rules/zoom.yaml.
[[nodiscard]] const std::vector<DocsPage>& docs_pages();

struct DocsExample {
  std::string asked;     ///< the client's target
  std::string asked_of;  ///< the same as Zoom gets it
  json::value original;
  json::value sanitized;
};

/// `endpoint` is its part of `zoom-proxy explain --json`, `strict` the same of zoom-strict.
[[nodiscard]] std::string render_page(const DocsPage& page, const json::object& endpoint,
                                      const json::object& strict, const DocsExample& example);
/// The table of the index.
[[nodiscard]] std::string render_index();

[[nodiscard]] std::filesystem::path docs_folder();
/// A file of the folder as it is now; empty when there is none.
[[nodiscard]] std::string read_docs(const std::string& name);

/// Salt and key of the examples: no secrets, they stand in docs/zoom/README.md.
inline constexpr const char* kDocsSalt = "example-salt-of-the-documentation";
inline constexpr const char* kDocsKey = "example-key-of-the-documentation";

}  // namespace integration
