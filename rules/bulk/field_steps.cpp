#include "rules/bulk/field_steps.hpp"

#include <algorithm>

#include "rules/format/csv.hpp"

namespace zoom_proxy {
namespace {

/// The row of the table of transforms; that of API rules, so that one person has one pseudonym.
Operation pseudonymize_operation(TransformOptions::Encoding format) {
  const auto types = transform_types();
  Operation operation;
  operation.type = &*std::ranges::find(types, "pseudonymize", &TransformType::tag);
  operation.options.encoding = format;
  return operation;
}

std::string format_string(std::string_view format, std::string_view cell) {
  std::string out;
  for (std::size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%') {
      out += format[i];
    } else if (format[++i] == 's') {
      out += cell;
    } else {
      out += '%';
    }
  }
  return out;
}

/// `$12` is group 12 where there are so many, else group 1 and a 2, as in Java. A group that took
/// no part, or that there is not, is empty.
std::string replacement(std::string_view text, std::span<const std::string_view> groups) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      out += text[++i];
    } else if (text[i] != '$') {
      out += text[i];
    } else {
      const auto digit_at = [&](std::size_t at) {
        return at < text.size() && text[at] >= '0' && text[at] <= '9';
      };
      std::size_t group = static_cast<std::size_t>(text[++i] - '0');
      while (digit_at(i + 1)) {
        const std::size_t longer = group * 10 + static_cast<std::size_t>(text[i + 1] - '0');
        if (longer >= groups.size()) break;
        group = longer;
        ++i;
      }
      if (group < groups.size()) out += groups[group];
    }
  }
  return out;
}

}  // namespace

FieldSteps::FieldSteps(TransformOptions::Encoding format, const TokenCodec& codec)
    : pseudonymize_(pseudonymize_operation(format)), codec_(codec) {}

std::string_view FieldSteps::apply(std::span<const FieldStep* const> steps, std::string_view cell) {
  scalar_.kind = Scalar::Kind::string;
  scalar_.text.assign(cell);
  for (const FieldStep* const step : steps) {
    apply(*step);
    if (scalar_.kind != Scalar::Kind::string || csv_trim(scalar_.text).empty()) return {};
  }
  return scalar_.text;
}

void FieldSteps::apply(const FieldStep& step) {
  if (step.kind == FieldStep::Kind::pseudonymize) return pseudonymize_.apply(codec_, scalar_);
  if (step.kind == FieldStep::Kind::format_string) {
    scalar_.text = format_string(step.template_text, scalar_.text);
    return;
  }
  std::vector<std::string_view> groups;
  const Regex::Result result = step.regex->find(scalar_.text, 0, groups);
  if (step.kind == FieldStep::Kind::filter) {
    if (result != Regex::Result::match) groups.clear();
    scalar_.text = groups.empty() ? std::string() : std::string(groups[groups.size() > 1 ? 1 : 0]);
  } else if (result == Regex::Result::match) {
    scalar_.text = replacement(step.template_text, groups);
  } else if (result == Regex::Result::limit) {
    scalar_.text.clear();
  }
}

}  // namespace zoom_proxy
