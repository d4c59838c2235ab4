#include "rules/explain.hpp"

#include <algorithm>
#include <boost/algorithm/string/replace.hpp>
#include <boost/json.hpp>
#include <map>
#include <set>

#include "rules/compiler.hpp"
#include "rules/route_table.hpp"
#include "rules/zoom_calls.hpp"

namespace zoom_proxy {

namespace {

std::string_view type_of(Accepts accepts) {
  switch (accepts) {
    case Accepts::boolean:
      return "boolean";
    case Accepts::integer:
    case Accepts::number:
      return "number";
    case Accepts::string:
    case Accepts::constant:
      return "string";
    default:
      return "";
  }
}

/// Walks a program from its root and notes what becomes of each place.
class Walk {
 public:
  Walk(const Program& program, EndpointReport& report) : program_(program), report_(report) {}

  void value(StateId id, const std::string& place) {
    if (id == kDropped) return note(place, "redacted");
    const Program::State& state = program_.states[id];
    if (state.choice != Program::kNoChoice || state.needs_length) hold(place);
    if (state.choice != Program::kNoChoice) {
      const Program::Choice& choice = program_.choices[state.choice];
      std::set<StateId> outcomes;
      for (const StateId outcome : choice.outcomes) {
        if (choice.first_yes && fits_nothing(outcome)) continue;
        if (outcomes.insert(outcome).second) value(outcome, place);
      }
      return;
    }
    if (!state.operations.empty()) return operation(state, place);
    if (!open_.insert(id).second) return;  // a definition inside itself: shown once
    container(state, place);
    open_.erase(id);
  }

 private:
  /// What becomes of a value that no schema of a choice fits: null.
  [[nodiscard]] bool fits_nothing(StateId id) const {
    return id == kDropped || program_.states[id].accepts == Accepts::null;
  }

  /// The last operation says what is left of the value.
  void operation(const Program::State& state, const std::string& place) {
    const Operation& operation = *state.operations.back();
    const std::string_view type = type_of(state.accepts);
    // Beside its pseudonym the value itself leaves; what a regex does not find stays as it is.
    if (operation.options.include_original) return note(place, "kept", type);
    note(place, operation.removes() ? "redacted" : std::string(to_string(operation.effect())),
         type);
    if (operation.type->tag == "pseudonymizeRegexMatches") note(place, "kept", type);
  }

  void container(const Program::State& state, const std::string& place) {
    const bool anything = state.accepts == Accepts::anything;
    if (anything && state.members.empty()) return note(place, "kept");
    if (anything || state.accepts == Accepts::object) {
      for (const Program::Member& member : state.members) {
        value(member.state, place + "." + member.key);
      }
    }
    if (state.accepts == Accepts::array) {
      value(state.elements, place + "[]");
      for (const StateId picked : state.picked_elements) value(picked, place + "[]");
    } else if (state.accepts != Accepts::object && !anything) {
      note(place, state.accepts == Accepts::constant ? "emptied" : "kept", type_of(state.accepts));
    }
  }

  void note(const std::string& place, const std::string& fate, std::string_view type = {}) {
    const auto [entry, is_new] = fields_.try_emplace(place, report_.fields.size());
    if (is_new) report_.fields.push_back({place, {}, std::string(type)});
    FieldReport& field = report_.fields[entry->second];
    if (field.type != type) field.type.clear();
    if (std::find(field.fate.begin(), field.fate.end(), fate) == field.fate.end()) {
      field.fate.push_back(fate);
    }
  }

  void hold(const std::string& place) {
    if (std::find(report_.held.begin(), report_.held.end(), place) == report_.held.end()) {
      report_.held.push_back(place);
    }
  }

