#include "rules/report.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <set>

#include "rules/builtin.hpp"
#include "rules/explain.hpp"
#include "rules/report_example.hpp"
#include "rules/report_fates.hpp"

namespace zoom_proxy {
namespace {

namespace json = boost::json;

const ReportFacts kFacts{"1.2.3 (abc)", "2026-01-02 03:04 UTC"};

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string report_of(const std::string& yaml) { return report_html({yaml, "own.yaml"}, kFacts); }

/// One endpoint; `more` is indented by four.
std::string rules_of(const std::string& path, const std::string& more = "") {
  return "endpoints:\n  - pathTemplate: " + path + "\n" + more;
}

TEST(Report, SaysWhatItWasMadeFrom) {
  const std::string page = report_html(load_rules_text("zoom"), kFacts);
  EXPECT_TRUE(holds(page, "zoom-proxy 1.2.3 (abc)"));
  EXPECT_TRUE(holds(page, "2026-01-02 03:04 UTC"));
  EXPECT_TRUE(holds(page, demonstration_engine(load_rules_text("zoom")).rules_sha()));
  EXPECT_EQ(page, report_html(load_rules_text("zoom"), kFacts));
}

TEST(Report, LoadsNothingAndLetsNoOtherScriptRun) {
  const std::string page = report_html(load_rules_text("zoom"), kFacts);
  EXPECT_TRUE(holds(page, "default-src &#39;none&#39;; style-src &#39;sha256-"));
  EXPECT_TRUE(holds(page, "script-src &#39;sha256-"));
  for (const char* part : {"unsafe-", "src=", "url(", "@import", "<link", " style=", " onclick="})
    EXPECT_FALSE(holds(page, part)) << part;
}

TEST(Report, EscapesWhatTheRulesSay) {
  const std::string page = report_of(rules_of("/v2/<i>a&b</i>", R"(
    allowedQueryParams: ['"><script>q</script>']
    responseSchema: { type: object, properties: { "</code><script>f": { type: string } } }
)"));
  EXPECT_TRUE(holds(page, "/v2/&lt;i&gt;a&amp;b&lt;/i&gt;"));
  EXPECT_TRUE(holds(page, "<code>&quot;&gt;&lt;script&gt;q&lt;/script&gt;</code>"));
  EXPECT_FALSE(holds(page, "<script>q"));
  EXPECT_FALSE(holds(page, "<script>f"));
  EXPECT_FALSE(holds(page, "<i>"));
}

TEST(Report, WarnsOfWhatIsOpen) {
  const std::string closed = report_of(rules_of("/v2/users", R"(
    allowedMethods: [GET]
    responseSchema: { type: object, properties: { total_records: { type: integer } } }
)"));
  EXPECT_FALSE(holds(closed, "Not limited to a list of fields"));
  EXPECT_FALSE(holds(closed, "More than reading"));
  EXPECT_TRUE(holds(closed, "All they allow is reading"));
  EXPECT_TRUE(holds(closed, "What never leaves: everything else"));
  const std::string open = report_of(rules_of("/v2/users"));
  EXPECT_TRUE(holds(open, "Not limited to a list of fields"));
  EXPECT_TRUE(holds(open, "More than reading"));
  EXPECT_FALSE(holds(open, "All they allow is reading"));
  EXPECT_FALSE(holds(open, "What never leaves: everything else"));
}

TEST(Report, CallsNothingUnlistedThatAnOpenEndpointLetsThrough) {
  const std::string page =
      report_of(rules_of("/v2/users") + R"(  - pathTemplate: /v2/users/{u}/meetings
    responseSchema: { type: object, properties: { page_size: { type: integer } } }
)");
  const std::size_t unlisted = page.find("Not listed, for instance");
  ASSERT_NE(unlisted, std::string::npos);
  const std::string names = page.substr(unlisted, page.find("</p>", unlisted) - unlisted);
  EXPECT_TRUE(holds(names, "<code>meetings</code>"));
  EXPECT_FALSE(holds(names, "<code>users</code>"));
  EXPECT_TRUE(holds(page, "Of the other requests: what"));
}

TEST(Report, SaysWhyThereIsNoExample) {
  EXPECT_FALSE(holds(report_of(rules_of("/v2/users")), "No example"));
  EXPECT_TRUE(holds(report_of(rules_of("/v2/phones")), "none of the Zoom requests it knows"));
  EXPECT_TRUE(holds(report_of(rules_of("/v2/users", "    responseSchema: { type: array }\n")),
                    "does not fit these rules\n      (top-level)"));
}

TEST(Report, PointsAtNamesThatSuggestAPerson) {
  const auto page_with = [](const std::string& properties) {
    return report_of(rules_of(
        "/v2/users", "    responseSchema: { type: object, properties: { " + properties + " } }\n"));
  };
  EXPECT_TRUE(holds(page_with("display_name: { type: string }"), "Worth a second look"));
  EXPECT_FALSE(holds(page_with("display_name: { type: boolean }"), "Worth a second look"));
  EXPECT_FALSE(holds(page_with("duration: { type: string }"), "Worth a second look"));
  for (const char* place : {"$.users[].id", "$.userName", "$.a.names.e-mail", "$.x.join_url"})
    EXPECT_TRUE(suggests_a_person(place)) << place;
  for (const char* place : {"$.id", "$.name.kind", "$.user_names[].count", "$"})
    EXPECT_FALSE(suggests_a_person(place)) << place;
}

TEST(Report, SaysWhatIsDifferentInOtherRules) {
  const RulesText zoom = load_rules_text("zoom");
  const RulesText strict = load_rules_text("zoom-strict");
  EXPECT_FALSE(holds(report_html(zoom, kFacts), "id=\"difference\""));
  EXPECT_TRUE(holds(report_html(zoom, kFacts, &zoom), "Nothing: both let the same through."));
  const std::string less = report_html(zoom, kFacts, &strict);
  EXPECT_TRUE(holds(less, "What would be different with zoom-strict"));
  EXPECT_TRUE(holds(less, "less leaves"));
  EXPECT_FALSE(holds(less, "more leaves"));
  const std::string more = report_html(strict, kFacts, &zoom);
  EXPECT_TRUE(holds(more, "more leaves"));
  EXPECT_FALSE(holds(more, "less leaves"));
  const std::string tokens = "a reversible token of this proxy";
  EXPECT_TRUE(
      holds(less, "<td class=\"place\">path parameter userId</td><td>anything</td><td>" + tokens));
  EXPECT_TRUE(holds(more, "<dt>The path parameter userId must be</dt><dd>" + tokens));
  const RulesText own{rules_of("/v2/phones"), "own.yaml"};
  const std::string other = report_html(zoom, kFacts, &own);
  EXPECT_TRUE(holds(other, "own.yaml allows this request; zoom refuses it."));
  EXPECT_TRUE(holds(other, "own.yaml refuses this request; zoom allows it."));
}

TEST(ReportFates, HaveWordsForWhateverExplainSays) {
  for (const Effect effect :
       {Effect::pseudonymized, Effect::reversible, Effect::digested, Effect::reduced})
    EXPECT_EQ(words_of(to_string(effect)).name, to_string(effect));
  for (const char* fate : {"kept", "redacted", "emptied", "dropped"})
    EXPECT_EQ(words_of(fate).name, fate);
  EXPECT_THROW((void)words_of("lost"), std::logic_error);
  EXPECT_EQ(most_of({"redacted", "pseudonymized", "kept"}).name, "kept");
  EXPECT_EQ(most_of({"redacted", "pseudonymized"}).name, "pseudonymized");
  EXPECT_EQ(split_fates("kept or redacted"), (std::vector<std::string>{"kept", "redacted"}));
  EXPECT_EQ(split_fates("dropped"), std::vector<std::string>{"dropped"});
}

/// All strings in a value.
void strings_of(const json::value& value, std::vector<std::string>& found) {
  if (value.is_string()) found.emplace_back(value.get_string());
  if (value.is_array()) {
    for (const json::value& element : value.get_array()) strings_of(element, found);
  }
  if (value.is_object()) {
    for (const auto& [key, member] : value.get_object()) strings_of(member, found);
  }
}

TEST(ReportExamples, AreOneForEachCallWhoseScopeIsKnown) {
  std::set<std::string> scopes;
  std::set<std::string> titles;
  for (const std::string_view text : builtin_examples()) {
    const json::value example = json::parse(text);
    const std::string path(example.at("path").as_string());
    const RulesText rules{rules_of(path), "own.yaml"};
    const Engine engine = demonstration_engine(rules);
    const auto reports = explain(engine.rules());
    const auto calls = known_calls(engine, reports);
    ASSERT_NE(calls[0], nullptr) << path;
    EXPECT_EQ(calls[0]->path, path);
    EXPECT_EQ(calls[0]->refused, "");
    scopes.insert(reports[0].scope);
    titles.insert(calls[0]->title);
  }
  EXPECT_FALSE(scopes.contains(""));
  EXPECT_EQ(scopes.size(), builtin_examples().size());
  EXPECT_EQ(titles.size(), builtin_examples().size());
}

TEST(ReportExamples, ShowNoPersonOnceSanitized) {
  for (const char* name : {"zoom", "zoom-strict"}) {
    const Engine engine = demonstration_engine(load_rules_text(name));
    const auto reports = explain(engine.rules());
    for (const auto& call : known_calls(engine, reports)) {
      ASSERT_NE(call, nullptr);
      EXPECT_EQ(call->refused, "");
      std::vector<std::string> shown;
      strings_of(call->after, shown);
      EXPECT_GT(shown.size(), 2U) << call->title;
      for (const std::string& line : shown) {
        for (const char* person : {"Mara", "mara", "Jonas", "jonas", "Priya", "priya", "secret",
                                   "kR3xT9vQSmWb2LfYp6ZdAg", "hN7uC4jEQpKs8VtXw1BoMg"})
          EXPECT_FALSE(holds(line, person)) << call->title << ": " << line;
      }
    }
  }
}

TEST(ReportExamples, MarkEachLineWithWhatBecomesOfIt) {
  const Engine engine = demonstration_engine({rules_of("/v2/users", R"(
    responseSchema:
      type: object
      properties:
        users:
          type: array
          items: { type: object, properties: { id: { type: string }, dept: { type: string } } }
    transforms:
      - !<pseudonymize> { jsonPaths: ['$..id'] }
)"),
                                              "own.yaml"});
  const auto calls = known_calls(engine, explain(engine.rules()));
  ASSERT_NE(calls[0], nullptr);
  std::set<std::string> found;
  for (const json::value& line : calls[0]->before) {
    found.insert(std::string(line.at("fate").as_string()) + ' ' +
                 std::string(line.at("text").as_string()));
  }
  for (const char* line : {"structure {", "structure \"users\": [",
                           "pseudonymized \"id\": \"kR3xT9vQSmWb2LfYp6ZdAg\",",
                           "kept \"dept\": \"Research\",", "dropped \"first_name\": \"Mara\",",
                           "dropped \"group_ids\": [", "dropped \"1ZcSmMvrcvyMKEUr9htzJV\""})
    EXPECT_TRUE(found.contains(line)) << line;
  EXPECT_EQ(std::count(calls[0]->unlisted.begin(), calls[0]->unlisted.end(), "first_name"), 1);
  EXPECT_EQ(std::count(calls[0]->unlisted.begin(), calls[0]->unlisted.end(), "dept"), 0);
}

}  // namespace
}  // namespace zoom_proxy
