#include "rules/report.hpp"

#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <map>
#include <set>

#include "rules/builtin.hpp"
#include "rules/explain.hpp"
#include "rules/format/encoding.hpp"
#include "rules/format/template.hpp"
#include "rules/report_example.hpp"
#include "rules/report_fates.hpp"

namespace zoom_proxy {
namespace {

namespace json = boost::json;

json::array to_json(const std::vector<std::string>& words) {
  json::array out;
  for (const std::string& word : words) out.emplace_back(word);
  return out;
}

json::array badges(const std::vector<std::string>& fates) {
  json::array out;
  for (const std::string& fate : fates) {
    const FateWords& words = words_of(fate);
    out.push_back({{"fate", words.name}, {"label", words.label}});
  }
  return out;
}

/// `$.users[].email` in two: `users[].` and `email`.
json::object place_parts(std::string_view place) {
  if (place.starts_with("$.")) place.remove_prefix(2);
  if (place == "$") place = "(the answer as a whole)";
  const std::size_t leaf = place.rfind('.') + 1;
  return {{"parent", place.substr(0, leaf)}, {"leaf", place.substr(leaf)}};
}

/// A rule set, explained and tried.
struct Explained {
  explicit Explained(const RulesText& text)
      : engine(demonstration_engine(text)),
        reports(explain(engine.rules())),
        calls(known_calls(engine, reports)) {}

  /// What people call the endpoint; its rule where no known call leads there.
  [[nodiscard]] std::string title(std::size_t endpoint) const {
    return calls[endpoint] ? calls[endpoint]->title : reports[endpoint].name;
  }

  Engine engine;
  std::vector<EndpointReport> reports;
  std::vector<std::unique_ptr<const KnownCall>> calls;
};

std::string endpoint_id(std::size_t index) { return "endpoint-" + std::to_string(index + 1); }

json::object field_json(const FieldReport& field) {
  json::object out = place_parts(field.place);
  out["fates"] = badges(field.fate);
  out["depends"] = field.fate.size() > 1;
  return out;
}

json::object endpoint_json(const Explained& rules, std::size_t index) {
  const EndpointReport& report = rules.reports[index];
  const KnownCall* const call = rules.calls[index].get();
  json::object out;
  out["id"] = endpoint_id(index);
  out["title"] = rules.title(index);
  out["about"] = call ? call->about : "";
  out["path"] = call ? call->path : report.name;
  out["rule"] = report.name;
  out["scope"] = report.scope;
  out["methods"] = to_json(report.methods);
  out["anyQuery"] = report.any_query;
  out["query"] = to_json(report.query);
  json::array conditions;
  for (const auto& [what, condition] : report.conditions) {
    conditions.push_back({{"what", what}, {"condition", condition}});
  }
  out["conditions"] = std::move(conditions);
  out["open"] = report.open;
  json::array fields;
  std::array<std::size_t, 4> counts{};
  for (const FieldReport& field : report.fields) {
    fields.push_back(field_json(field));
    ++counts.at(static_cast<std::size_t>(most_of(field.fate).leaves));
  }
  out["fieldCount"] = fields.size();
  out["fields"] = std::move(fields);
  out["clear"] = counts[3];
  out["part"] = counts[2];
  out["pseudonyms"] = counts[1];
  out["removed"] = counts[0];
  if (call) {
    out["example"] = json::object{{"before", call->before}, {"after", call->after}};
    if (!call->refused.empty()) out["example"] = nullptr;
  } else {
    out["example"] = nullptr;
  }
  out["refused"] = call ? call->refused : "";
  return out;
}

json::array endpoints_json(const Explained& rules) {
  json::array out;
  for (std::size_t i = 0; i < rules.reports.size(); ++i) out.push_back(endpoint_json(rules, i));
  return out;
}

/// The legend: what each fate means, and how many fields meet it.
json::array legend_json(const Explained& rules) {
  std::map<std::string_view, std::size_t> counts;
  for (const EndpointReport& report : rules.reports) {
    for (const FieldReport& field : report.fields) ++counts[most_of(field.fate).name];
  }
  json::array out;
  for (const FateWords& words : fate_words()) {
    const bool is_counted = words.name != "dropped";
    out.push_back({{"fate", words.name},
                   {"label", words.label},
                   {"sentence", words.sentence},
                   {"isCounted", is_counted},
                   {"count", counts[words.name]}});
  }
  return out;
}

/// The names of fields by what becomes of them.
class Summary {
 public:
  explicit Summary(const Explained& rules) : rules_(rules) {
    for (std::size_t i = 0; i < rules.reports.size(); ++i) add(i);
    for (std::size_t i = 0; i < rules.calls.size(); ++i) {
      if (rules.calls[i]) add_unlisted(*rules.calls[i]);
    }
  }

