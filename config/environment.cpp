#include "config/environment.hpp"

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

#include "config/setting_list.hpp"
#include "rules/error.hpp"

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

}  // namespace

Environment process_environment() {
  return [](std::string_view name) -> std::optional<std::string> {
    const char* value = std::getenv(std::string(name).c_str());
    if (value == nullptr) return std::nullopt;
    return value;
  };
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
    if (value && setting.list && !setting.traits.secret) *value = one_a_line(*value);
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

std::string substitute(std::string_view text, const Environment& environment) {
  std::string out;
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
