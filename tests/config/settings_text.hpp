#pragma once
// A settings file that loads, and what the tests of this folder do with it.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "config/loader.hpp"

namespace zoom_proxy::test {

/// 14 lines, as an operator would write them; every secret holds the word "canary".
inline const std::string kSettings =
    "listen: { address: 127.0.0.1, port: 8080 }\n"
    "# line 2\n"
    "inbound_auth: { mode: platform }\n"
    "zoom:\n"
    "  account_id: acc\n"
    "  client_id: cid\n"
    "  client_secret: \"client-secret-canary\"\n"
    "pseudonyms:\n"
    "  algorithm: hmac-sha256\n"
    "  salt: \"salt-canary-0123456789abcdef-0123\"\n"
    "  encryption_key: \"encryption-canary-0123456789abcd\"\n"
    "rules: { file: zoom }\n"
    "# line 13\n"
    "log: { format: json, level: info }\n";

/// kSettings with one piece of it replaced; the piece must be there.
inline std::string with(std::string_view piece, std::string_view replacement) {
  std::string text = kSettings;
  const std::size_t position = text.find(piece);
  EXPECT_NE(position, std::string::npos) << piece;
  return text.replace(position, piece.size(), replacement);
}

using Variables = std::map<std::string, std::string, std::less<>>;

[[nodiscard]] inline Environment environment(Variables variables = {}) {
  Environment::Variables values;
  for (auto& [name, value] : variables) values.emplace(name, Secret(std::move(value)));
  return Environment(std::move(values));
}

/// Enough for a server without a settings file.
inline Variables complete_variables() {
  return {{"ZOOM_PROXY_INBOUND_AUTH_MODE", "platform"},
          {"PSOXY_ZOOM_ACCOUNT_ID", "acc"},
          {"PSOXY_ZOOM_CLIENT_ID", "cid"},
          {"PSOXY_ZOOM_CLIENT_SECRET", "client-secret-canary"},
          {"PSOXY_SALT", "salt-canary-0123456789abcdef-0123"}};
}

/// A folder that goes away with its files.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "zoom-proxy-XXXXXX").string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    path_ = name;
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::string write(const std::string& name, std::string_view content) const {
    const std::string file = (path_ / name).string();
    std::ofstream(file, std::ios::binary) << content;
    return file;
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// Loads `text` as "settings.yaml"; the folder's name is cut out of messages.
inline Settings load(std::string_view text, Variables variables = {},
                     SettingsFor use = SettingsFor::server) {
  const TemporaryFolder folder;
  return load_settings(folder.write("settings.yaml", text), environment(std::move(variables)), use);
}

/// The message of the ConfigError that loading throws, or "loaded".
inline std::string refusal(std::string_view text, Variables variables = {},
                           SettingsFor use = SettingsFor::server) {
  try {
    (void)load(text, std::move(variables), use);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "loaded";
}

inline std::string environment_refusal(Variables variables) {
  try {
    (void)load_settings("", environment(std::move(variables)), SettingsFor::server);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "loaded";
}

inline void expect_all_in(const std::string& message,
                          std::initializer_list<std::string_view> parts) {
  for (const std::string_view part : parts)
    EXPECT_NE(message.find(part), std::string::npos) << '"' << part << "\" is not in: " << message;
  EXPECT_EQ(message.find("canary"), std::string::npos) << "a secret in: " << message;
}

}  // namespace zoom_proxy::test