  json::object to_json() && {
    json::object out;
    out["clearCount"] = counts_["kept"];
    out["codeCount"] = counts_["pseudonymized"] + counts_["reversible"];
    out["partCount"] = counts_["digested"] + counts_["reduced"];
    out["removedCount"] = counts_["redacted"] + counts_["emptied"];
    json::array clear;
    for (const auto& [type, title] : kTypes) {
      const Names& names = clear_[type];
      if (!names.empty()) clear.push_back({{"title", title}, {"names", names_json(names)}});
    }
    out["clear"] = std::move(clear);
    for (const FateWords& words : fate_words()) {
      out[words.name] = names_json(names_[words.name]);
    }
    out["hasPseudonyms"] = !names_["pseudonymized"].empty();
    out["hasReversible"] = !names_["reversible"].empty();
    out["hasDigested"] = !names_["digested"].empty();
    out["hasReduced"] = !names_["reduced"].empty();
    out["hasRedacted"] = !names_["redacted"].empty();
    out["hasEmptied"] = !names_["emptied"].empty();
    out["unlisted"] = names_json(unlisted_);
    out["hasUnlisted"] = !unlisted_.empty();
    out["isClosed"] = open_.size() < rules_.reports.size();
    out["isOpen"] = !open_.empty();
    out["open"] = std::move(open_);
    out["isChanging"] = !changing_.empty();
    out["changing"] = std::move(changing_);
    out["looksAgain"] = !look_again_.empty();
    out["lookAgain"] = std::move(look_again_);
    return out;
  }

 private:
  using Names = std::set<std::string>;
  static constexpr std::pair<std::string_view, std::string_view> kTypes[] = {
      {"string", "Texts, times and ids"},
      {"number", "Numbers"},
      {"boolean", "Yes or no"},
      {"", "Of any type"}};

  static json::array names_json(const Names& names) {
    return json::array(names.begin(), names.end());
  }

  void add(std::size_t index) {
    const EndpointReport& report = rules_.reports[index];
    const json::object link = {{"id", endpoint_id(index)}, {"title", rules_.title(index)}};
    json::array look_again;
    for (const FieldReport& field : report.fields) {
      const FateWords& words = most_of(field.fate);
      const json::object parts = place_parts(field.place);
      const std::string leaf(parts.at("leaf").as_string());
      ++counts_[words.name];
      if (words.leaves == 0) {  // the same name may leave elsewhere: say which is meant
        names_[words.name].insert(std::string(parts.at("parent").as_string()) + leaf);
        continue;
      }
      leaving_.insert(leaf);
      names_[words.name].insert(leaf);
      if (words.leaves < 3) continue;
      clear_[field.type].insert(leaf);
      if (field.type != "boolean" && suggests_a_person(field.place)) look_again.push_back(parts);
    }
    if (!look_again.empty()) {
      json::object row = link;
      row["fields"] = std::move(look_again);
      look_again_.push_back(std::move(row));
    }
    if (report.open) open_.push_back(link);
    const auto reads = [](const std::string& name) { return name == "GET" || name == "HEAD"; };
    if (report.methods.empty() || !std::all_of(report.methods.begin(), report.methods.end(), reads))
      changing_.push_back(link);
  }

