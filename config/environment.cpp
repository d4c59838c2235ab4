#include "config/environment.hpp"

#include <openssl/crypto.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

#include "config/setting_list.hpp"
#include "rules/error.hpp"
#include "rules/format/yaml.hpp"

namespace zoom_proxy {

namespace {

bool is_name(std::string_view text) {
  const auto letter = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
  };
  return !text.empty() && letter(text.front()) &&
         std::all_of(text.begin(), text.end(),
                     [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

/// Set to more than an empty text: `NAME=` means "not set", as container tools write it.
std::optional<std::string> value_of(const Environment& environment, std::string_view name) {
  std::optional<std::string> value = environment(name);
  if (value && value->empty()) value.reset();
  return value;
}

/// A list of the environment, `a, b`, as lists are written everywhere else: an item a line.
std::string one_a_line(std::string_view commas) {
  std::string lines;
  for (;;) {
    std::string_view item = commas.substr(0, commas.find(','));
    const std::size_t size = item.size();
    while (item.starts_with(' ')) item.remove_prefix(1);
    while (item.ends_with(' ')) item.remove_suffix(1);
    lines += item;
    if (size == commas.size()) return lines;
    lines += '\n';
    commas.remove_prefix(size + 1);
  }
}

/// Said as in the settings file, since an empty variable counts as not set.
constexpr std::string_view kEmptyList = "[]";

constexpr auto kOurPrefixes = std::to_array<std::string_view>({"ZOOM_PROXY_", "PSOXY_"});

bool is_ours(std::string_view name) {
  return std::ranges::any_of(kOurPrefixes,
                             [&](std::string_view prefix) { return name.starts_with(prefix); });
}

/// Kubernetes gives every pod the addresses of the services that it knows: one that is called
/// zoom-proxy sets ZOOM_PROXY_SERVICE_HOST, ZOOM_PROXY_PORT_80_TCP_ADDR and more.
bool is_service_link(std::string_view name, std::string_view value) {
  if (name.ends_with("_SERVICE_HOST") || name.find("_SERVICE_PORT") != std::string_view::npos)
    return true;
  for (const std::string_view transport : {"TCP", "UDP", "SCTP"}) {
    const std::string infix = '_' + std::string(transport) + '_';
    std::string scheme(transport);
    for (char& c : scheme) c = static_cast<char>(c + ('a' - 'A'));
    if (value.starts_with(scheme + "://")) return true;
    if (name.find("_PORT_") != std::string_view::npos && name.find(infix) != std::string_view::npos)
      return true;
  }
  return false;
}

/// What a Psoxy writes for itself beside its settings: no settings, and of no use here.
constexpr auto kIgnored =
    std::to_array<std::string_view>({"PSOXY_ZOOM_ACCESS_TOKEN", "PSOXY_ZOOM_OAUTH_REFRESH_TOKEN"});

/// Keys of their own for one kind of value.
struct ForeignName {
  std::string_view name;
  std::string_view what;
};
constexpr auto kForeign = std::to_array<ForeignName>({
    {"SALT_IP", "hashes IP addresses with pseudonyms.salt"},
    {"ENCRYPTION_KEY_IP", "encrypts IP addresses with pseudonyms.encryption_key"},
    {"SALT_EMAIL_DOMAINS", "hashes the domains of e-mail addresses with pseudonyms.salt"},
    {"ENCRYPTION_KEY_EMAIL_DOMAINS",
     "encrypts the domains of e-mail addresses with pseudonyms.encryption_key"},
});

/// All names that mean a setting, `_FILE` twins and those that this version refuses among them.
std::vector<std::string> known_names() {
  std::vector<std::string> known;
  for (const Setting& setting : all_settings()) {
    for (std::string& name : environment_names(setting)) {
      if (setting.traits.file_twin) known.push_back(name + "_FILE");
      known.push_back(std::move(name));
    }
  }
  for (const UnsupportedSetting& setting : unsupported_settings())
    known.push_back(environment_name(setting.path));
  return known;
}

}  // namespace

Environment::Environment(Variables variables) {
  std::erase_if(variables, [](const auto& variable) {
    return is_ours(variable.first) && is_service_link(variable.first, variable.second.reveal());
  });
  variables_ = std::make_shared<const Variables>(std::move(variables));
}

std::optional<std::string> Environment::operator()(std::string_view name) const {
  const auto found = variables_->find(name);
  if (found == variables_->end()) return std::nullopt;
  return std::string(found->second.reveal());
}

Environment process_environment() {
  Environment::Variables variables;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    variables.try_emplace(std::string(text.substr(0, equals)),
                          Secret(std::string(text.substr(equals + 1))));
  }
  return Environment(std::move(variables));
}

void hide_secrets_of_process_environment() noexcept {
  for (const Setting& setting : all_settings()) {
    if (!setting.traits.secret) continue;
    for (const std::string& name : environment_names(setting)) {
      // getenv() hands out the text itself, which lies where the kernel put it.
      if (char* const value = std::getenv(name.c_str())) OPENSSL_cleanse(value, std::strlen(value));
    }
  }
}

std::string environment_name(std::string_view path) {
  std::string name = "ZOOM_PROXY_";
  for (const char c : path)
    name += c == '.' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c;
  return name;
}

std::vector<std::string> environment_names(const Setting& setting) {
  std::vector<std::string> names;
  for (const Setting::Alias& alias : setting.traits.aliases) names.emplace_back(alias.name);
  names.push_back(environment_name(setting.path));
  return names;
}

std::optional<EnvironmentValue> find_in_environment(const Setting& setting,
                                                    const Environment& environment) {
  std::optional<EnvironmentValue> found;
  const auto take = [&](std::string name, std::optional<std::string> value, bool names_file) {
    if (!value) return;
    if (!found) {
      found = EnvironmentValue{std::move(name), Secret(std::move(*value)), names_file};
      return;
    }
    const bool same = found->names_file == names_file && found->text.reveal() == *value;
    cleanse(*value);
    if (!same)
      throw ConfigError({name}, "is set, and " + found->name +
                                    " too, which means the same setting (" +
                                    std::string(setting.path) + "): keep one of them");
  };
  const auto take_both = [&](std::string_view name, std::string_view prefix) {
    std::optional<std::string> value = value_of(environment, name);
    if (value && setting.list) {
      if (*value == kEmptyList)
        value->clear();
      else if (!setting.traits.secret)
        *value = one_a_line(*value);
    }
    if (value && !prefix.empty() && value->find("://") == std::string::npos)
      value->insert(0, prefix);
    take(std::string(name), std::move(value), false);
    if (!setting.traits.file_twin) return;
    const std::string twin = std::string(name) + "_FILE";
    take(twin, value_of(environment, twin), true);
  };
  for (const Setting::Alias& alias : setting.traits.aliases) take_both(alias.name, alias.prefix);
  take_both(environment_name(setting.path), {});
  return found;
}

void refuse_unsupported(const Environment& environment) {
  for (const UnsupportedSetting& setting : unsupported_settings()) {
    for (const std::string& name : {environment_name(setting.path), std::string(setting.alias)}) {
      if (!name.empty() && value_of(environment, name))
        throw ConfigError({name}, std::string(setting.path) + " is not supported by this version" +
                                      std::string(setting.reason) + ": unset the variable");
    }
  }
}

void refuse_unknown(const Environment& environment) {
  for (const ForeignName& foreign : kForeign) {
    for (const std::string_view prefix : {"", "PSOXY_", "PSOXY_ZOOM_"}) {
      const std::string name = std::string(prefix) + std::string(foreign.name);
      if (value_of(environment, name))
        throw ConfigError({name}, "has no counterpart here: this proxy " +
                                      std::string(foreign.what) +
                                      "; pseudonyms that were made with a key of their own will "
                                      "not come out the same. Unset the variable to go on");
    }
  }
  const std::vector<std::string> known = known_names();
  for (const auto& [name, value] : environment.variables()) {
    if (!is_ours(name) || value.empty() || std::ranges::find(known, name) != known.end() ||
        std::ranges::find(kIgnored, name) != kIgnored.end())
      continue;
    const std::vector<std::string_view> candidates(known.begin(), known.end());
    throw ConfigError({name},
                      "is no setting of this version: correct the name, or unset the variable" +
                          did_you_mean(name, candidates));
  }
}

std::string substitute(std::string_view text, const Environment& environment) {
  std::string out;
  out.reserve(text.size());  // no growth that would leave pieces of a secret behind
  while (!text.empty()) {
    const std::size_t dollar = std::min(text.find('$'), text.size());
    out += text.substr(0, dollar);
    text.remove_prefix(dollar);
    if (text.starts_with("$$")) {
      out += '$';
      text.remove_prefix(2);
    } else if (text.starts_with("${")) {
      const std::size_t end = text.find('}');
      if (end == std::string_view::npos || !is_name(text.substr(2, end - 2)))
        throw std::invalid_argument(
            "holds a \"${\" that is no ${NAME}; write $$ where a dollar is meant");
      const std::string_view name = text.substr(2, end - 2);
      const std::optional<std::string> value = environment(name);
      if (!value)
        throw std::invalid_argument("uses ${" + std::string(name.substr(0, 64)) +
                                    "}, which the environment does not define");
      out += *value;
      text.remove_prefix(end + 1);
    } else if (!text.empty()) {
      out += '$';
      text.remove_prefix(1);
    }
  }
  return out;
}

}  // namespace zoom_proxy
