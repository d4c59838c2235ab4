// SHA256_Init and its kin are deprecated in OpenSSL 3, yet an EVP call costs ten times what they do
// for the few bytes of an id.
#define OPENSSL_API_COMPAT 0x10100000L

#include "rules/identity/pseudonym.hpp"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "rules/format/encoding.hpp"
#include "rules/identity/email.hpp"
#include "rules/identity/sha256.hpp"

namespace zoom_proxy {
namespace {

constexpr std::string_view kFingerprintSuffix = "f33c366c-ae91-4819-b221-f9794ebb8145";

/// A SHA-256 in progress. It may hold the salt: cleansed.
class Sha256 {
 public:
  Sha256() noexcept { SHA256_Init(&context_); }
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  ~Sha256() { OPENSSL_cleanse(&context_, sizeof context_); }

  Sha256& add(std::string_view bytes) noexcept {
    SHA256_Update(&context_, bytes.data(), bytes.size());
    return *this;
  }
  Digest finish() noexcept {
    Digest digest;
    SHA256_Final(digest.data(), &context_);
    return digest;
  }

 private:
  SHA256_CTX context_;
};

/// Decimal digits d.ddd of a positive double and its power of ten, as Java chooses them: the
/// shortest that read back the same, but at least two where two come closer than one.
struct Decimal {
  std::string digits;
  int exponent;
};

Decimal shortest_decimal(double value) {
  const auto parse = [](std::string_view text) {
    Decimal decimal{std::string(1, text[0]), 0};
    const std::size_t e = text.find('e');
    if (e > 1) decimal.digits += text.substr(2, e - 2);
    const std::size_t sign = text[e + 1] == '+' ? 1 : 0;  // from_chars knows no plus sign
    std::from_chars(text.data() + e + 1 + sign, text.data() + text.size(), decimal.exponent);
    return decimal;
  };
  std::array<char, 32> buffer;
  const auto write = [&](auto... precision) {
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                   std::chars_format::scientific, precision...);
    return std::string_view(buffer.data(), end.ptr);
  };
  Decimal decimal = parse(write());
  if (decimal.digits.size() > 1) return decimal;
  const std::string_view two_digits = write(1);
  double back = 0;
  std::from_chars(two_digits.data(), two_digits.data() + two_digits.size(), back);
  return back == value ? parse(two_digits) : decimal;
}

/// Java's Double.toString: plain from 10^-3 up to 10^7, else one digit, point, digits, E, exponent.
std::string java_double(double value) {
  std::string out = std::signbit(value) ? "-" : "";
  value = std::fabs(value);
  if (std::isinf(value)) return out + "Infinity";
  if (value == 0) return out + "0.0";
  auto [digits, exponent] = shortest_decimal(value);
  const bool plain = exponent >= -3 && exponent < 7;
  if (plain && exponent < 0) {
    digits.insert(0, static_cast<std::size_t>(-exponent), '0');
  }
  const std::size_t whole = plain && exponent > 0 ? static_cast<std::size_t>(exponent) + 1 : 1;
  if (digits.size() < whole + 1) digits.append(whole + 1 - digits.size(), '0');
  // 4.0, not 4.00: a second digit that is no more than a zero goes, but for the one after the
  // point.
  while (digits.size() > whole + 1 && digits.back() == '0') digits.pop_back();
  out.append(digits, 0, whole).append(1, '.').append(digits, whole);
  if (!plain) out.append(1, 'E').append(std::to_string(exponent));
  return out;
}

/// True when a number that no double can hold is too great, not too small: by the power of ten of
/// its first digit that is not zero.
bool is_huge(std::string_view number) {
  const std::size_t e = std::min(number.find_first_of("eE"), number.size());
  const std::string_view mantissa = number.substr(0, e);
  const std::size_t point = std::min(mantissa.find('.'), mantissa.size());
  const std::size_t digit = mantissa.find_first_of("123456789");
  long long exponent = static_cast<long long>(point) - static_cast<long long>(digit);
  if (e < number.size()) {
    number.remove_prefix(e + 1);
    const bool negative = number.starts_with('-');
    if (negative || number.starts_with('+')) number.remove_prefix(1);
    long long power = 0;
    const auto read = std::from_chars(number.data(), number.data() + number.size(), power);
    if (read.ec != std::errc()) return !negative;
    exponent += negative ? -power : power;
  }
  return exponent > 0;
}

}  // namespace

std::string_view canonicalize_mailbox(std::string_view value, EmailCanonicalization how,
                                      CanonicalText& text) {
  const std::optional<Mailbox> box = parse_mailbox(value);
  if (!box) return {};
  const std::string_view local = box->local.substr(0, box->local.find('+'));
  text.clear();
  text.reserve(local.size() + 1 + box->domain.size());
  for (const char c : local) {
    if (c == '.' && how == EmailCanonicalization::ignore_dots) continue;
    text.push_back(ascii_lower(c));
  }
  text.push_back('@');
  for (const char c : box->domain) text.push_back(ascii_lower(c));
  return box->domain;
}

CanonicalValue canonicalize(std::string_view value, EmailCanonicalization how) {
  CanonicalText text;
  const std::string_view domain = canonicalize_mailbox(value, how, text);
  if (domain.empty()) return {std::string(value), {}};
  return {std::string(text.begin(), text.end()), domain};
}

std::string number_text(std::string_view json_number) {
  // Not find_first_of, which calls a function for each digit.
  const auto is_fraction = [](char c) { return c == '.' || c == 'e' || c == 'E'; };
  if (std::none_of(json_number.begin(), json_number.end(), is_fraction)) {
    return json_number == "-0" ? "0" : std::string(json_number);
  }
  double value = 0;
  const auto read =
      std::from_chars(json_number.data(), json_number.data() + json_number.size(), value);
  if (read.ec == std::errc::result_out_of_range) {
    value = is_huge(json_number) ? HUGE_VAL : 0.0;
    if (json_number.starts_with('-')) value = -value;
  }
  return java_double(value);
}

struct PseudonymHash::State {
  HmacKey key;
  const Sha256Implementation* hmac = nullptr;  ///< null: the peer's algorithm
  std::string salt;                            ///< for the peer's algorithm alone

  explicit State(std::string_view key_text) : key(key_text) {}
  ~State() { OPENSSL_cleanse(salt.data(), salt.size()); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
};

PseudonymHash::PseudonymHash(PseudonymAlgorithm algorithm, std::string_view salt) {
  auto state = std::make_unique<State>(salt);
  if (algorithm == PseudonymAlgorithm::psoxy) {
    state->salt = salt;
  } else {
    state->hmac = &sha256_implementations().front();
  }
  state_ = std::move(state);
}

PseudonymHash::~PseudonymHash() = default;
PseudonymHash::PseudonymHash(PseudonymHash&&) noexcept = default;
PseudonymHash& PseudonymHash::operator=(PseudonymHash&&) noexcept = default;

Digest PseudonymHash::operator()(std::string_view canonical) const noexcept {
  if (state_->hmac == nullptr) return Sha256().add(canonical).add(state_->salt).finish();
  return hmac_sha256(*state_->hmac, state_->key, canonical);
}

std::string salt_fingerprint(std::string_view salt) {
  if (salt.empty()) return {};
  std::string text = encode_base64(Sha256().add(salt).add(kFingerprintSuffix).finish());
  text.erase(text.find('='));
  std::replace(text.begin(), text.end(), '/', '_');
  std::replace(text.begin(), text.end(), '+', '.');
  return text;
}

}  // namespace zoom_proxy
