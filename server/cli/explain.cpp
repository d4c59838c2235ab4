#include "rules/explain.hpp"

#include <charconv>
#include <ctime>
#include <iostream>

#include "rules/bulk/bulk_explain.hpp"
#include "rules/bulk/bulk_rule_reader.hpp"
#include "rules/report.hpp"
#include "rules/rule_reader.hpp"
#include "server/cli/commands.hpp"
#include "server/cli/whole_file.hpp"
#include "server/version.hpp"

namespace zoom_proxy {
namespace {

std::vector<EndpointReport> reports_of(const std::string& rules) {
  const RulesText text = load_rules_text(rules);
  return explain(read_rules(text.yaml, text.name));
}

/// Now, or the moment that a reproducible build asks for (reproducible-builds.org).
std::time_t moment_of_making(const Environment& environment) {
  constexpr std::string_view kName = "SOURCE_DATE_EPOCH";
  constexpr std::int64_t kLatest = 253'402'300'799;  // the year 9999
  const std::optional<std::string> text = environment(kName);
  if (!text || text->empty()) return std::time(nullptr);
  std::int64_t seconds = -1;
  const char* const end = text->data() + text->size();
  const auto [stop, error] = std::from_chars(text->data(), end, seconds);
  if (error != std::errc() || stop != end || seconds < 0 || seconds > kLatest) {
    throw ConfigError({std::string(kName), 0, 0},
                      "is not a number of seconds since 1970; set one, or unset it");
  }
  return seconds;
}

std::string in_utc(std::time_t moment) {
  std::tm parts{};
  ::gmtime_r(&moment, &parts);
  std::string text(32, '\0');
  text.resize(std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M UTC", &parts));
  return text;
}

int write_report(const ExplainOptions& options, const Environment& environment) {
  const RulesText rules = load_rules_text(options.rules);
  ReportFacts facts{std::string(kVersion), in_utc(moment_of_making(environment))};
  if (!kCommit.empty()) facts.version += " (" + std::string(kCommit) + ")";
  std::string page;
  if (options.diff.empty()) {
    page = report_html(rules, facts);
  } else {
    const RulesText other = load_rules_text(options.diff);
    page = report_html(rules, facts, &other);
  }
  write_whole_file(options.html_file, page);
  return kOk;
}

int explain_bulk_rules(const ExplainOptions& options, const RulesText& text) {
  if (!options.html_file.empty() || !options.diff.empty()) {
    throw ConfigError({text.name}, "bulk rules are explained as text or with --json alone");
  }
  const std::vector<BulkRulesReport> reports = explain_bulk(read_bulk_rules(text.yaml, text.name));
  std::cout << (options.json ? explain_bulk_json(reports) : explain_bulk_text(reports));
  return kOk;
}

}  // namespace

int explain_command(const ExplainOptions& options, const Environment& environment) {
  const RulesText text = load_rules_text(options.rules);
  if (are_bulk_rules(text.yaml, text.name)) return explain_bulk_rules(options, text);
  if (!options.html_file.empty()) return write_report(options, environment);
  const std::vector<EndpointReport> reports = reports_of(options.rules);
  if (!options.diff.empty()) {
    const std::string rows = explain_diff(reports, reports_of(options.diff));
    std::cout << (rows.empty() ? "No difference.\n" : rows);
  } else {
    std::cout << (options.json ? explain_json(reports) : explain_text(reports));
  }
  return kOk;
}

}  // namespace zoom_proxy