  const Program& program_;
  EndpointReport& report_;
  std::map<std::string, std::size_t> fields_;
  std::set<StateId> open_;
};

std::string joined(const std::vector<std::string>& words, std::string_view separator) {
  std::string out;
  for (const std::string& word : words) {
    if (!out.empty()) out += separator;
    out += word;
  }
  return out;
}

std::string methods_text(const EndpointReport& report) {
  return report.methods.empty() ? "any method" : joined(report.methods, ", ");
}

std::string query_text(const EndpointReport& report) {
  if (report.any_query) return "any";
  return report.query.empty() ? "none" : joined(report.query, ", ");
}

/// Empty: anything will do.
std::string condition_text(const ParameterSchema& schema) {
  std::vector<std::string> all;
  if (schema.required) all.emplace_back("there");
  if (schema.reversible_pseudonym) all.emplace_back("a reversible token of this proxy");
  if (schema.type == ParameterSchema::Type::integer) all.emplace_back("digits");
  if (schema.type == ParameterSchema::Type::number) all.emplace_back("a number");
  if (schema.pattern) all.push_back("like `" + *schema.pattern + '`');
  if (!schema.one_of.empty()) all.push_back("one of `" + joined(schema.one_of, "`, `") + '`');
  std::vector<std::string> any;
  for (const ParameterSchema& one : schema.any_of) {
    const std::string text = condition_text(one);
    any.push_back(text.empty() ? "anything" : text);
  }
  if (!any.empty()) all.push_back("either " + joined(any, " or "));
  return joined(all, " and ");
}

std::map<std::string, std::string> conditions_of(const Endpoint& endpoint) {
  std::map<std::string, std::string> conditions;
  const auto add = [&](const std::string& kind, const auto& parameters) {
    for (const auto& [name, schema] : parameters) {
      const std::string text = condition_text(schema);
      if (!text.empty()) conditions[kind + ' ' + name] = text;
    }
  };
  add("path parameter", endpoint.path_parameters);
  add("query parameter", endpoint.query_parameters);
  return conditions;
}

boost::json::array to_json(const std::vector<std::string>& words) {
  boost::json::array out;
  for (const std::string& word : words) out.emplace_back(word);
  return out;
}

/// Fate by place; what an endpoint does not name is dropped, or kept where there is no schema.
std::map<std::string, std::string> fates_of(const EndpointReport& report) {
  std::map<std::string, std::string> fates;
  for (const FieldReport& field : report.fields) fates[field.place] = joined(field.fate, " or ");
  return fates;
}

std::string fate_at(const EndpointReport& report, const std::map<std::string, std::string>& fates,
                    const std::string& place) {
  const auto found = fates.find(place);
  if (found != fates.end()) return found->second;
  return report.open ? "kept" : "dropped";
}

std::string condition_on(const EndpointReport& report, const std::string& what) {
  const auto found = report.conditions.find(what);
  return found == report.conditions.end() ? "anything" : found->second;
}

std::set<std::string> keys_of(const std::map<std::string, std::string>& one,
                              const std::map<std::string, std::string>& other) {
  std::set<std::string> keys;
  for (const auto* map : {&one, &other}) {
    for (const auto& [key, value] : *map) keys.insert(key);
  }
  return keys;
}

/// In a cell of a Markdown table.
std::string cell(const std::string& text) {
  return boost::algorithm::replace_all_copy(text, "|", "\\|");
}

std::vector<EndpointDifference::Row> different_rows(const EndpointReport& before,
                                                    const EndpointReport& after) {
  const auto old_fates = fates_of(before);
  const auto new_fates = fates_of(after);
  std::vector<EndpointDifference::Row> rows;
  const auto row = [&](const std::string& what, const std::string& was, const std::string& is) {
    if (was != is) rows.push_back({what, was, is});
  };
  row("methods", methods_text(before), methods_text(after));
  row("query", query_text(before), query_text(after));
  for (const std::string& what : keys_of(before.conditions, after.conditions)) {
    row(what, condition_on(before, what), condition_on(after, what));
  }
  for (const std::string& place : keys_of(old_fates, new_fates)) {
    row(place, fate_at(before, old_fates, place), fate_at(after, new_fates, place));
  }
  return rows;
}

}  // namespace

std::vector<EndpointReport> explain(const RuleSet& rules) {
  const std::map<std::size_t, std::string> scopes = zoom_scopes(RouteTable(rules));
  std::vector<EndpointReport> reports;
  for (const Endpoint& endpoint : rules.endpoints) {
    EndpointReport report;
    report.name = endpoint.name();
    const auto scope = scopes.find(reports.size());
    if (scope != scopes.end()) report.scope = scope->second;
    report.methods = endpoint.allowed_methods.value_or(std::vector<std::string>());
    report.any_query = !endpoint.allowed_query_params.has_value();
    if (!report.any_query) report.query = *endpoint.allowed_query_params;
    report.conditions = conditions_of(endpoint);
    report.open = !endpoint.response_schema.has_value();
    const Program program = compile(rules, endpoint);
    Walk(program, report).value(program.root, "$");
    reports.push_back(std::move(report));
  }
  return reports;
}

std::string explain_text(const std::vector<EndpointReport>& reports) {
  std::string out;
  for (const EndpointReport& report : reports) {
    out += report.name + "\n";
    out += "  methods  " + methods_text(report) + "\n";
    out += "  query    " + query_text(report) + "\n";
    for (const auto& [what, condition] : report.conditions) {
      out += "  checks   " + what + ": " + condition + '\n';
    }
    out += "  scope    " + (report.scope.empty() ? "not known" : report.scope) + "\n";
    if (!report.held.empty()) {
      out += "  holds    " + joined(report.held, ", ") + " (must be seen as a whole)\n";
    }
    std::size_t width = 0;
    for (const FieldReport& field : report.fields) width = std::max(width, field.place.size());
    for (const FieldReport& field : report.fields) {
      out += "  " + field.place + std::string(width - field.place.size() + 2, ' ') +
             joined(field.fate, " or ") + "\n";
    }
    out +=
        report.open ? "  everything else is kept as it is\n\n" : "  everything else is dropped\n\n";
  }
  return out;
}

std::string explain_json(const std::vector<EndpointReport>& reports) {
  boost::json::array endpoints;
  for (const EndpointReport& report : reports) {
    boost::json::array fields;
    for (const FieldReport& field : report.fields) {
      fields.push_back({{"place", field.place}, {"fate", to_json(field.fate)}});
    }
    boost::json::object endpoint;
    endpoint["endpoint"] = report.name;
    endpoint["methods"] = to_json(report.methods);
    if (report.any_query) {
      endpoint["query"] = nullptr;
    } else {
      endpoint["query"] = to_json(report.query);
    }
    boost::json::object conditions;
    for (const auto& [what, condition] : report.conditions) conditions[what] = condition;
    endpoint["conditions"] = std::move(conditions);
    if (report.scope.empty()) {
      endpoint["scope"] = nullptr;
    } else {
      endpoint["scope"] = report.scope;
    }
    endpoint["fields"] = std::move(fields);
    endpoint["otherFields"] = report.open ? "kept" : "dropped";
    endpoint["held"] = to_json(report.held);
    endpoints.push_back(std::move(endpoint));
  }
  return boost::json::serialize(boost::json::object{{"endpoints", std::move(endpoints)}}) + "\n";
}

std::vector<EndpointDifference> compare(const std::vector<EndpointReport>& before,
                                        const std::vector<EndpointReport>& after) {
  using Kind = EndpointDifference::Kind;
  const auto find = [](const std::vector<EndpointReport>& reports, const std::string& name) {
    return std::find_if(reports.begin(), reports.end(),
                        [&](const EndpointReport& report) { return report.name == name; });
  };
  std::vector<EndpointDifference> found;
  for (const EndpointReport& report : after) {
    const auto old = find(before, report.name);
    if (old == before.end()) {
      found.push_back({report.name, Kind::only_after, {}});
    } else if (auto rows = different_rows(*old, report); !rows.empty()) {
      found.push_back({report.name, Kind::changed, std::move(rows)});
    }
  }
  for (const EndpointReport& report : before) {
    if (find(after, report.name) == after.end()) {
      found.push_back({report.name, Kind::only_before, {}});
    }
  }
  return found;
}

std::string explain_diff(const std::vector<EndpointReport>& before,
                         const std::vector<EndpointReport>& after) {
  using Kind = EndpointDifference::Kind;
  std::string out;
  for (const EndpointDifference& endpoint : compare(before, after)) {
    // The name stands above the table: a regex may hold `|`.
    out += (out.empty() ? "`" : "\n`") + endpoint.name + "`\n\n";
    if (endpoint.kind == Kind::only_after) out += "Allowed only by the second.\n";
    if (endpoint.kind == Kind::only_before) out += "Allowed only by the first.\n";
    if (endpoint.kind == Kind::changed) out += "| place | before | after |\n|---|---|---|\n";
    for (const EndpointDifference::Row& row : endpoint.rows) {
      out += "| `" + row.what + "` | " + cell(row.before) + " | " + cell(row.after) + " |\n";
    }
  }
  return out;
}

}  // namespace zoom_proxy
