#include "tests/integration/docs_pages.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>

namespace integration {
namespace {

constexpr std::size_t kColumns = 100;

/// A value on one line, with blanks for reading.
std::string one_line(const json::value& value) {
  std::string out;
  const auto separate = [&out] { out += out.size() > 1 ? ", " : ""; };
  if (value.is_object()) {
    out = "{";
    for (const auto& [key, member] : value.as_object()) {
      separate();
      out += json::serialize(key) + ": " + one_line(member);
    }
    return out + "}";
  }
  if (!value.is_array()) return json::serialize(value);
  out = "[";
  for (const json::value& element : value.as_array()) {
    separate();
    out += one_line(element);
  }
  return out + "]";
}

/// A value that begins at column `column` of a line indented by `indent`: what fits on a line
/// stands on one, but for the outermost.
std::string pretty(const json::value& value, std::size_t indent = 0, std::size_t column = 0) {
  const std::string whole = one_line(value);
  if (!value.is_structured() || (indent > 0 && column + whole.size() < kColumns)) return whole;
  const std::string pad(indent + 2, ' ');
  std::string out;
  const auto line = [&](const std::string& label, const json::value& part) {
    out += (out.empty() ? "\n" : ",\n") + pad + label;
    out += pretty(part, indent + 2, pad.size() + label.size());
  };
  if (value.is_object()) {
    for (const auto& [key, member] : value.as_object()) line(json::serialize(key) + ": ", member);
  } else {
    for (const json::value& element : value.as_array()) line("", element);
  }
  out += "\n" + std::string(indent, ' ');
  return value.is_object() ? "{" + out + "}" : "[" + out + "]";
}

struct Fate {
  const char* name;
  const char* words;
};

constexpr Fate kFates[] = {
    {"kept", "leaves as it is"},
    {"pseudonymized",
     "leaves as a token that cannot be turned back (an e-mail address keeps its domain)"},
    {"reversible", "leaves as a token that the proxy alone can turn back"},
    {"digested", "leaves as length and number of words"},
    {"reduced", "leaves in part"},
    {"redacted", "cannot leave, since a rule removes it"},
    {"dropped", "cannot leave, since no rule keeps it"},
};

/// `$.users[].email` without the `$.`, as code.
std::string field(const std::string& place) {
  return "`" + place.substr(place.starts_with("$.") ? 2 : 0) + "`";
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

/// The same, with a line for each object that the fields are in.
std::string joined_by_parent(const std::vector<std::string>& fields) {
  const auto parent = [](const std::string& name) { return name.substr(0, name.rfind('.') + 1); };
  std::string out;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) out += parent(fields[i]) == parent(fields[i - 1]) ? ", " : ",<br>";
    out += fields[i];
  }
  return out;
}

using FieldsByFate = std::map<std::string, std::vector<std::string>>;

/// Notes the outermost places of an original answer that the rules do not name.
void find_unnamed(const json::value& value, const std::string& place,
                  const std::vector<std::string>& named, std::vector<std::string>& found) {
  const auto is_inside = [&place](const std::string& other) {
    return other.starts_with(place + ".") || other.starts_with(place + "[]");
  };
  if (std::find(named.begin(), named.end(), place) != named.end()) return;
  if (place != "$" && std::none_of(named.begin(), named.end(), is_inside)) {
    if (std::find(found.begin(), found.end(), field(place)) == found.end())
      found.push_back(field(place));
  } else if (value.is_object()) {
    for (const auto& [key, member] : value.as_object())
      find_unnamed(member, place + "." + std::string(key), named, found);
  } else if (value.is_array()) {
    for (const json::value& element : value.as_array())
      find_unnamed(element, place + "[]", named, found);
  }
}

/// What becomes of each place that the rules name.
std::map<std::string, std::string> fates_of(const json::object& endpoint) {
  std::map<std::string, std::string> fates;
  for (const json::value& row : endpoint.at("fields").as_array()) {
    std::vector<std::string> words;
    for (const json::value& fate : row.at("fate").as_array()) words.emplace_back(fate.as_string());
    fates[std::string(row.at("place").as_string())] = joined(words);
  }
  return fates;
}

FieldsByFate fields_by_fate(const json::object& endpoint, const json::value& original) {
  FieldsByFate fields;
  std::vector<std::string> named;
  for (const auto& [place, fate] : fates_of(endpoint)) {
    named.push_back(place);
    fields[fate].push_back(field(place));
  }
  std::vector<std::string>& dropped = fields["dropped"];
  find_unnamed(original, "$", named, dropped);
  dropped.emplace_back("whatever else Zoom may send, now or later");
  return fields;
}

/// One sentence, or nothing when the stricter rules do the same.
std::string stricter(const json::object& endpoint, const json::object& strict) {
  const auto usual = fates_of(endpoint);
  FieldsByFate changed;
  for (const auto& [place, fate] : fates_of(strict)) {
    const auto found = usual.find(place);
    if (found == usual.end() || found->second != fate) changed[fate].push_back(field(place));
  }
  std::string out;
  for (const auto& [fate, fields] : changed)
    out += (out.empty() ? " " : "; ") + joined(fields) + " " + fate;
  if (out.empty()) return out;
  return "\nThe stricter rules, [zoom-strict](../privacy/zoom-strict.md), keep less:" + out + ".\n";
}

std::string fate_table(FieldsByFate fields) {
  std::string out = "| | fields |\n|---|---|\n";
  const auto row = [&](const std::string& name, const std::string& words) {
    const auto found = fields.extract(name);
    if (!found.empty())
      out += "| " + words + ": **" + name + "** | " + joined_by_parent(found.mapped()) + " |\n";
  };
  for (const Fate& fate : kFates) row(fate.name, fate.words);
  while (!fields.empty()) row(fields.begin()->first, "depends on the answer");
  return out;
}

std::string code_list(const json::value& names) {
  if (names.is_null()) return "any";
  std::vector<std::string> words;
  for (const json::value& name : names.as_array())
    words.push_back("`" + std::string(name.as_string()) + "`");
  return words.empty() ? "none" : joined(words);
}

std::string request_table(const DocsPage& page, const json::object& endpoint) {
  const json::value& scope = endpoint.at("scope");
  const auto row = [](const std::string& what, const std::string& is) {
    return "| " + what + " | " + is + " |\n";
  };
  return "| | |\n|---|---|\n" + row("path", "`" + page.path + "`") +
         row("methods", code_list(endpoint.at("methods"))) +
         row("query names", code_list(endpoint.at("query"))) +
         row("Zoom scope", scope.is_null() ? "not known" : code_list(json::array{scope}));
}

std::string block(const std::string& language, const std::string& text) {
  return "```" + language + "\n" + text + "\n```\n";
}

}  // namespace

