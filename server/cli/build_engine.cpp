#include "server/cli/build_engine.hpp"

#include <algorithm>
#include <filesystem>

#include "config/secret.hpp"
#include "rules/builtin.hpp"
#include "rules/error.hpp"

namespace zoom_proxy {

namespace {

/// Copies of the secrets that last as long as the keys are being derived from them.
struct KeyMaterial {
  explicit KeyMaterial(const Settings::Pseudonyms& pseudonyms) {
    options.algorithm = pseudonyms.algorithm;
    options.email_canonicalization = pseudonyms.email_canonicalization;
    options.email_domain = pseudonyms.email_domain;
    options.salt = pseudonyms.salt.reveal();
    options.encryption_key = pseudonyms.encryption_key.reveal();
    for (const Secret& key : pseudonyms.previous_encryption_keys)
      options.previous_encryption_keys.emplace_back(key.reveal());
  }
  ~KeyMaterial() {
    cleanse(options.salt);
    cleanse(options.encryption_key);
    for (std::string& key : options.previous_encryption_keys) cleanse(key);
  }
  KeyMaterial(const KeyMaterial&) = delete;
  KeyMaterial& operator=(const KeyMaterial&) = delete;

  PseudonymOptions options;
};

std::shared_ptr<const TokenCodec> build_codec(const Settings& settings) {
  const KeyMaterial material(settings.pseudonyms);
  return std::make_shared<const TokenCodec>(material.options);
}

/// The name of a built-in set, or of a file without its folder and its last extension.
std::string bulk_name(const std::string& rules) {
  std::string name = builtin_rules(rules) ? rules : std::filesystem::path(rules).stem().string();
  const bool plain = std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-_.").find(c) != std::string_view::npos;
  });
  if (!plain || name.find_first_not_of('.') == std::string::npos)
    throw ConfigError({rules},
                      "bulk.rules: the file's name stands in URLs: give it one of letters, digits, "
                      "`-`, `_` and `.`");
  return name;
}

std::vector<BulkSet> build_bulk(const Settings& settings,
                                const std::shared_ptr<const TokenCodec>& codec) {
  std::vector<BulkSet> sets;
  for (const std::string& rules : settings.bulk.rules) {
    std::string name = bulk_name(rules);
    if (std::ranges::find(sets, name, &BulkSet::name) != sets.end())
      throw ConfigError({rules}, "bulk.rules: two sets are called " + name +
                                     ": rename one of the files, or remove it");
    std::string route = "/bulk/" + name;
    sets.push_back(
        {std::move(name), std::move(route),
         std::make_shared<const BulkEngine>(load_rules_text(rules), codec, settings.egress_guard)});
  }
  return sets;
}

}  // namespace

std::shared_ptr<const Engine> build_engine(const Settings& settings) {
  return std::make_shared<const Engine>(settings.rules.file, build_codec(settings),
                                        settings.egress_guard);
}

Engines build_engines(const Settings& settings) {
  const auto codec = build_codec(settings);
  return {std::make_shared<const Engine>(settings.rules.file, codec, settings.egress_guard),
          build_bulk(settings, codec)};
}

std::shared_ptr<const BulkEngine> build_bulk_engine(const Settings& settings) {
  return std::make_shared<const BulkEngine>(load_rules_text(settings.rules.file),
                                            build_codec(settings), settings.egress_guard);
}

}  // namespace zoom_proxy
