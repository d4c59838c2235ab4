#include "tests/simulator/directory.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <memory>

#include "tests/simulator/encoding.hpp"

namespace zoom_simulator {
namespace {

constexpr std::array<std::string_view, 12> kFirst = {"Anna",  "Ben",  "Chloé", "Dmitri",
                                                     "Emeka", "Fumi", "Gül",   "Łukasz",
                                                     "Ines",  "José", "Kim",   "Zoë"};
constexpr std::array<std::string_view, 12> kFirstAscii = {"anna",  "ben",  "chloe", "dmitri",
                                                          "emeka", "fumi", "gul",   "lukasz",
                                                          "ines",  "jose", "kim",   "zoe"};
constexpr std::array<std::string_view, 8> kLast = {"Berg", "Costa", "Dube",   "O'Hara",
                                                   "Li",   "Novak", "Santos", "Weiß"};
constexpr std::array<std::string_view, 8> kLastAscii = {"berg", "costa", "dube",   "ohara",
                                                        "li",   "novak", "santos", "weiss"};
constexpr std::array<std::string_view, 3> kDomains = {"acme.example", "corp.example",
                                                      "eu.corp.example"};
constexpr std::string_view kIdPrefix = "Zcanary";
constexpr std::int64_t kFirstMeeting = 1748822400;  // 2025-06-02, a Monday

std::string digits(std::uint64_t value, std::size_t width) {
  std::string text = std::to_string(value);
  return std::string(width - std::min(width, text.size()), '0') + text;
}

std::optional<std::uint32_t> number(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

/// One AES block under a key made from the seed: UUIDs that look random but can be read back.
std::array<unsigned char, 16> aes_block(std::uint64_t seed, const std::array<unsigned char, 16>& in,
                                        bool encrypt) {
  std::array<unsigned char, 16> key{};
  std::memcpy(key.data(), &seed, sizeof seed);
  std::array<unsigned char, 16> out{};
  const std::unique_ptr<EVP_CIPHER_CTX, void (*)(EVP_CIPHER_CTX*)> context(EVP_CIPHER_CTX_new(),
                                                                           EVP_CIPHER_CTX_free);
  EVP_CipherInit_ex(context.get(), EVP_aes_128_ecb(), nullptr, key.data(), nullptr,
                    encrypt ? 1 : 0);
  EVP_CIPHER_CTX_set_padding(context.get(), 0);
  int size = 0;
  EVP_CipherUpdate(context.get(), out.data(), &size, in.data(), 16);
  return out;
}

bool wanted(std::string_view uuid, std::uint32_t slot) {
  const auto slashes = std::count(uuid.begin(), uuid.end(), '/');
  const bool plus = uuid.find('+') != uuid.npos;
  const bool doubled = uuid.find("//") != uuid.npos;
  switch (slot % 5) {
    case 0:
      return uuid.front() == '/' && !doubled;
    case 1:
      return slashes == 1 && uuid.front() != '/' && uuid[21] != '/';
    case 2:
      return plus && slashes == 0;
    case 3:
      return doubled && uuid.front() != '/';
    default:
      return !plus && slashes == 0;
  }
}

}  // namespace

std::string_view Directory::status(std::uint32_t index) {
  if (index % 50 == 48) return "inactive";
  return index % 50 == 49 ? "pending" : "active";
}

Person Directory::person(std::uint32_t index) const {
  Dice dice(seed_, "person", index);
  const auto first = dice.below(kFirst.size());
  const auto last = dice.below(kLast.size());
  Person person;
  person.index = index;
  person.id = std::string(kIdPrefix) + digits(index, 6) + dice.text(9, kLetters);
  person.email = "canary." + std::string(kFirstAscii[first]) + "." + std::string(kLastAscii[last]) +
                 "." + std::to_string(index) + "@" + std::string(dice.pick(kDomains));
  person.first_name = "Canary" + std::string(kFirst[first]);
  person.last_name = "Canary" + std::string(kLast[last]);
  person.phone = "+1 5550" + digits(index, 6);
  person.personal_meeting_id = 5550000000 + index;
  person.status = status(index);
  return person;
}

std::optional<Person> Directory::find_person(std::string_view id_or_email) const {
  std::optional<std::uint32_t> index;
  const auto at = id_or_email.find('@');
  if (at != id_or_email.npos) {
    const auto dot = id_or_email.rfind('.', at);
    if (dot != id_or_email.npos) index = number(id_or_email.substr(dot + 1, at - dot - 1));
  } else if (id_or_email.substr(0, kIdPrefix.size()) == kIdPrefix && id_or_email.size() == 22) {
    index = number(id_or_email.substr(kIdPrefix.size(), 6));
  }
  if (!index || *index >= users_) return std::nullopt;
  Person found = person(*index);
  if (found.id != id_or_email && found.email != lower(id_or_email)) return std::nullopt;
  return found;
}

std::uint32_t Directory::meeting_count(std::uint32_t user) const {
  return user == 0 ? 40 : static_cast<std::uint32_t>(Dice(seed_, "meetings", user).below(45));
}

std::int64_t Directory::meeting_number(std::uint32_t user, std::uint32_t slot) const {
  const auto check = Dice(seed_, "number", user, slot).below(100);
  return 80000000000 + std::int64_t{user} * 10000 + std::int64_t{slot} * 100 +
         static_cast<std::int64_t>(check);
}

Meeting Directory::meeting(std::uint32_t user, std::uint32_t slot) const {
  Dice dice(seed_, "meeting", user, slot);
  Meeting meeting;
  meeting.user = user;
  meeting.slot = slot;
  meeting.number = meeting_number(user, slot);
  std::array<unsigned char, 16> block{};
  std::memcpy(block.data(), &user, 4);
  std::memcpy(block.data() + 4, &slot, 4);
  for (std::uint32_t attempt = 0; meeting.uuid.empty() || !wanted(meeting.uuid, slot); ++attempt) {
    std::memcpy(block.data() + 8, &attempt, 4);
    const auto sealed = aes_block(seed_, block, true);
    meeting.uuid = base64({reinterpret_cast<const char*>(sealed.data()), sealed.size()});
  }
  meeting.start = kFirstMeeting + slot * std::int64_t{24 * 3600} +
                  static_cast<std::int64_t>(dice.below(36)) * 900;
  meeting.minutes = static_cast<unsigned>(15 + dice.below(8) * 15);
  meeting.participants = static_cast<unsigned>(slot == 0 ? 70 : 2 + dice.below(12));
  return meeting;
}

std::optional<Meeting> Directory::find_meeting(std::string_view number_or_uuid) const {
  std::uint32_t user = 0;
  std::uint32_t slot = 0;
  if (number_or_uuid.size() == 11 && number_or_uuid.front() == '8') {
    const auto first = number(number_or_uuid.substr(1, 6));
    const auto second = number(number_or_uuid.substr(7, 2));
    if (!first || !second) return std::nullopt;
    user = *first;
    slot = *second;
  } else if (number_or_uuid.size() == 24) {
    const std::string bytes = base64_decode(number_or_uuid);
    if (bytes.size() != 16) return std::nullopt;
    std::array<unsigned char, 16> sealed{};
    std::memcpy(sealed.data(), bytes.data(), 16);
    const auto block = aes_block(seed_, sealed, false);
    std::memcpy(&user, block.data(), 4);
    std::memcpy(&slot, block.data() + 4, 4);
  } else {
    return std::nullopt;
  }
  if (user >= users_ || slot >= meeting_count(user)) return std::nullopt;
  Meeting found = meeting(user, slot);
  if (found.uuid != number_or_uuid && std::to_string(found.number) != number_or_uuid) {
    return std::nullopt;
  }
  return found;
}

}  // namespace zoom_simulator
