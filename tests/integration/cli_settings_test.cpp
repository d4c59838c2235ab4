// `zoom-proxy check` and the settings: every name that docs/reference.md promises does what it
// says.

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <regex>
#include <sstream>

#include "tests/integration/callers.hpp"
#include "tests/integration/command.hpp"

namespace integration {
namespace {

constexpr const char* kLongEnough = "canary-0123456789abcdef0123456789";

/// A row of the table of settings.
struct Row {
  std::string path;
  std::string default_text;
  std::vector<std::string> names;  ///< of the environment
  bool file_twin = false;
};

std::string default_name(std::string path) {
  std::ranges::transform(path, path.begin(), [](unsigned char c) {
    return static_cast<char>(c == '.' ? '_' : std::toupper(c));
  });
  return "ZOOM_PROXY_" + path;
}

std::vector<Row> reference_rows() {
  std::ifstream file(std::string(TEST_DATA_DIR) + "/../../docs/reference.md");
  static const std::regex kRow(R"(\| `([a-z_.0-9]+)` \| `?(.*?)`? \| (.*) \| (.*) \|)");
  static const std::regex kName("`([A-Z_]+)`");
  std::vector<Row> rows;
  std::string line;
  while (std::getline(file, line) && line != "## Settings") continue;
  while (std::getline(file, line) && !line.starts_with("### ")) {
    std::smatch found;
    if (!std::regex_match(line, found, kRow)) continue;
    Row row{found[1], found[2], {default_name(found[1])}, holds(found[3], "also `_file`")};
    const std::string names = found[4];
    for (std::sregex_iterator name(names.begin(), names.end(), kName), end; name != end; ++name)
      row.names.push_back((*name)[1]);
    rows.push_back(std::move(row));
  }
  return rows;
}

struct Printed {
  std::string value;
  std::string origin;
  bool operator==(const Printed&) const = default;
};
void PrintTo(const Printed& printed, std::ostream* out) {
  *out << printed.value << "  # " << printed.origin;
}

/// What --print-config says, by path; it ends with an empty line.
std::map<std::string, Printed> parse(const std::string& output) {
  static const std::regex kLine("( *)([a-z_0-9]+):(?: (.*)  # (.*))?");
  std::map<std::string, Printed> all;
  std::vector<std::string> blocks;
  std::istringstream lines(output);
  for (std::string line; std::getline(lines, line) && !line.empty();) {
    std::smatch found;
    if (!std::regex_match(line, found, kLine)) {
      ADD_FAILURE() << "not as expected: " << line;
      continue;
    }
    blocks.resize(static_cast<std::size_t>(found[1].length()) / 2);
    blocks.push_back(found[2]);
    if (!found[4].matched) continue;
    std::string path;
    for (const std::string& block : blocks) path += (path.empty() ? "" : ".") + block;
    all[path] = {found[3], found[4]};
  }
  return all;
}

/// A directory of bulk texts, with rules.
struct BulkRules : TemporaryDirectory {
  BulkRules() { put(file("rules.yaml"), "columnsToRedact: [Department]\n"); }
};

class CheckSettingsTest : public testing::Test {
 protected:
  struct Value {
    std::string text;
    std::string printed;
  };

  /// Something else than the default, and good enough for `check` to end well.
  [[nodiscard]] Value value_of(const Row& row) const {
    const std::string& old = row.default_text;
    const auto found = values_.find(row.path);
    if (found != values_.end())
      return {found->second, old.starts_with('[') ? '[' + found->second + ']' : found->second};
    if (row.path == "pseudonyms.salt" || row.path == "pseudonyms.encryption_key" ||
        row.path == "zoom.client_secret")
      return {kLongEnough, "\"***\""};
    if (row.path == "pseudonyms.previous_encryption_keys")
      return {std::string(kLongEnough) + "\nanother-canary", "[\"***\", \"***\"]"};
    if (old == "[]") return {"one.example, two.example", "[one.example, two.example]"};
    if (old == "true" || old == "false") return same(old == "true" ? "false" : "true");
    if (old.empty()) return same("some-text");
    if (std::ranges::all_of(old, [](unsigned char c) { return std::isdigit(c) != 0; }))
      return same(old == "0" ? "1" : std::to_string(std::stoll(old) - 1));
    ADD_FAILURE() << row.path << " is new: put a value that differs from " << old
                  << " into values_ of this test";
    return {};
  }
  static Value same(const std::string& text) { return {text, text}; }

  [[nodiscard]] std::map<std::string, Printed> check(const Process::Environment& environment) {
    const Outcome outcome = run("check --print-config", environment);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.output << outcome.errors;
    EXPECT_EQ(canaries(outcome.output + outcome.errors), "");
    return parse(outcome.output);
  }

