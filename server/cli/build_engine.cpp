#include "server/cli/build_engine.hpp"

#include "config/secret.hpp"

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

}  // namespace

std::shared_ptr<const Engine> build_engine(const Settings& settings) {
  return std::make_shared<const Engine>(settings.rules.file, build_codec(settings),
                                        settings.egress_guard);
}

std::shared_ptr<const BulkEngine> build_bulk_engine(const Settings& settings) {
  return std::make_shared<const BulkEngine>(load_rules_text(settings.rules.file),
                                            build_codec(settings), settings.egress_guard);
}

}  // namespace zoom_proxy
