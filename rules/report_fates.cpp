#include "rules/report_fates.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace zoom_proxy {
namespace {

constexpr std::array<FateWords, 8> kFates = {{
    {"kept", "In clear", "Leaves exactly as Zoom sends it.", 3},
    {"reduced", "In part",
     "Leaves without the parts that the rules take out, or with nothing but the parts that they "
     "allow.",
     2},
    {"digested", "Length only",
     "Of a text its length and its number of words leave, and how often the rules' own key words, "
     "if they have any, occur in it; not the text.",
     2},
    {"reversible", "Reversible pseudonym",
     "A code leaves in its place, which this proxy alone can turn back, with its secret key. "
     "Analysts use it to ask for more about the same person without knowing who that is.",
     1},
    {"pseudonymized", "Pseudonym",
     "A code leaves in its place. The same value always gets the same code, so that one can count "
     "and compare. The code cannot be turned back; who holds the proxy's secret salt could at most "
     "try out values one by one.",
     1},
    {"emptied", "Emptied", "The field leaves, but without its content.", 0},
    {"redacted", "Removed", "Never leaves: a rule names the field and removes it.", 0},
    {"dropped", "Not listed",
     "Never leaves: no rule lets it through. So it is with every field that Zoom may add one day.",
     0},
}};

/// Ends of names, in lower case and without `_`.
constexpr std::string_view kPersonal[] = {
    "name",   "email",     "mail",     "phone",         "phonenumber", "address",      "userid",
    "hostid", "accountid", "topic",    "participantid", "customerkey", "registrantid", "employeeid",
    "agenda", "title",     "password", "url",           "description", "location",     "birthday"};

/// The same of whole places, for names that say nothing by themselves.
constexpr std::string_view kPersonalPlaces[] = {"participants[].id", "users[].id", "user.id"};

bool ends_with_word(std::string_view name, std::string_view word) {
  std::string plain;
  for (const char c : name) {
    if (c != '_') plain += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return plain.ends_with(word);
}

}  // namespace

std::span<const FateWords> fate_words() { return kFates; }

const FateWords& words_of(std::string_view fate) {
  for (const FateWords& words : kFates) {
    if (words.name == fate) return words;
  }
  throw std::logic_error("no words for the fate " + std::string(fate));
}

const FateWords& most_of(const std::vector<std::string>& fates) {
  return *std::min_element(kFates.begin(), kFates.end(), [&](const auto& a, const auto& b) {
    const auto is_in = [&fates](const FateWords& words) {
      return std::find(fates.begin(), fates.end(), words.name) != fates.end();
    };
    return is_in(a) && !is_in(b);
  });
}

std::vector<std::string> split_fates(const std::string& joined) {
  constexpr std::string_view kOr = " or ";
  std::vector<std::string> fates;
  std::size_t at = 0;
  for (std::size_t end = 0; end != std::string::npos; at = end + kOr.size()) {
    end = joined.find(kOr, at);
    fates.push_back(joined.substr(at, end - at));
  }
  return fates;
}

bool suggests_a_person(std::string_view place) {
  const bool whole = std::any_of(std::begin(kPersonalPlaces), std::end(kPersonalPlaces),
                                 [place](std::string_view end) { return place.ends_with(end); });
  std::string_view name = place.substr(place.rfind('.') + 1);
  while (name.ends_with("[]")) name.remove_suffix(2);
  return whole || std::any_of(std::begin(kPersonal), std::end(kPersonal),
                              [name](std::string_view word) { return ends_with_word(name, word); });
}

}  // namespace zoom_proxy
