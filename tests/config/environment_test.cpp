#include "config/environment.hpp"
#include "config/setting_list.hpp"

#include "settings_text.hpp"

namespace zoom_proxy {
namespace {

using test::complete_variables;
using test::environment;
using test::environment_refusal;
using test::expect_all_in;
using test::kSettings;
using test::TemporaryFolder;
using test::Variables;

Settings load(const Variables& added) {
  Variables variables = complete_variables();
  for (const auto& [name, value] : added) variables[name] = value;
  return load_settings("", environment(variables), SettingsFor::server);
}

std::string refusal(const Variables& added) {
  Variables variables = complete_variables();
  for (const auto& [name, value] : added) variables[name] = value;
  return environment_refusal(variables);
}

TEST(Environment, IsEnoughForAServer) {
  const Settings settings = load({{"PORT", "9999"}, {"PSOXY_ENCRYPTION_KEY", "some key"}});
  EXPECT_EQ(settings.listen.port, 9999);
  EXPECT_EQ(settings.zoom.account_id, "acc");
  EXPECT_EQ(settings.zoom.client_id, "cid");
  EXPECT_EQ(settings.zoom.client_secret.reveal(), "client-secret-canary");
  EXPECT_EQ(settings.pseudonyms.salt.reveal(), "salt-canary-0123456789abcdef-0123");
  EXPECT_EQ(settings.pseudonyms.encryption_key.reveal(), "some key");
}

TEST(Environment, KnowsThePeersNames) {
  const Settings settings = load({{"RULES", "other"},
                                  {"TARGET_HOST", "zoom.test"},
                                  {"EMAIL_CANONICALIZATION", "IGNORE_DOTS"},
                                  {"EMAIL_DOMAIN_HANDLING", "TOKENIZE"},
                                  {"REQUEST_TIMEOUT_SECONDS", "170"},
                                  {"TLS_VERSION", "TLSv1.2"},
                                  {"USER_AGENT", "agent 1"}});
  EXPECT_EQ(settings.rules.file, "other");
  EXPECT_EQ(settings.zoom.api_url, "https://zoom.test");
  EXPECT_EQ(settings.pseudonyms.email_canonicalization, EmailCanonicalization::ignore_dots);
  EXPECT_EQ(settings.pseudonyms.email_domain, EmailDomain::tokenize);
  EXPECT_EQ(settings.timeouts.total, Seconds(170));
  EXPECT_EQ(settings.zoom.tls_version, TlsVersion::v1_2);
  EXPECT_EQ(settings.zoom.user_agent, "agent 1");
  EXPECT_EQ(load({{"TARGET_HOST", "https://zoom.test"}}).zoom.api_url, "https://zoom.test");
}

TEST(Environment, KnowsTheNamesWithoutPrefix) {
  Variables variables = complete_variables();
  for (const char* name : {"ACCOUNT_ID", "CLIENT_ID", "CLIENT_SECRET"}) {
    variables.erase(std::string("PSOXY_ZOOM_") + name);
    variables[name] = std::string("value of ") + name;
  }
  const Settings settings = load_settings("", environment(variables), SettingsFor::server);
  EXPECT_EQ(settings.zoom.account_id, "value of ACCOUNT_ID");
  EXPECT_EQ(settings.zoom.client_id, "value of CLIENT_ID");
  EXPECT_EQ(settings.zoom.client_secret.reveal(), "value of CLIENT_SECRET");
}

TEST(Environment, EverySettingHasANameMadeOfItsPath) {
  EXPECT_EQ(environment_name("zoom.max_connections"), "ZOOM_PROXY_ZOOM_MAX_CONNECTIONS");
  for (const Setting& setting : all_settings()) {
    const std::string name = environment_name(setting.path);
    // No text fits all of them, but all refuse a control character or keep it.
    const auto found = find_in_environment(setting, environment({{name, "x"}}));
    ASSERT_TRUE(found) << name;
    EXPECT_EQ(found->name, name);
  }
}

TEST(Environment, NamesOfSettingsDoNotCollide) {
  std::map<std::string, std::string_view> seen;
  for (const Setting& setting : all_settings()) {
    for (const std::string& name : environment_names(setting)) {
      EXPECT_TRUE(seen.emplace(name, setting.path).second) << name;
      EXPECT_TRUE(!setting.traits.file_twin || seen.emplace(name + "_FILE", setting.path).second)
          << name;
    }
  }
}

TEST(Environment, TrimsTheCredentialsOfZoomAlone) {
  const std::string salt = " salt-canary-0123456789abcdef-0123 ";
  const Settings settings = load({{"PSOXY_ZOOM_ACCOUNT_ID", " acc\n"},
                                  {"PSOXY_ZOOM_CLIENT_ID", "\tcid "},
                                  {"PSOXY_ZOOM_CLIENT_SECRET", " secret\r\n"},
                                  {"PSOXY_SALT", salt}});
  EXPECT_EQ(settings.zoom.account_id, "acc");
  EXPECT_EQ(settings.zoom.client_id, "cid");
  EXPECT_EQ(settings.zoom.client_secret.reveal(), "secret");
  EXPECT_EQ(settings.pseudonyms.salt.reveal(), salt);
}

TEST(Environment, EmptyIsNotSet) {
  EXPECT_EQ(load({{"PORT", ""}, {"RULES", ""}}).listen.port, 8080);
  expect_all_in(refusal({{"PSOXY_SALT", ""}}),
                {"pseudonyms.salt is missing", "PSOXY_SALT is set, but empty"});
  expect_all_in(refusal({{"PSOXY_ZOOM_CLIENT_ID", " "}}), {"zoom.client_id is missing"});
}

TEST(Environment, NamesTheVariableAtFault) {
  expect_all_in(refusal({{"PORT", "80x"}}), {"PORT: listen.port must be a port"});
  expect_all_in(refusal({{"TLS_VERSION", "SSLv3"}}),
                {"TLS_VERSION: zoom.tls_version must be TLSv1.2 or TLSv1.3"});
  expect_all_in(
      refusal({{"ZOOM_PROXY_LOG_LEVEL", "infos"}}),
      {"ZOOM_PROXY_LOG_LEVEL: ", "debug, info, warning or error", "did you mean \"info\""});
}

TEST(Environment, TwoNamesOfOneSettingMustAgree) {
  expect_all_in(refusal({{"CLIENT_ID", "another"}}),
                {"CLIENT_ID", "PSOXY_ZOOM_CLIENT_ID", "zoom.client_id", "keep one"});
  EXPECT_EQ(load({{"CLIENT_ID", "cid"}}).zoom.client_id, "cid");
  expect_all_in(refusal({{"PSOXY_SALT_FILE", "/dev/null"}}),
                {"PSOXY_SALT_FILE", "PSOXY_SALT", "keep one"});
}

TEST(Environment, ItemsOfAListStandBetweenCommas) {
  const Settings settings =
      load({{"ALLOWED_DATA_ACCESS_IP_BLOCKS", "192.0.2.0/24, 2001:db8::/32 ,198.51.100.7"},
            {"ZOOM_PROXY_INBOUND_AUTH_OIDC_AUDIENCES", "https://a.example"}});
  std::vector<std::string> blocks;
  for (const IpBlock& block : settings.inbound_auth.allowed_ip_blocks)
    blocks.push_back(block.text());
  EXPECT_EQ(blocks, (std::vector<std::string>{"192.0.2.0/24", "2001:db8::/32", "198.51.100.7"}));
  EXPECT_EQ(settings.inbound_auth.oidc.audiences, std::vector<std::string>{"https://a.example"});
  expect_all_in(refusal({{"ALLOWED_DATA_ACCESS_IP_BLOCKS", "192.0.2.0/24,,10.0.0.1"}}),
                {"ALLOWED_DATA_ACCESS_IP_BLOCKS", "empty item"});
  expect_all_in(refusal({{"ALLOWED_DATA_ACCESS_IP_BLOCKS", "192.0.2.0/24;10.0.0.1"}}),
                {"ALLOWED_DATA_ACCESS_IP_BLOCKS", "inbound_auth.allowed_ip_blocks"});
  const Settings keys =
      load({{"ZOOM_PROXY_PSEUDONYMS_PREVIOUS_ENCRYPTION_KEYS", "one, with a comma\ntwo"}});
  EXPECT_EQ(keys.pseudonyms.previous_encryption_keys.size(), 2U);
}

TEST(Environment, BracketsAreTheEmptyListAndAnEmptyVariableIsNoneAtAll) {
  for (const Setting& setting : all_settings()) {
    if (!setting.list) continue;
    for (const std::string& name : environment_names(setting))
      EXPECT_EQ(setting.get(load({{name, "[]"}})), "[]") << name;
  }
  const std::vector<std::string> usual{"zoom-ai-metrics"};
  EXPECT_EQ(load({}).bulk.rules, usual);
  EXPECT_EQ(load({{"ZOOM_PROXY_BULK_RULES", ""}}).bulk.rules, usual);
}

TEST(Environment, TheEmptyListWinsOverTheFile) {
  const TemporaryFolder folder;
  const std::string file =
      folder.write("settings.yaml", kSettings + "bulk: { rules: [hr.yaml] }\n");
  EXPECT_EQ(load_settings(file, environment(), SettingsFor::server).bulk.rules.size(), 1U);
  EXPECT_TRUE(
      load_settings(file, environment({{"ZOOM_PROXY_BULK_RULES", "[]"}}), SettingsFor::server)
          .bulk.rules.empty());
}

TEST(Environment, AnEmptyListIsNoneThatTheModeNeeds) {
  expect_all_in(refusal({{"ZOOM_PROXY_INBOUND_AUTH_MODE", "bearer"},
                         {"ZOOM_PROXY_INBOUND_AUTH_BEARER_TOKEN_SHA256", "[]"}}),
                {"inbound_auth.bearer.token_sha256"});
}

TEST(Environment, RefusesWhatThisVersionCannotDo) {
  for (const UnsupportedSetting& setting : unsupported_settings()) {
    expect_all_in(refusal({{environment_name(setting.path), "x"}}),
                  {setting.path, "not supported by this version"});
    if (!setting.alias.empty())
      expect_all_in(refusal({{std::string(setting.alias), "x"}}),
                    {setting.path, setting.alias, "not supported by this version"});
  }
}

TEST(Environment, SaysWhyUnsanitizedCopiesAreRefused) {
  expect_all_in(refusal({{"SIDE_OUTPUT_ORIGINAL", "s3://bucket"}}),
                {"SIDE_OUTPUT_ORIGINAL", "unsanitized answers are never written", "unset"});
}

TEST(Environment, KnowsThePeersNamesOfOutputs) {
  const Settings settings =
      load({{"ASYNC_OUTPUT_DESTINATION", "/mnt/a"}, {"SIDE_OUTPUT_SANITIZED", "/mnt/b"}});
  EXPECT_EQ(settings.output.async_directory, "/mnt/a");
  EXPECT_EQ(settings.output.side_directory, "/mnt/b");
  expect_all_in(refusal({{"SIDE_OUTPUT_SANITIZED", "gs://bucket"}}),
                {"SIDE_OUTPUT_SANITIZED", "output.side_directory", "mount the bucket"});
}

TEST(Environment, RefusesNamesThatLookLikeOurs) {
  expect_all_in(refusal({{"ZOOM_PROXY_LISTEN_PROT", "canary"}}),
                {"ZOOM_PROXY_LISTEN_PROT: ", "no setting", "\"ZOOM_PROXY_LISTEN_PORT\""});
  expect_all_in(refusal({{"PSOXY_SLAT_FILE", "canary"}}), {"\"PSOXY_SALT_FILE\""});
  expect_all_in(refusal({{"ZOOM_PROXY_LOG_FORMAT_FILE", "x"}}), {"no setting"});
  const std::string far = refusal({{"PSOXY_COMPLETELY_DIFFERENT_NAME", "canary"}});
  expect_all_in(far, {"PSOXY_COMPLETELY_DIFFERENT_NAME: ", "unset"});
  EXPECT_EQ(far.find("did you mean"), std::string::npos) << far;
}

TEST(Environment, LeavesAloneWhatOthersSet) {
  const Settings settings = load({{"ZOOM_PROXY_SERVICE_HOST", "10.0.0.1"},
                                  {"ZOOM_PROXY_SERVICE_PORT", "80"},
                                  {"ZOOM_PROXY_SERVICE_PORT_HTTP", "80"},
                                  {"ZOOM_PROXY_PORT", "tcp://10.0.0.1:80"},
                                  {"ZOOM_PROXY_PORT_80_TCP", "tcp://10.0.0.1:80"},
                                  {"ZOOM_PROXY_PORT_80_TCP_ADDR", "10.0.0.1"},
                                  {"ZOOM_PROXY_PORT_80_TCP_PORT", "80"},
                                  {"ZOOM_PROXY_PORT_80_TCP_PROTO", "tcp"},
                                  // Of services zoom-proxy-listen and zoom-proxy-admin.
                                  {"ZOOM_PROXY_LISTEN_PORT", "tcp://10.0.0.2:81"},
                                  {"ZOOM_PROXY_ADMIN_PORT", "tcp://10.0.0.3:82"},
                                  {"PSOXY_ZOOM_ACCESS_TOKEN", "x"},
                                  {"ZOOM_PROXY_MISSPELT", ""},
                                  {"ZOOM_PROXYLIKE", "x"},
                                  {"SOURCE", "zoom"}});
  EXPECT_EQ(settings.listen.port, 8080);
}

TEST(Environment, RefusesKeysForOneKindOfValue) {
  expect_all_in(refusal({{"SALT_IP", "canary"}}), {"SALT_IP: ", "pseudonyms.salt", "Unset"});
  expect_all_in(refusal({{"PSOXY_ENCRYPTION_KEY_IP", "canary"}}),
                {"PSOXY_ENCRYPTION_KEY_IP: ", "pseudonyms.encryption_key"});
  expect_all_in(refusal({{"SALT_EMAIL_DOMAINS", "canary"}}), {"domains of e-mail addresses"});
}

TEST(Environment, HidesTheSecretsOfTheProcess) {
  ASSERT_EQ(::setenv("PSOXY_SALT", "environment-canary", 1), 0);
  ASSERT_EQ(::setenv("PSOXY_SALT_FILE", "/a/path", 1), 0);
  const Environment captured = process_environment();
  hide_secrets_of_process_environment();
  EXPECT_STREQ(std::getenv("PSOXY_SALT"), "");
  EXPECT_STREQ(std::getenv("PSOXY_SALT_FILE"), "/a/path");
  EXPECT_EQ(captured("PSOXY_SALT"), "environment-canary") << "a reload needs it";
  ::unsetenv("PSOXY_SALT");
  ::unsetenv("PSOXY_SALT_FILE");
}

TEST(Substitute, ReplacesNamesAndDollars) {
  const Environment variables = environment({{"NAME", "value"}, {"E", ""}, {"D", "${NAME}$$"}});
  EXPECT_EQ(substitute("", variables), "");
  EXPECT_EQ(substitute("a${NAME}b${E}c", variables), "avaluebc");
  EXPECT_EQ(substitute("$$ $${NAME} $ $NAME a$", variables), "$ ${NAME} $ $NAME a$");
  EXPECT_EQ(substitute("${D}", variables), "${NAME}$$") << "a value is not looked at again";
}

TEST(Substitute, RefusesWhatIsNoName) {
  const Environment variables = environment({{"ATTACK", "x"}, {"B", "x"}});
  for (const char* text : {"${ATTACK", "${}", "${A${B}}", "${$(id)}", "${ ATTACK }", "${1A}",
                           "${UNDEFINED}", "a${ATTACK}b${"})
    EXPECT_THROW((void)substitute(text, variables), std::invalid_argument) << text;
}

}  // namespace
}  // namespace zoom_proxy