  void add_unlisted(const KnownCall& call) {
    for (const std::string& name : call.unlisted) {
      if (!leaving_.contains(name)) unlisted_.insert(name);
    }
  }

  const Explained& rules_;
  std::map<std::string_view, Names> names_;
  std::map<std::string_view, std::size_t> counts_;
  std::map<std::string_view, Names> clear_;  // by type
  Names leaving_;
  Names unlisted_;
  json::array look_again_;
  json::array open_;
  json::array changing_;  // endpoints that take more than requests to read
};

json::object difference_row(const EndpointDifference::Row& row) {
  json::object out = place_parts(row.what);
  out["what"] = row.what;
  if (!row.what.starts_with("$")) {
    out["fates"] = nullptr;
    out["request"] = json::object{{"before", row.before}, {"after", row.after}};
    out["verdict"] = "";
    return out;
  }
  const std::vector<std::string> before = split_fates(row.before);
  const std::vector<std::string> after = split_fates(row.after);
  const int change = most_of(after).leaves - most_of(before).leaves;
  out["fates"] = json::object{{"before", badges(before)}, {"after", badges(after)}};
  out["request"] = nullptr;
  out["verdict"] = change == 0 ? "" : change < 0 ? "less leaves" : "more leaves";
  return out;
}

json::value difference_json(const Explained& before, const Explained& after) {
  const auto title = [](const Explained& rules, const std::string& name) {
    for (std::size_t i = 0; i < rules.reports.size(); ++i) {
      if (rules.reports[i].name == name) return rules.title(i);
    }
    return name;
  };
  using Kind = EndpointDifference::Kind;
  json::array endpoints;
  for (const EndpointDifference& endpoint : compare(before.reports, after.reports)) {
    json::array rows;
    for (const EndpointDifference::Row& row : endpoint.rows) rows.push_back(difference_row(row));
    const Explained& known = endpoint.kind == Kind::only_after ? after : before;
    endpoints.push_back({{"title", title(known, endpoint.name)},
                         {"isChanged", endpoint.kind == Kind::changed},
                         {"onlyBefore", endpoint.kind == Kind::only_before},
                         {"onlyAfter", endpoint.kind == Kind::only_after},
                         {"rows", std::move(rows)}});
  }
  return json::object{{"otherName", after.engine.rules_name()},
                      {"otherSha", after.engine.rules_sha()},
                      {"differences", std::move(endpoints)}};
}

/// How a Content-Security-Policy names an inline script or style.
std::string csp_hash(std::string_view text) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return "'sha256-" + encode_base64(digest) + "'";
}

}  // namespace

std::string report_html(const RulesText& rules, const ReportFacts& facts, const RulesText* other) {
  const Explained explained(rules);
  const std::string_view style = builtin_page("page.css");
  const std::string_view script = builtin_page("page.js");
  json::object data;
  data["policy"] = "default-src 'none'; style-src " + csp_hash(style) + "; script-src " +
                   csp_hash(script) + "; base-uri 'none'; form-action 'none'";
  data["style"] = style;
  data["script"] = script;
  data["rulesName"] = explained.engine.rules_name();
  data["rulesSha"] = explained.engine.rules_sha();
  data["version"] = facts.version;
  data["made"] = facts.made;
  data["summary"] = Summary(explained).to_json();
  data["legend"] = legend_json(explained);
  data["endpoints"] = endpoints_json(explained);
  data["endpointCount"] = explained.reports.size();
  std::size_t fields = 0;
  for (const EndpointReport& report : explained.reports) fields += report.fields.size();
  data["fieldCount"] = fields;
  data["difference"] = nullptr;
  if (other != nullptr) data["difference"] = difference_json(explained, Explained(*other));
  return render_html(builtin_page("page.html"), data);
}

}  // namespace zoom_proxy
