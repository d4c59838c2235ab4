#include "config/settings.hpp"

namespace zoom_proxy {

std::vector<std::string> warnings(const Settings& settings) {
  constexpr std::size_t kGoodLength = 32;
  std::vector<std::string> list;
  const auto& pseudonyms = settings.pseudonyms;
  if (pseudonyms.salt.reveal().size() < kGoodLength)
    list.emplace_back(
        "pseudonyms.salt is shorter than 32 characters: whoever knows some pseudonyms could guess "
        "it, and then everybody behind them");
  if (!pseudonyms.encryption_key.empty() && pseudonyms.encryption_key.reveal().size() < kGoodLength)
    list.emplace_back(
        "pseudonyms.encryption_key is shorter than 32 characters: whoever holds reversible tokens "
        "could guess it");
  if (pseudonyms.algorithm == PseudonymAlgorithm::psoxy)
    list.emplace_back(
        "pseudonyms.algorithm psoxy is weaker than hmac-sha256: choose it only to keep the "
        "pseudonyms of an earlier Psoxy");
  if (settings.development_mode)
    list.emplace_back(
        "development_mode is on: whoever reaches the server can have Zoom's answers unsanitized "
        "(X-Psoxy-Skip-Sanitizer); remove it where real data is served");
  return list;
}

}  // namespace zoom_proxy
