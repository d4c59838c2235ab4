#include "rules/format/regex.hpp"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <array>
#include <new>
#include <string>

#include "rules/limits.hpp"

namespace zoom_proxy {
namespace {

// Memory of one match beyond the stack, in KiB: what kRegexDepth frames of some groups need.
constexpr std::uint32_t kMatchHeapKib = 16 * 1024;

struct FreeCode {
  void operator()(pcre2_code* p) const { pcre2_code_free(p); }
};
struct FreeContext {
  void operator()(pcre2_match_context* p) const { pcre2_match_context_free(p); }
};
struct FreeData {
  void operator()(pcre2_match_data* p) const { pcre2_match_data_free(p); }
};
using MatchData = std::unique_ptr<pcre2_match_data, FreeData>;

PCRE2_SPTR units(std::string_view text) { return reinterpret_cast<PCRE2_SPTR>(text.data()); }

}  // namespace

struct Regex::Code {
  std::unique_ptr<pcre2_code, FreeCode> code;
  std::unique_ptr<pcre2_match_context, FreeContext> context;

  /// PCRE2's result for the first match at or behind `from`, and the match.
  int run(std::string_view subject, std::size_t from, MatchData& data) const;
};

Regex::Regex(std::string_view pattern, Case letter_case, Extent extent, const Place& place,
             Units units_of_subject) {
  // A pattern must not switch itself to Unicode (`(*UTF)`), where matching checks and folds more.
  std::uint32_t options = PCRE2_NEVER_UCP | PCRE2_NEVER_BACKSLASH_C;
  options |= units_of_subject == Units::utf8 ? PCRE2_UTF : PCRE2_NEVER_UTF;
  if (letter_case == Case::ignored) options |= PCRE2_CASELESS;
  if (extent == Extent::whole) options |= PCRE2_ANCHORED | PCRE2_ENDANCHORED;
  int error = 0;
  PCRE2_SIZE offset = 0;
  auto code = std::make_unique<Code>();
  code->code.reset(
      pcre2_compile(units(pattern), pattern.size(), options, &error, &offset, nullptr));
  if (!code->code) {
    std::array<PCRE2_UCHAR, 128> reason{};
    pcre2_get_error_message(error, reason.data(), reason.size());
    throw ConfigError(place, std::string("the regular expression does not compile: ") +
                                 reinterpret_cast<const char*>(reason.data()) + " (at offset " +
                                 std::to_string(offset) + ")");
  }
  // Without JIT the interpreter does the same, slower: a failure here is none.
  pcre2_jit_compile(code->code.get(), PCRE2_JIT_COMPLETE);
  code->context.reset(pcre2_match_context_create(nullptr));
  if (!code->context) throw std::bad_alloc();
  pcre2_set_match_limit(code->context.get(), limits::kRegexMatchSteps);
  pcre2_set_depth_limit(code->context.get(), limits::kRegexDepth);
  pcre2_set_heap_limit(code->context.get(), kMatchHeapKib);
  code_ = std::move(code);
}

Regex::~Regex() = default;
Regex::Regex(Regex&&) noexcept = default;
Regex& Regex::operator=(Regex&&) noexcept = default;

int Regex::Code::run(std::string_view subject, std::size_t from, MatchData& data) const {
  data.reset(pcre2_match_data_create_from_pattern(code.get(), nullptr));
  if (!data) throw std::bad_alloc();
  const auto match = [&](std::uint32_t options) {
    return pcre2_match(code.get(), units(subject), subject.size(), from, options, data.get(),
                       context.get());
  };
  // The search from 0 has checked the whole subject; again for each match would be quadratic.
  const std::uint32_t checked = from > 0 ? PCRE2_NO_UTF_CHECK : 0;
  const int result = match(checked);
  // JIT runs on 32 KiB of machine stack; the interpreter has our limits instead.
  return result == PCRE2_ERROR_JIT_STACKLIMIT ? match(PCRE2_NO_JIT | checked) : result;
}

bool Regex::matches(std::string_view subject) const {
  MatchData data;
  return code_->run(subject, 0, data) > 0;
}

std::optional<std::vector<std::string_view>> Regex::match(std::string_view subject) const {
  std::vector<std::string_view> groups;
  if (find(subject, 0, groups) != Result::match) return std::nullopt;
  return groups;
}

Regex::Result Regex::find(std::string_view subject, std::size_t from,
                          std::vector<std::string_view>& groups) const {
  MatchData data;
  const int result = code_->run(subject, from, data);
  if (result == PCRE2_ERROR_NOMATCH) return Result::none;
  if (result <= 0) return Result::limit;
  const PCRE2_SIZE* ends = pcre2_get_ovector_pointer(data.get());
  groups.assign(pcre2_get_ovector_count(data.get()), {});
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const std::size_t begin = ends[2 * i];
    const std::size_t end = ends[2 * i + 1];
    // `\K` in a look-ahead can put the begin behind the end.
    if (begin != PCRE2_UNSET && begin <= end) groups[i] = subject.substr(begin, end - begin);
  }
  return Result::match;
}

}  // namespace zoom_proxy