const std::vector<DocsPage>& docs_pages() {
  static const std::vector<DocsPage> pages = {
      {"meeting.md", "A meeting", "/v2/meetings/{meetingId}", "",
       "One meeting's time and settings."},
      {"meeting-summary.md", "A meeting's summary", "/v2/meetings/{meetingUuid}/meeting_summary",
       "", "That the AI Companion summed a meeting up, and at what length; not a word of it."},
      {"past-meeting.md", "A past meeting", "/v2/past_meetings/{meetingId}", "",
       "When a meeting took place, and with how many."},
      {"past-meeting-instances.md", "Instances of a recurring meeting",
       "/v2/past_meetings/{meetingId}/instances", "",
       "When a recurring meeting took place; Zoom sends `uuid` and `start_time` alone, though the "
       "rules would keep more."},
      {"past-meeting-participants.md", "Participants of a past meeting",
       "/v2/past_meetings/{meetingUuid}/participants", "?page_size=3",
       "Who was in a meeting, as pseudonyms, and how long."},
      {"report-participants.md", "Report of a meeting's participants",
       "/v2/report/meetings/{meetingUuid}/participants", "?page_size=3",
       "The same from Zoom's reports."},
      {"report-user-meetings.md", "Report of a user's meetings",
       "/v2/report/users/{userId}/meetings", "?from=2025-06-01&to=2025-06-30&page_size=1",
       "A user's past meetings, from Zoom's reports."},
      {"users.md", "Users", "/v2/users", "?page_size=2",
       "The account's users, as pseudonyms; where the ids for further requests come from."},
      {"user-meetings.md", "A user's meetings", "/v2/users/{userId}/meetings", "?page_size=2",
       "The meetings that a user scheduled."},
      {"user-recordings.md", "A user's recordings", "/v2/users/{userId}/recordings",
       "?from=2025-06-01&to=2025-06-30&page_size=1",
       "That meetings were recorded, and how large the files are; no way to them."},
  };
  return pages;
}

std::string render_page(const DocsPage& page, const json::object& endpoint,
                        const json::object& strict, const DocsExample& example) {
  std::string out = "# " + page.title + "\n\n" + page.about + " [All pages](README.md)\n";
  out += "\n## What leaves, and what cannot\n\n" +
         fate_table(fields_by_fate(endpoint, example.original)) + stricter(endpoint, strict);
  out += "\n## Request\n\n" + request_table(page, endpoint);
  out += "\nAnything else is refused. The rule itself:\n\n" +
         block("", std::string(endpoint.at("endpoint").as_string()));
  out +=
      std::string(
          "\n## Example\n\nThe people are made up. The tokens were made with the example salt `") +
      kDocsSalt + "`\nand the example key `" + kDocsKey +
      "`; yours are secret, and make other tokens.\n";
  out += "\nThe analytics service asks the proxy:\n\n" + block("", "GET " + example.asked);
  if (example.asked != example.asked_of)
    out += "\nThe proxy asks Zoom:\n\n" + block("", "GET " + example.asked_of);
  out += "\nZoom answers the proxy:\n\n" + block("json", pretty(example.original));
  out += "\nThe analytics service receives:\n\n" + block("json", pretty(example.sanitized));
  return out;
}

std::string render_index() {
  std::string out = "| page | path | about |\n|---|---|---|\n";
  for (const DocsPage& page : docs_pages())
    out +=
        "| [" + page.title + "](" + page.file + ") | `" + page.path + "` | " + page.about + " |\n";
  return out;
}

std::filesystem::path docs_folder() {
  return std::filesystem::path(TEST_DATA_DIR) / "../../docs/zoom";
}

std::string read_docs(const std::string& name) {
  std::ifstream in(docs_folder() / name, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace integration
