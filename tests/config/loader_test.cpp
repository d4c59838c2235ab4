#include "config/loader.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <functional>
#include <set>

#include "config/setting_list.hpp"
#include "settings_text.hpp"

namespace zoom_proxy {
namespace {

using test::complete_variables;
using test::environment;
using test::environment_refusal;
using test::expect_all_in;
using test::kSettings;
using test::load;
using test::refusal;
using test::TemporaryFolder;
using test::Variables;
using test::with;

TEST(Loader, ReadsASettingsFile) {
  const Settings settings = load(kSettings);
  EXPECT_EQ(settings.listen.address, "127.0.0.1");
  EXPECT_EQ(settings.zoom.account_id, "acc");
  EXPECT_EQ(settings.zoom.client_secret.reveal(), "client-secret-canary");
  EXPECT_EQ(settings.pseudonyms.encryption_key.reveal(), "encryption-canary-0123456789abcd");
  EXPECT_EQ(settings.timeouts.total, Seconds(180)) << "a default";
}

TEST(Loader, ReadsEveryTypeOfValue) {
  const Settings settings = load(kSettings +
                                 "timeouts: { connect_seconds: 0.25, idle_seconds: 2 }\n"
                                 "limits: { request_headers_count: 7 }\n"
                                 "shutdown: { delay_seconds: 0, grace_seconds: 1.5 }\n");
  EXPECT_EQ(settings.timeouts.connect, Seconds(0.25));
  EXPECT_EQ(settings.timeouts.idle, Seconds(2));
  EXPECT_EQ(settings.limits.request_headers_count, 7U);
  EXPECT_EQ(settings.shutdown.delay, Seconds(0));
  EXPECT_EQ(settings.shutdown.grace, Seconds(1.5));
  const Settings lists =
      load(with("  salt:", "  previous_encryption_keys: [\"first $$ canary\", second]\n  salt:"));
  ASSERT_EQ(lists.pseudonyms.previous_encryption_keys.size(), 2U);
  EXPECT_EQ(lists.pseudonyms.previous_encryption_keys[0].reveal(), "first $ canary");
  EXPECT_EQ(lists.pseudonyms.previous_encryption_keys[1].reveal(), "second");
}

TEST(Loader, TakesKeysWithoutValueAsNotSet) {
  EXPECT_EQ(load(with("port: 8080", "port: ")).listen.port, 8080);
  EXPECT_EQ(load(kSettings + "timeouts:\nlimits: ~\n").timeouts.total, Seconds(180));
}

TEST(Loader, LaterSourcesWin) {
  EXPECT_EQ(load(kSettings, {{"PORT", "1234"}}).listen.port, 1234);
  EXPECT_EQ(load(kSettings, {{"PORT", ""}}).listen.port, 8080);
  EXPECT_EQ(load(kSettings, {{"PSOXY_ZOOM_ACCOUNT_ID", "other"}}).zoom.account_id, "other");

  const TemporaryFolder folder;
  const std::string secret = folder.write("secret", "from-secret-file\n");
  const std::string text =
      with("client_secret: \"client-secret-canary\"", "client_secret_file: " + secret);
  EXPECT_EQ(load(text).zoom.client_secret.reveal(), "from-secret-file");
  EXPECT_EQ(load(text, {{"CLIENT_SECRET", "x"}}).zoom.client_secret.reveal(), "from-secret-file");
  const std::string another = folder.write("another", "named-by-environment\r\n");
  EXPECT_EQ(load(text, {{"CLIENT_SECRET_FILE", another}}).zoom.client_secret.reveal(),
            "named-by-environment");
}

TEST(Loader, ChecksValuesThatLose) {
  expect_all_in(refusal(with("8080", "80x"), {{"PORT", "1234"}}), {"settings.yaml:1:", "port"});
}

TEST(Loader, OverridesWinOverAll) {
  const TemporaryFolder folder;
  const std::string file = folder.write("settings.yaml", kSettings);
  const Settings settings =
      load_settings(file, environment({{"RULES", "from-environment"}}), SettingsFor::server,
                    {{"rules.file", "from-command-line"}});
  EXPECT_EQ(settings.rules.file, "from-command-line");
}

TEST(Loader, ReadsSecretFiles) {
  const TemporaryFolder folder;
  Variables variables = complete_variables();
  variables.erase("PSOXY_ZOOM_CLIENT_ID");
  variables["PSOXY_ZOOM_CLIENT_ID_FILE"] = folder.write("id", " file-id \n");
  variables["ZOOM_PROXY_PSEUDONYMS_PREVIOUS_ENCRYPTION_KEYS_FILE"] =
      folder.write("keys", "one ${X} $$\ntwo\n");
  const Settings settings = load_settings("", environment(variables), SettingsFor::server);
  EXPECT_EQ(settings.zoom.client_id, "file-id");
  ASSERT_EQ(settings.pseudonyms.previous_encryption_keys.size(), 2U);
  EXPECT_EQ(settings.pseudonyms.previous_encryption_keys[0].reveal(), "one ${X} $$")
      << "a secret is taken as it is";
}

TEST(Loader, ReportsFilesAndSourcesOfSecrets) {
  const TemporaryFolder folder;
  const std::string secret = folder.write("secret", "from-secret-file");
  const std::string file = folder.write(
      "settings.yaml",
      with("client_secret: \"client-secret-canary\"", "client_secret_file: " + secret));
  LoadReport report;
  (void)load_settings(file, environment({{"PSOXY_ENCRYPTION_KEY", "from environment"}}),
                      SettingsFor::server, {}, &report);
  EXPECT_EQ(report.files, (FileDigests{{file, digest_of(file)}, {secret, digest_of(secret)}}));
  EXPECT_EQ(report.secret_sources.at("pseudonyms.encryption_key"),
            "environment PSOXY_ENCRYPTION_KEY");
  EXPECT_EQ(report.secret_sources.at("pseudonyms.salt"), file + ":10:9");
  EXPECT_EQ(report.secret_sources.at("zoom.client_secret"),
            "secret file " + secret + ", named by " + file + ":7:23");
  EXPECT_EQ(report.secret_sources.size(), 3U);
}

TEST(Loader, ReportsAFileThatIsNotThereYet) {
  LoadReport report;
  Variables variables = complete_variables();
  variables.erase("PSOXY_SALT");
  variables["PSOXY_SALT_FILE"] = "/nonexistent/salt";
  EXPECT_THROW((void)load_settings("", environment(variables), SettingsFor::server, {}, &report),
               ConfigError);
  EXPECT_EQ(report.files, (FileDigests{{"/nonexistent/salt", digest_of("/nonexistent/salt")}}));
}

TEST(Loader, DoesNotWaitForAPipe) {
  const TemporaryFolder folder;
  const std::string pipe = folder.write("pipe", "");
  std::filesystem::remove(pipe);
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  expect_all_in(
      refusal(with("client_secret: \"client-secret-canary\"", "client_secret_file: " + pipe)),
      {"zoom.client_secret is missing"});
}

TEST(KeepUntilRestart, PutsBackWhatIsInForce) {
  const Settings in_force = load(kSettings);
  Settings loaded = load(with("port: 8080", "port: 9999, trusted_proxies: 2"),
                         {{"PSOXY_ZOOM_CLIENT_ID", "other"}, {"RULES", "zoom-strict"}});
  EXPECT_EQ(keep_until_restart(loaded, in_force),
            (std::vector<std::string_view>{"listen.port", "listen.trusted_proxies"}));
  EXPECT_EQ(loaded.listen.port, 8080);
  EXPECT_EQ(loaded.listen.trusted_proxies, 0U);
  EXPECT_EQ(loaded.zoom.client_id, "other");
  EXPECT_EQ(loaded.rules.file, "zoom-strict");
  EXPECT_TRUE(keep_until_restart(loaded, in_force).empty());
}

TEST(KeepUntilRestart, TakesOverSecretsPseudonymsRulesAndCallers) {
  const std::set<std::string_view> kCallers{
      "inbound_auth.oidc.audiences", "inbound_auth.oidc.allowed",
      "inbound_auth.bearer.token_sha256", "inbound_auth.mtls.allowed_names",
      "inbound_auth.allowed_ip_blocks"};
  for (const Setting& setting : all_settings()) {
    const bool expected = setting.traits.secret || setting.path.starts_with("pseudonyms.") ||
                          setting.path.starts_with("rules.") || setting.path == "egress_guard" ||
                          setting.path == "bulk.rules" || setting.path == "zoom.account_id" ||
                          setting.path == "zoom.client_id" || kCallers.contains(setting.path);
    EXPECT_EQ(setting.traits.reloaded, expected) << setting.path;
  }
}

TEST(KeepUntilRestart, WhoMayCallChangesAsAWholeOrNotAtAll) {
  Settings in_force = load(kSettings);
  in_force.inbound_auth.mode = InboundAuthMode::bearer;
  in_force.inbound_auth.bearer.token_sha256 = {"aa"};
  const auto changed = [&](const std::function<void(Settings&)>& change) {
    Settings loaded = load(kSettings);
    loaded.inbound_auth = in_force.inbound_auth;
    loaded.inbound_auth.bearer.token_sha256 = {"bb"};
    loaded.inbound_auth.allowed_ip_blocks = {IpBlock::parse("192.0.2.0/24").value()};
    change(loaded);
    const auto kept = keep_until_restart(loaded, in_force);
    EXPECT_EQ(loaded.inbound_auth.bearer.token_sha256.front(), kept.empty() ? "bb" : "aa");
    EXPECT_EQ(loaded.inbound_auth.allowed_ip_blocks.empty(), !kept.empty());
    return kept.size();
  };
  EXPECT_EQ(changed([](Settings&) {}), 0U);
  EXPECT_EQ(changed([](Settings& s) { s.inbound_auth.mode = InboundAuthMode::platform; }), 3U);
  EXPECT_EQ(changed([](Settings& s) { s.inbound_auth.oidc.issuers = {"i"}; }), 3U);
  EXPECT_EQ(changed([](Settings& s) { s.inbound_auth.oidc.jwks_url = "https://i"; }), 3U);
  EXPECT_EQ(changed([](Settings& s) { s.inbound_auth.mtls.ca = "/ca"; }), 3U);
  EXPECT_EQ(changed([](Settings& s) { s.listen.trusted_proxies = 1; }), 3U);
}

TEST(Loader, NamesSecretFilesThatCannotBeRead) {
  const std::string value = "client_secret: \"client-secret-canary\"";
  expect_all_in(refusal(with(value, "client_secret_file: /nonexistent/secret")),
                {"settings.yaml:7:", "client_secret_file", "/nonexistent/secret",
                 "No such file or directory"});
  expect_all_in(refusal(with(value, "client_secret_file: /")), {"client_secret_file", "directory"});
  Variables variables = complete_variables();
  variables.erase("PSOXY_SALT");
  variables["PSOXY_SALT_FILE"] = "/nonexistent/salt";
  expect_all_in(environment_refusal(variables),
                {"PSOXY_SALT_FILE: ", "/nonexistent/salt", "No such file or directory"});
  expect_all_in(refusal(with(value, "client_secret_file: /dev/null")),
                {"zoom.client_secret is missing"});
  expect_all_in(refusal(with(value, value + "\n  client_secret_file: /dev/null")),
                {"settings.yaml:8:", "zoom.client_secret", "both set"});
}

TEST(Loader, NamesASettingsFileThatCannotBeRead) {
  try {
    (void)load_settings("/nonexistent.yaml", environment(), SettingsFor::server);
    FAIL() << "loaded";
  } catch (const ConfigError& error) {
    expect_all_in(error.what(), {"/nonexistent.yaml", "No such file or directory"});
  }
}

TEST(Loader, ReplacesNamesInValuesAfterParsing) {
  const std::string text = with("account_id: acc", "account_id: \"${ACCOUNT}\"");
  EXPECT_EQ(load(text, {{"ACCOUNT", "acc, x: { y"}}).zoom.account_id, "acc, x: { y");
  EXPECT_EQ(load(with("port: 8080", "port: \"${P}\""), {{"P", "99"}}).listen.port, 99);
  EXPECT_EQ(load(with("account_id: acc", "account_id: \"a$$b\"")).zoom.account_id, "a$b");
  expect_all_in(refusal(text), {"settings.yaml:5:", "zoom.account_id", "${ACCOUNT}"});
  expect_all_in(refusal(text, {{"ACCOUNT", "a\nlisten: { port: 1 }"}}),
                {"settings.yaml:5:", "zoom.account_id", "line breaks"});
}

TEST(Loader, SaysAllThatIsMissing) {
  const std::string message = environment_refusal({});
  expect_all_in(message, {"inbound_auth.mode is missing", "choose", "platform",
                          "ZOOM_PROXY_INBOUND_AUTH_MODE", "PSOXY_ZOOM_ACCOUNT_ID",
                          "PSOXY_ZOOM_CLIENT_ID", "PSOXY_ZOOM_CLIENT_SECRET", "PSOXY_SALT"});
  EXPECT_EQ(message.find("encryption_key"), std::string::npos) << "rules without it are possible";
  expect_all_in(refusal(with("salt: \"salt-canary-0123456789abcdef-0123\"", "salt: ~")),
                {"settings.yaml: ", "pseudonyms.salt is missing"});
  expect_all_in(refusal(""), {"settings.yaml: ", "inbound_auth.mode"});
}

TEST(Loader, SanitizerNeedsTheSaltAlone) {
  const std::string salt = "pseudonyms: { salt: salt-canary-0123456789abcdef-0123 }\n";
  EXPECT_EQ(load(salt, {}, SettingsFor::sanitizer).zoom.client_id, "");
  expect_all_in(refusal("{}", {}, SettingsFor::sanitizer), {"pseudonyms.salt is missing"});
  expect_all_in(refusal(salt + "listen: { port: x }\n", {}, SettingsFor::sanitizer),
                {"listen.port"});
}

TEST(Loader, ShortSaltsOnlyInPsoxyMode) {
  const std::string salt = "salt: \"salt-canary-0123456789abcdef-0123\"";
  expect_all_in(refusal(with(salt, "salt: \"short canary\"")),
                {"settings.yaml:10:", "pseudonyms.salt", "32 characters"});
  EXPECT_EQ(refusal(with(salt, "salt: \"0123456789abcdef0123456789abcdef\"")), "loaded");
  std::string psoxy = with(salt, "salt: salt");
  psoxy.replace(psoxy.find("hmac-sha256"), 11, "psoxy");
  const Settings settings = load(psoxy);
  EXPECT_EQ(settings.pseudonyms.salt.reveal(), "salt");
  EXPECT_EQ(warnings(settings).size(), 2U);
  EXPECT_TRUE(warnings(load(kSettings)).empty());
}

TEST(Loader, DevelopmentModeIsForThisMachineAloneAndWarnedOf) {
  const std::string mode = "development_mode: true\n";
  for (const char* address : {"127.0.0.1", "127.1.2.3", "\"::1\""}) {
    const Settings settings = load(with("127.0.0.1", address) + mode);
    EXPECT_TRUE(settings.development_mode) << address;
    ASSERT_EQ(warnings(settings).size(), 1U) << address;
    EXPECT_NE(warnings(settings).front().find("development_mode"), std::string::npos);
  }
  for (const char* address : {"0.0.0.0", "\"::\"", "10.0.0.1", "128.0.0.1", "\"::ffff:127.0.0.1\""})
    expect_all_in(refusal(with("127.0.0.1", address) + mode),
                  {"development_mode", "listen.address", "127.0.0.1"});
  EXPECT_EQ(refusal(with("127.0.0.1", "0.0.0.0") + "development_mode: false\n"), "loaded");
  expect_all_in(refusal(with("127.0.0.1", "0.0.0.0"), {{"IS_DEVELOPMENT_MODE", "TRUE"}}),
                {"IS_DEVELOPMENT_MODE"});
  EXPECT_FALSE(load(kSettings).development_mode);
}

TEST(Loader, TheStatusOfABadTokenInAUrl) {
  EXPECT_EQ(load(kSettings).compat.url_token_error, UrlTokenError::conflict);
  EXPECT_EQ(load(kSettings + "compat: { url_token_error: 500 }\n").compat.url_token_error,
            UrlTokenError::server_error);
}

TEST(Loader, NoTimeOutIsLongerThanTheTotal) {
  const Settings settings = load(kSettings + "timeouts: { total_seconds: 2.5, idle_seconds: 1 }\n");
  EXPECT_EQ(settings.timeouts.connect, Seconds(2.5));
  EXPECT_EQ(settings.timeouts.response_head, Seconds(2.5));
  EXPECT_EQ(settings.timeouts.client_head, Seconds(2.5));
  EXPECT_EQ(settings.timeouts.client_idle, Seconds(2.5));
  EXPECT_EQ(settings.timeouts.idle, Seconds(1));
}

TEST(Loader, EachModeOfInboundAuthWithWhatItNeeds) {
  const auto loaded = [](const std::string& auth, const std::string& listen = "port: 8080") {
    std::string text = with("mode: platform", auth);
    text.replace(text.find("port: 8080"), 10, listen);
    return load(text).inbound_auth;
  };
  const auto google = loaded(
      "mode: oidc, oidc: { issuers: [https://accounts.google.com, accounts.google.com], "
      "audiences: [a, b], allowed: [\"1\"] }");
  EXPECT_EQ(google.mode, InboundAuthMode::oidc);
  EXPECT_EQ(google.oidc.jwks_url, "https://www.googleapis.com/oauth2/v3/certs");
  EXPECT_EQ(google.oidc.audiences, (std::vector<std::string>{"a", "b"}));
  const auto other = loaded(
      "mode: oidc, oidc: { issuers: [x], audiences: [a], allowed: [b], jwks_url: "
      "https://id.example/keys, ca_file: ca.pem }");
  EXPECT_EQ(other.oidc.jwks_url, "https://id.example/keys");
  EXPECT_EQ(other.oidc.ca_file, "ca.pem");
  const std::string hash(64, 'a');
  const auto bearer = loaded("mode: bearer, bearer: { token_sha256: [" + hash + "] }");
  EXPECT_EQ(bearer.bearer.token_sha256, std::vector{hash});
  const auto mtls = loaded("mode: mtls, mtls: { ca: ca.pem, allowed_names: [a.example] }",
                           "tls: { certificate: c.pem, key: k.pem }");
  EXPECT_EQ(mtls.mode, InboundAuthMode::mtls);
  EXPECT_EQ(mtls.mtls.allowed_names, std::vector<std::string>{"a.example"});
}

TEST(PrintSettings, SaysWhereEachComesFromAndMasksSecrets) {
  const TemporaryFolder folder;
  const std::string secret = folder.write("secret", "file-canary");
  const std::string file = folder.write(
      "settings.yaml", with("client_secret: \"client-secret-canary\"",
                            "client_secret_file: " + secret + "\n  user_agent: \"a b: $$c\""));
  const std::string text =
      print_settings(file, environment({{"REQUEST_TIMEOUT_SECONDS", "50.5"}}), SettingsFor::server);
  expect_all_in(
      text,
      {"listen:\n  address: 127.0.0.1  # " + file + ":1:20\n", "max_connections: 32  # default\n",
       "total_seconds: 50.5  # environment REQUEST_TIMEOUT_SECONDS\n",
       "client_idle_seconds: 50.5  # default, cut to timeouts.total_seconds\n",
       "client_secret: \"***\"  # secret file " + secret + ", named by " + file + ":7:",
       "  salt: \"***\"  # " + file + ":11:", "user_agent: \"a b: $$c\"",
       "previous_encryption_keys: []  # default\n"});
  for (const Setting& setting : all_settings()) {
    const auto depth = static_cast<std::size_t>(std::ranges::count(setting.path, '.'));
    const std::size_t key = setting.path.rfind('.') + 1;  // no dot: the key is the whole path
    expect_all_in(
        text, {"\n" + std::string(2 * depth, ' ') + std::string(setting.path.substr(key)) + ": "});
  }
  // What is printed is YAML that loads again, but for the secrets.
  const Variables secrets = {
      {"PSOXY_SALT_FILE", folder.write("salt", "0123456789abcdef0123456789abcdef")}};
  EXPECT_EQ(load(text, secrets, SettingsFor::sanitizer).zoom.user_agent, "a b: $c");
}

}  // namespace
}  // namespace zoom_proxy
