#include <iomanip>
#include <iostream>

#include "rules/canary.hpp"
#include "server/auth/inbound_auth.hpp"
#include "server/bulk_settings.hpp"
#include "server/cli/build_engine.hpp"
#include "server/cli/commands.hpp"
#include "server/cli/online_check.hpp"
#include "server/listener_tls.hpp"
#include "server/output_file.hpp"

namespace zoom_proxy {

namespace {

void print_warning(const std::string& text) { std::cout << "  warning: " << text << '\n'; }

std::string_view words(Fate fate) {
  switch (fate) {
    case Fate::kept:
      return "kept in clear";
    case Fate::pseudonymized:
      return "pseudonymized";
    case Fate::digested:
      return "digested";
    case Fate::removed:
      return "removed";
  }
  return "";
}

/// One endpoint's part of the report; the number of leaks.
std::size_t check_endpoint(const Engine& engine, std::size_t index, EgressGuard guard,
                           bool verbose) {
  const Endpoint& endpoint = engine.rules().endpoints[index];
  const CanaryReport report = fly_canaries(engine, index, engine.rules(), guard);
  std::cout << "  " << endpoint.name() << "\n    ";
  for (const Fate fate : {Fate::kept, Fate::pseudonymized, Fate::digested, Fate::removed})
    std::cout << (fate == Fate::kept ? "" : ", ") << report.count(fate) << ' ' << words(fate);
  std::cout << '\n';
  if (verbose) {
    for (const CanaryReport::Field& field : report.fields)
      std::cout << "    " << std::left << std::setw(14) << words(field.fate) << ' ' << field.place
                << '\n';
  }
  if (!report.has_schema)
    print_warning("no response schema: fields that the rules do not name leave as they are");
  for (const std::string& leak : report.leaks) std::cout << "    LEAK " << leak << '\n';
  return report.leaks.size();
}

}  // namespace

int check_command(const CheckOptions& options, const Environment& environment) {
  const auto loaded = std::make_shared<const Settings>(
      load_settings(options.config_file, environment, SettingsFor::server));
  const Settings& settings = *loaded;
  if (options.print_config)
    std::cout << print_settings(options.config_file, environment, SettingsFor::server) << '\n';

  std::cout << "settings: "
            << (options.config_file.empty() ? "the environment" : options.config_file) << '\n';
  for (const std::string& warning : warnings(settings)) print_warning(warning);

  check_output_directories(settings);
  check_bulk_directories(settings);
  if (!settings.listen.tls.certificate.empty())
    std::cout << "listener: TLS, certificate until " << ListenerTls(settings).expiry() << '\n';
  const InboundAuth auth(settings, {});
  std::cout << "inbound auth: " << in_words(settings.inbound_auth.mode) << '\n';

  const Engines engines = build_engines(settings);
  const std::shared_ptr<const Engine>& engine = engines.api;
  for (const BulkSet& set : engines.bulk)
    std::cout << "bulk rules: " << set.engine->rules_name() << " (SHA-1 " << set.engine->rules_sha()
              << "), at POST " << set.route << '\n';
  const std::size_t endpoints = engine->rules().endpoints.size();
  std::cout << "rules: " << engine->rules_name() << " (SHA-1 " << engine->rules_sha() << "), "
            << endpoints << " endpoints; of the fields they list\n";
  std::size_t leaks = 0;
  for (std::size_t i = 0; i < endpoints; ++i)
    leaks += check_endpoint(*engine, i, settings.egress_guard, options.verbose);
  if (leaks > 0) {
    std::cout << std::flush;
    std::cerr << leaks
              << " planted values came out that the rules forbid: do not use these rules "
                 "with this version, and report it\n";
    return kFailed;
  }
  std::cout << "canaries: planted in every field, listed or not; none came out against the rules\n";
  return check_zoom({loaded, engine}, options.online) ? kOk : kFailed;
}

}  // namespace zoom_proxy
