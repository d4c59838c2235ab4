#include "server/accept_encoding.hpp"

#include <algorithm>

#include "rules/format/encoding.hpp"
#include "server/http_syntax.hpp"

namespace zoom_proxy {
namespace {

/// A weight in thousandths (RFC 9110 section 12.4.2): `0.5`, `1`, `1.000`.
std::optional<int> read_weight(std::string_view text) {
  const bool one = text.starts_with('1');
  if ((!one && !text.starts_with('0')) || text.size() > 5) return std::nullopt;
  if (text.size() > 1 && text[1] != '.') return std::nullopt;
  int thousandths = one ? 1000 : 0;
  int place = 100;
  for (const char digit : text.substr(std::min<std::size_t>(2, text.size()))) {
    if (digit < '0' || digit > (one ? '0' : '9')) return std::nullopt;
    thousandths += (digit - '0') * place;
    place /= 10;
  }
  return thousandths;
}

/// The weight behind a coding's name; 1000 where none is given.
std::optional<int> weight_of(std::string_view parameters) {
  int weight = 1000;
  while (!parameters.empty()) {
    std::string_view value = take_part(parameters, ';');
    if (!ascii_iequals(take_part(value, '='), "q")) return std::nullopt;
    const auto read = read_weight(value);
    if (!read) return std::nullopt;
    weight = *read;
  }
  return weight;
}

}  // namespace

bool accepts_gzip(const Fields& from_client) {
  std::optional<int> gzip;
  std::optional<int> identity;
  std::optional<int> any;
  for (const auto& [name, value] : from_client) {
    if (!ascii_iequals(name, "accept-encoding")) continue;
    for (std::string_view list = value; !list.empty();) {
      std::string_view parameters = take_part(list, ',');
      const std::string_view coding = take_part(parameters, ';');
      std::optional<int>* const weight =
          ascii_iequals(coding, "gzip") || ascii_iequals(coding, "x-gzip") ? &gzip
          : ascii_iequals(coding, "identity")                              ? &identity
          : coding == "*"                                                  ? &any
                                                                           : nullptr;
      if (weight == nullptr) continue;
      if (const auto read = weight_of(parameters)) *weight = read;
    }
  }
  const int of_gzip = gzip.value_or(any.value_or(0));
  return of_gzip > 0 && of_gzip >= identity.value_or(0);
}

}  // namespace zoom_proxy
