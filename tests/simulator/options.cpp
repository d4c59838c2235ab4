#include "tests/simulator/options.hpp"

#include <CLI/CLI.hpp>

namespace zoom_simulator {

std::optional<Options> parse_options(int argc, char** argv, int& exit_code) {
  Options options;
  CLI::App app{
      "A Zoom look-alike on loopback, over TLS with its own CA.\n"
      "Example: zoom-simulator --directory /tmp/zoom --port 8443"};
  app.add_option("--directory", options.directory, "Where ca.pem and ready.json are written")
      ->required()
      ->check(CLI::ExistingDirectory);
  app.add_option("--port", options.port, "TCP port on 127.0.0.1; 0 takes a free one");
  app.add_option("--seed", options.seed, "Same seed, same data");
  app.add_option("--users", options.users, "How many users the account has")
      ->check(CLI::Range(1, 999999));
  app.add_option("--client-id", options.client_id, "Client ID of the app");
  app.add_option("--client-secret", options.client_secret, "Client Secret of the app");
  app.add_option("--account-id", options.account_id, "Account ID of the app");
  app.add_option("--token-lifetime-seconds", options.token_lifetime_seconds,
                 "Lifetime of access tokens");
  app.add_option("--page-token-lifetime-seconds", options.page_token_lifetime_seconds,
                 "Lifetime of next_page_token");
  app.add_option("--list-megabytes", options.list_megabytes,
                 "Answer every GET /v2/users with one page of that size");
  app.add_option("--fault", options.faults,
                 "A fault as JSON, as for POST /control; may be repeated")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_flag("--expired-certificate", options.expired_certificate,
               "Serve a certificate that expired yesterday");
  app.add_flag("--wrong-host-certificate", options.wrong_host_certificate,
               "Serve a certificate for another host");
  app.add_flag("--until-stdin-closes", options.until_stdin_closes,
               "End when standard input closes, so that a crashed test leaves no orphan");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    exit_code = app.exit(error) == 0 ? 0 : 2;
    return std::nullopt;
  }
  return options;
}

}  // namespace zoom_simulator
