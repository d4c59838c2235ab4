// Settings files that must be refused, each with what its message must hold.

#include "settings_text.hpp"

namespace zoom_proxy {
namespace {

using test::expect_all_in;
using test::kSettings;
using test::refusal;
using test::with;

struct Case {
  const char* name;
  std::string piece;  ///< of the good settings; empty: the replacement is added at the end
  std::string replacement;
  std::vector<std::string> message;
};

const std::vector<Case> kCases = {
    // Keys.
    {"UnknownBlock", "rules:", "rulez:", {":12:1:", "rulez", "did you mean \"rules\""}},
    {"UnknownListenKey", "port:", "prot:", {":1:", "listen.prot"}},
    {"UnknownAuthKey", "mode:", "mod:", {":3:", "inbound_auth.mod", "did you mean \"mode\""}},
    {"UnknownZoomKey", "client_id", "clientid", {":6:3:", "zoom.clientid", "client_id"}},
    {"UnknownPseudonymsKey", "salt:", "salts:", {":10:", "pseudonyms.salts"}},
    {"DottedKey", "# line 13", "log.level: debug", {":13:", "log.level"}},
    {"KeyWithBlank", "log:", "\"log \": {}\nlog:", {":14:", "log "}},
    {"EmptyKey", "# line 13", "\"\": log", {":13:"}},
    {"MergeKey", "", "<<: { x: 1 }", {":15:", "<<"}},
    {"NullKey", "", "~: 2", {":15:"}},
    {"MapAsKey", "", "{ a: b }: c", {":15:"}},
    {"FileTwinOfAPlainKey",
     "  client_id",
     "  api_url_file: x\n  client_id",
     {":6:", "api_url_file"}},
    {"DuplicateBlock", "", "listen: { port: 9999 }", {":15:", "listen"}},
    {"DuplicateNull", "", "rules: ~", {":15:", "rules"}},
    {"DuplicateQuoted", "", "\"rules\": { file: zoom }", {":15:", "rules"}},
    {"DuplicateEscaped", "", "\"\\x72ules\": { file: zoom }", {":15:", "rules"}},
    // Values.
    {"PortTooLarge", "8080", "65536", {":1:", "listen.port", "0 to 65535"}},
    {"PortNegative", "8080", "-1", {":1:", "listen.port"}},
    {"PortWithSuffix", "8080", "\"8080x\"", {":1:", "listen.port"}},
    {"PortHexadecimal", "8080", "0x50", {":1:", "listen.port"}},
    {"PortWithFraction", "8080", "80.5", {":1:", "listen.port"}},
    {"PortList", "8080", "[8080]", {":1:", "listen.port", "a list"}},
    {"AddressWord", "127.0.0.1", "not an address", {":1:", "listen.address", "IP address"}},
    {"AddressList", "127.0.0.1", "[a]", {":1:", "listen.address"}},
    {"BlockIsAText", "{ file: zoom }", "zoom", {":12:", "rules", "a map"}},
    {"BlockIsAList", "{ file: zoom }", "[zoom]", {":12:", "rules", "a map"}},
    {"ModeUnknown", "platform", "none", {":3:", "platform, oidc, bearer or mtls"}},
    {"ModeList", "platform", "[platform]", {":3:", "inbound_auth.mode"}},
    {"ModeBoolean", "platform", "true", {":3:", "inbound_auth.mode"}},
    {"OidcAlone",
     "mode: platform",
     "mode: oidc",
     {"inbound_auth.mode oidc needs",
      "inbound_auth.oidc.issuers (ZOOM_PROXY_INBOUND_AUTH_OIDC_ISSUERS)",
      "inbound_auth.oidc.audiences", "inbound_auth.oidc.allowed"}},
    {"OidcEmptyList",
     "mode: platform",
     "mode: oidc, oidc: { issuers: [accounts.google.com], audiences: [a], allowed: [] }",
     {"inbound_auth.mode oidc needs", "inbound_auth.oidc.allowed"}},
    {"OidcKeysUnknown",
     "mode: platform",
     "mode: oidc, oidc: { issuers: [https://id.example], audiences: [a], allowed: [b] }",
     {"inbound_auth.oidc.jwks_url is missing"}},
    {"OidcKeysOfMixedIssuers",
     "mode: platform",
     "mode: oidc, oidc: { issuers: [accounts.google.com, a], audiences: [a], allowed: [b] }",
     {"inbound_auth.oidc.jwks_url is missing"}},
    {"OidcKeysPlain",
     "mode: platform",
     "mode: oidc, oidc: { jwks_url: \"http://id.example/keys\" }",
     {":3:", "inbound_auth.oidc.jwks_url", "https"}},
    {"BearerAlone",
     "mode: platform",
     "mode: bearer",
     {"inbound_auth.mode bearer needs", "inbound_auth.bearer.token_sha256"}},
    {"BearerShortHash",
     "mode: platform",
     "mode: bearer, bearer: { token_sha256: [" + std::string(63, 'a') + "] }",
     {":3:", "inbound_auth.bearer.token_sha256", "64 digits"}},
    {"BearerHashInCapitals",
     "mode: platform",
     "mode: bearer, bearer: { token_sha256: [" + std::string(64, 'A') + "] }",
     {":3:", "inbound_auth.bearer.token_sha256", "0-9 and a-f"}},
    {"BearerSecondHashIsNone",
     "mode: platform",
     "mode: bearer, bearer: { token_sha256: [" + std::string(64, 'a') + ", token] }",
     {":3:", "inbound_auth.bearer.token_sha256"}},
    {"MtlsAlone",
     "mode: platform",
     "mode: mtls",
     {"inbound_auth.mode mtls needs", "inbound_auth.mtls.ca", "inbound_auth.mtls.allowed_names",
      "listen.tls.certificate", "listen.tls.key"}},
    {"BulkInputAlone",
     "zoom:\n",
     "bulk: { input_directory: /in }\nzoom:\n",
     {"bulk.output_directory", "both"}},
    {"BulkOutputAlone",
     "zoom:\n",
     "bulk: { output_directory: /out }\nzoom:\n",
     {"bulk.input_directory", "both"}},
    {"BulkDirectoriesWithoutRules",
     "zoom:\n",
     "bulk: { rules: [], input_directory: /in, output_directory: /out }\nzoom:\n",
     {"bulk.rules"}},
    {"BulkDirectoryOfABucket",
     "zoom:\n",
     "bulk: { input_directory: \"gs://in\", output_directory: /out }\nzoom:\n",
     {"bulk.input_directory", "mount the bucket"}},
    {"TlsWithoutKey", "port: 8080", "tls: { certificate: a }", {"listen.tls.key", "both"}},
    {"TlsWithoutCertificate", "port: 8080", "tls: { key: a }", {"listen.tls.certificate", "both"}},
    {"IpBlockWord",
     "mode: platform",
     "mode: platform, allowed_ip_blocks: [192.0.2.0/24, office]",
     {":3:", "inbound_auth.allowed_ip_blocks", "192.0.2.0/24"}},
    {"IpBlockTooNarrow",
     "mode: platform",
     "mode: platform, allowed_ip_blocks: [192.0.2.0/33]",
     {":3:", "inbound_auth.allowed_ip_blocks"}},
    {"IpBlockText",
     "mode: platform",
     "mode: platform, allowed_ip_blocks: 192.0.2.1",
     {":3:", "inbound_auth.allowed_ip_blocks", "a list"}},
    {"LevelUnknown", "level: info", "level: loud", {":14:", "log.level", "warning"}},
    {"GuardNumber", "", "egress_guard: 1", {":15:", "egress_guard", "redact, log or off"}},
    {"GuardBlock", "", "egress_guard: { log: x }", {":15:", "egress_guard"}},
    {"SecretList", "\"client-secret-canary\"", "[x]", {":7:", "zoom.client_secret"}},
    {"SecretEmpty", "\"client-secret-canary\"", "\"\"", {"zoom.client_secret", "missing"}},
    {"SecretLineBreak", "client-secret-", "a\\nb", {":7:", "zoom.client_secret", "line break"}},
    {"SecretWithTag", "\"client-secret-", "!x \"", {":7:", "tag"}},
    {"KeysNoList", "salt:", "previous_encryption_keys: a\n  salt:", {":10:", "list"}},
    {"KeysEmptyItem", "salt:", "previous_encryption_keys: [\"\"]\n  salt:", {":10:", "empty"}},
    {"KeysLineBreak", "salt:", "previous_encryption_keys: [\"a\\nb\"]\n  salt:", {":10:"}},
    {"RulesEmpty", "file: zoom", "file: \"\"", {":12:", "rules.file"}},
    // URLs.
    {"ApiHttp",
     "  client_id",
     "  api_url: \"http://api.zoom.us\"\n  client_id",
     {":6:", "zoom.api_url", "https"}},
    {"ApiFile", "  client_id", "  api_url: \"file:///etc/passwd\"\n  client_id", {"zoom.api_url"}},
    {"ApiNoScheme", "  client_id", "  api_url: api.zoom.us\n  client_id", {"zoom.api_url"}},
    {"ApiQuery", "  client_id", "  api_url: \"https://a.b?x=1\"\n  client_id", {"zoom.api_url"}},
    {"ApiUser", "  client_id", "  api_url: \"https://u:p@a.b\"\n  client_id", {"zoom.api_url"}},
    {"ApiNoHost", "  client_id", "  api_url: \"https://\"\n  client_id", {"zoom.api_url"}},
    {"ApiPortWord", "  client_id", "  api_url: \"https://a.b:p\"\n  client_id", {"zoom.api_url"}},
    {"ApiPortLarge",
     "  client_id",
     "  api_url: \"https://a.b:65536\"\n  client_id",
     {"zoom.api_url"}},
    {"ApiScript", "  client_id", "  api_url: \"javascript:x\"\n  client_id", {"zoom.api_url"}},
    {"ApiBlank", "  client_id", "  api_url: \"https://a b\"\n  client_id", {"zoom.api_url"}},
    {"TokenHttp",
     "  client_id",
     "  token_url: \"http://a.b/t\"\n  client_id",
     {":6:", "zoom.token_url", "https"}},
    {"TokenNoPath",
     "  client_id",
     "  token_url: \"https://a.b\"\n  client_id",
     {"zoom.token_url", "path"}},
    // Numbers.
    {"ConnectionsNone",
     "  client_id",
     "  max_connections: 0\n  client_id",
     {":6:", "zoom.max_connections", "from 1"}},
    {"ConnectionsWord",
     "  client_id",
     "  max_connections: many\n  client_id",
     {"zoom.max_connections"}},
    {"ConnectionsHuge",
     "  client_id",
     "  max_connections: 99999999999999999999\n  client_id",
     {"zoom.max_connections"}},
    {"RetriesTooMany", "  client_id", "  retries: 11\n  client_id", {":6:", "zoom.retries", "10"}},
    {"RateFraction",
     "  client_id",
     "  rate_limit: {heavy_per_second: 0.5}\n  client_id",
     {":6:", "zoom.rate_limit.heavy_per_second"}},
    {"TargetTooLong", "", "limits: { request_target_bytes: 8193 }", {":15:", "8192"}},
    {"TimeoutZero", "", "timeouts: { total_seconds: 0 }", {":15:", "timeouts.total_seconds"}},
    {"TimeoutNegative", "", "timeouts: { total_seconds: -1 }", {"timeouts.total_seconds"}},
    {"TimeoutUnit", "", "timeouts: { total_seconds: 10s }", {"timeouts.total_seconds"}},
    {"TimeoutInfinite", "", "timeouts: { total_seconds: inf }", {"timeouts.total_seconds"}},
    {"TimeoutNaN", "", "timeouts: { total_seconds: nan }", {"timeouts.total_seconds"}},
    {"TimeoutDay", "", "timeouts: { total_seconds: 86401 }", {"timeouts.total_seconds"}},
    {"GraceNegative", "", "shutdown: { grace_seconds: -1 }", {"shutdown.grace_seconds"}},
    {"AdminPort", "", "admin: { port: 65536 }", {":15:", "admin.port"}},
    {"AdminAddress", "", "admin: { address: localhost }", {":15:", "admin.address"}},
    {"TrustedProxiesNegative",
     "port: 8080",
     "trusted_proxies: -1",
     {":1:", "listen.trusted_proxies", "from 0"}},
    {"PathPrefixUrl", "port: 8080", "path_prefix: \"/a?b\"", {":1:", "listen.path_prefix"}},
    {"PathPrefixBlank", "port: 8080", "path_prefix: /a b", {":1:", "listen.path_prefix"}},
    {"OutputUrl",
     "",
     "output: { async_directory: \"s3://bucket/x\" }",
     {":15:", "output.async_directory", "mount the bucket"}},
    {"OutputRelative",
     "",
     "output: { side_directory: out }",
     {":15:", "output.side_directory", "absolute path"}},
    {"OutputBlank", "", "output: { side_directory: /a b }", {":15:", "output.side_directory"}},
    {"OutputUrlBreak",
     "",
     "output: { async_url: \"gs://a\\r\\nb\" }",
     {":15:", "output.async_url"}},
    {"OutputOriginal",
     "",
     "output: { side_original_directory: /a }",
     {":15:", "output.side_original_directory", "unsanitized answers are never written"}},
    {"ReloadWord", "file: zoom", "reload: yes", {":12:", "rules.reload", "false or true"}},
    {"UrlTokenError", "", "compat: { url_token_error: 404 }", {"url_token_error", "409 or 500"}},
    {"DevelopmentMode", "", "development_mode: yes", {"development_mode", "false or true"}},
    {"DevelopmentInPublic",
     "address: 127.0.0.1, port: 8080 }",
     "address: 10.0.0.1, port: 8080 }\ndevelopment_mode: true",
     {"settings.yaml:2:", "development_mode", "listen.address", "127.0.0.1"}},
    // YAML.
    {"TabIndent", "  account_id", "\taccount_id", {"settings.yaml:5:"}},
    {"UnclosedQuote", "", "x: \"abc", {"settings.yaml:"}},
    {"ListItem", "", "- a", {"settings.yaml:15:"}},
    {"SelfAlias", "", "x: &a [*a]", {"settings.yaml:15:"}},
    {"StandardTag", "", "x: !!python/object/apply:os.system [id]", {"settings.yaml:15:", "x"}},
    {"LocalTagOnBlock", "{ file: zoom }", "!x { file: zoom }", {"settings.yaml:12:"}},
    {"ControlByte",
     "",
     "x: a\x01"
     "b",
     {"settings.yaml:"}},
    {"NulByte", "8080 }", std::string("8080 }\0", 7), {"settings.yaml:"}},
    {"InvalidUtf8", "", "x: \xff\xfe", {"settings.yaml:"}},
    {"SecondDocument", "", "---\nx: 1", {"settings.yaml:"}},
    {"Depth", "", "x: " + std::string(100'000, '['), {"settings.yaml:"}},
    {"HugeKey", "", std::string(1 << 20, 'k') + ": 1", {"settings.yaml:"}},
};

void PrintTo(const Case& test, std::ostream* out) { *out << test.name; }

class Refusal : public testing::TestWithParam<Case> {};

TEST_P(Refusal, SaysWhereAndWhat) {
  const Case& test = GetParam();
  const std::string text =
      test.piece.empty() ? kSettings + test.replacement + '\n' : with(test.piece, test.replacement);
  const std::string message = refusal(text);
  EXPECT_NE(message, "loaded");
  EXPECT_NE(message.find("settings.yaml"), std::string::npos) << message;
  EXPECT_LT(message.size(), 500U);
  for (const std::string& part : test.message) expect_all_in(message, {part});
}

INSTANTIATE_TEST_SUITE_P(Settings, Refusal, testing::ValuesIn(kCases),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(RefusalBase, TheGoodSettingsLoad) {
  EXPECT_EQ(refusal(kSettings), "loaded");
  EXPECT_EQ(refusal("\xef\xbb\xbf" + kSettings), "loaded") << "a byte order mark";
  EXPECT_EQ(refusal("# x\n\n" + kSettings), "loaded");
}

}  // namespace
}  // namespace zoom_proxy