  /// Sets every setting by its `turn`-th name, or the last one where it has fewer.
  void expect_all_set(std::size_t turn, bool by_file) {
    Process::Environment environment;
    std::map<std::string, Printed> expected;
    for (const Row& row : rows_) {
      const Value value = value_of(row);
      std::string name = row.names[std::min(turn, row.names.size() - 1)];
      if (by_file && row.file_twin) {
        const std::string file = directory_.file(row.path);
        std::ofstream(file, std::ios::binary) << value.text << '\n';
        name += "_FILE";
        environment[name] = file;
        expected[row.path] = {value.printed,
                              "secret file " + file + ", named by environment " + name};
      } else {
        environment[name] = value.text;
        expected[row.path] = {value.printed, "environment " + name};
      }
    }
    std::map<std::string, Printed> printed = check(environment);
    EXPECT_EQ(printed.size(), expected.size());
    for (const auto& [path, wanted] : expected) EXPECT_EQ(printed[path], wanted) << path;
  }

  const std::vector<Row> rows_ = reference_rows();
  const TestCa ca_;
  const TemporaryDirectory directory_;
  const BulkRules bulk_;
  const TlsFiles tls_{ca_};
  /// Of settings that do not take any text; of a list, items between commas.
  const std::map<std::string, std::string> values_ = {
      {"listen.address", "127.0.0.1"},
      {"listen.tls.certificate", tls_.certificate()},
      {"listen.tls.key", tls_.key()},
      {"listen.path_prefix", "/zoom"},
      {"admin.address", "127.0.0.2"},
      {"inbound_auth.mode", "oidc"},
      {"inbound_auth.oidc.jwks_url", "https://id.example/keys"},
      {"inbound_auth.oidc.ca_file", ca_.file()},
      {"inbound_auth.bearer.token_sha256", std::string(64, 'a')},
      {"inbound_auth.mtls.ca", ca_.file()},
      {"inbound_auth.allowed_ip_blocks", "192.0.2.0/24, 2001:db8::/32"},
      {"zoom.api_url", "https://api.example"},
      {"zoom.token_url", "https://api.example/token"},
      {"zoom.ca_file", ca_.file()},
      {"zoom.tls_version", "TLSv1.2"},
      {"zoom.user_agent", "another"},
      {"pseudonyms.algorithm", "psoxy"},
      {"pseudonyms.email_canonicalization", "ignore_dots"},
      {"pseudonyms.email_domain", "redact"},
      {"rules.file", "zoom-strict"},
      {"egress_guard", "log"},
      {"output.async_directory", directory_.path()},
      {"output.side_directory", directory_.path()},
      {"bulk.rules", bulk_.file("rules.yaml")},
      {"bulk.input_directory", bulk_.path()},
      {"bulk.output_directory", directory_.path()},
      {"compat.url_token_error", "500"},
      {"log.format", "console"},
      {"log.level", "debug"},
  };
};

TEST_F(CheckSettingsTest, EveryNameOfTheReferenceCounts) {
  ASSERT_GT(rows_.size(), 50U);
  const std::size_t most =
      std::ranges::max(rows_, {}, [](const Row& row) { return row.names.size(); }).names.size();
  for (std::size_t turn = 0; turn < most; ++turn) {
    for (const bool by_file : {false, true}) {
      SCOPED_TRACE(std::to_string(turn) + (by_file ? " by file" : ""));
      expect_all_set(turn, by_file);
    }
  }
}

/// The least that a server needs.
Process::Environment least() {
  return {{"ZOOM_PROXY_INBOUND_AUTH_MODE", "platform"},
          {"PSOXY_ZOOM_ACCOUNT_ID", "account"},
          {"PSOXY_ZOOM_CLIENT_ID", "client"},
          {"PSOXY_ZOOM_CLIENT_SECRET", "secret"},
          {"PSOXY_SALT", kLongEnough},
          {"PSOXY_ENCRYPTION_KEY", kLongEnough}};
}

TEST_F(CheckSettingsTest, WhatIsNotSetHasTheDefaultOfTheReference) {
  const std::map<std::string, Printed> printed = check(least());
  EXPECT_EQ(printed.size(), rows_.size());
  std::size_t defaults = 0;
  for (const Row& row : rows_) {
    const auto found = printed.find(row.path);
    ASSERT_NE(found, printed.end()) << row.path;
    if (found->second.origin != "default") continue;
    EXPECT_EQ(found->second.value, row.default_text) << row.path;
    ++defaults;
  }
  EXPECT_EQ(defaults, rows_.size() - least().size());
}

TEST_F(CheckSettingsTest, AShortSaltIsRefusedOrWarnedOf) {
  Process::Environment environment = least();
  environment["PSOXY_SALT"] = "canary-of-31-characters-0123456";
  const Outcome refused = run("check", environment);
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_EQ(refused.output, "");
  EXPECT_TRUE(refused.errors.starts_with("PSOXY_SALT: pseudonyms.salt must have 32 characters"))
      << refused.errors;
  EXPECT_EQ(canaries(refused.errors), "");

  const std::string warning = "warning: pseudonyms.salt is shorter than 32 characters";
  environment["ZOOM_PROXY_PSEUDONYMS_ALGORITHM"] = "psoxy";
  const Outcome warned = run("check", environment);
  EXPECT_EQ(warned.exit_code, 0) << warned.errors;
  EXPECT_TRUE(holds(warned.output, warning)) << warned.output;
  EXPECT_EQ(canaries(warned.output + warned.errors), "");

  environment["PSOXY_SALT"] += '7';  // the 32nd
  for (const char* algorithm : {"psoxy", "hmac-sha256"}) {
    environment["ZOOM_PROXY_PSEUDONYMS_ALGORITHM"] = algorithm;
    const Outcome good = run("check", environment);
    EXPECT_EQ(good.exit_code, 0) << good.errors;
    EXPECT_FALSE(holds(good.output, "pseudonyms.salt")) << good.output;
  }
}

TEST_F(CheckSettingsTest, TlsOnTheListenerIsTried) {
  Process::Environment environment = least();
  EXPECT_FALSE(holds(run("check", environment).output, "TLS, certificate"));
  environment["ZOOM_PROXY_LISTEN_TLS_CERTIFICATE"] = tls_.certificate();
  const Outcome half = run("check", environment);
  EXPECT_EQ(half.exit_code, 1);
  EXPECT_TRUE(holds(half.errors, "listen.tls.certificate and listen.tls.key belong together"))
      << half.errors;

  environment["ZOOM_PROXY_LISTEN_TLS_KEY"] = tls_.key();
  const Outcome good = run("check", environment);
  EXPECT_EQ(good.exit_code, 0) << good.errors;
  EXPECT_TRUE(std::regex_search(
      good.output, std::regex("\nlistener: TLS, certificate until [0-9]{4}-[0-9]{2}-[0-9]{2}")))
      << good.output;

  put(tls_.key(), pem_of(ca_.issue("DNS:localhost"), false, true));
  const Outcome foreign = run("check", environment);
  EXPECT_EQ(foreign.exit_code, 1);
  EXPECT_TRUE(holds(foreign.errors, "listen.tls.key")) << foreign.errors;
  environment["ZOOM_PROXY_LISTEN_TLS_KEY"] = directory_.file("nothing");
  const Outcome missing = run("check", environment);
  EXPECT_EQ(missing.exit_code, 1);
  EXPECT_TRUE(holds(missing.errors, directory_.file("nothing"))) << missing.errors;
}

TEST_F(CheckSettingsTest, EachModeOfInboundAuthNamesWhatItLacks) {
  const std::map<std::string, std::vector<std::string>> needs = {
      {"oidc",
       {"inbound_auth.oidc.issuers", "inbound_auth.oidc.audiences", "inbound_auth.oidc.allowed"}},
      {"bearer", {"inbound_auth.bearer.token_sha256"}},
      {"mtls",
       {"inbound_auth.mtls.ca", "inbound_auth.mtls.allowed_names", "listen.tls.certificate",
        "listen.tls.key"}}};
  for (const auto& [mode, paths] : needs) {
    SCOPED_TRACE(mode);
    Process::Environment environment = least();
    environment["ZOOM_PROXY_INBOUND_AUTH_MODE"] = mode;
    const Outcome none = run("check", environment);
    EXPECT_EQ(none.exit_code, 1);
    EXPECT_TRUE(holds(none.errors, "inbound_auth.mode " + mode + " needs")) << none.errors;
    for (const Row& row : rows_) {  // what it needs, each with its name, and nothing else
      const bool needed = std::ranges::find(paths, row.path) != paths.end();
      EXPECT_EQ(holds(none.errors, row.path + " (" + row.names.front() + ")"), needed)
          << row.path << ": " << none.errors;
      if (needed) environment[row.names.front()] = value_of(row).text;
    }
    if (mode == "oidc") {
      const Outcome keys = run("check", environment);
      EXPECT_EQ(keys.exit_code, 1);
      EXPECT_TRUE(holds(keys.errors, "inbound_auth.oidc.jwks_url is missing")) << keys.errors;
      environment["ZOOM_PROXY_INBOUND_AUTH_OIDC_JWKS_URL"] = "https://id.example/keys";
    }
    const Outcome all = run("check", environment);
    EXPECT_EQ(all.exit_code, 0) << all.errors;
    EXPECT_TRUE(holds(all.output, "inbound auth: ")) << all.output;
  }
}

}  // namespace
}  // namespace integration
