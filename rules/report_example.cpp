#include "rules/report_example.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <map>

#include "rules/builtin.hpp"

namespace zoom_proxy {
namespace {

namespace json = boost::json;

/// Writes a JSON value line by line, each with what becomes of what stands on it.
class Lines {
 public:
  explicit Lines(const EndpointReport& report) : others_(fate_of_others(report)) {
    for (const FieldReport& field : report.fields) {
      fates_[field.place] = field.fate.size() == 1 ? field.fate.front() : "depends";
    }
  }

  json::array write(const json::value& document) {
    lines_.clear();
    value(document, "$", "", "", "");
    return std::move(lines_);
  }

  /// Names of members that are dropped for want of a rule, each once.
  [[nodiscard]] const std::vector<std::string>& unlisted() const { return unlisted_; }

 private:
  /// `fate`: of a container around the value, when it is treated as a whole.
  void value(const json::value& value, const std::string& place, std::string fate,
             const std::string& label, const std::string& comma) {
    const bool is_whole = !fate.empty();
    if (!is_whole) fate = fate_at(place);
    if (!value.is_structured() || is_empty(value)) {
      const std::string shown = fate.empty() ? "structure" : fate;
      line(label + json::serialize(value) + comma, shown);
      return;
    }
    const bool is_object = value.is_object();
    const std::string frame = fate.empty() ? "structure" : fate;
    line(label + (is_object ? "{" : "["), frame);
    indent_ += 2;
    std::size_t left = is_object ? value.get_object().size() : value.get_array().size();
    if (is_object) {
      for (const auto& [key, member] : value.get_object()) {
        const std::string inner = place + "." + std::string(key);
        if (fate.empty() && fate_at(inner) == "dropped") note_unlisted(std::string(key));
        this->value(member, inner, fate, json::serialize(key) + ": ", --left > 0 ? "," : "");
      }
    } else {
      for (const json::value& element : value.get_array()) {
        this->value(element, place + "[]", fate, "", --left > 0 ? "," : "");
      }
    }
    indent_ -= 2;
    line((is_object ? "}" : "]") + comma, frame);
  }

  [[nodiscard]] static bool is_empty(const json::value& value) {
    return value.is_object() ? value.get_object().empty() : value.get_array().empty();
  }

  /// Empty: a container that goes on, some of whose contents the rules name.
  [[nodiscard]] std::string fate_at(const std::string& place) const {
    if (const auto found = fates_.find(place); found != fates_.end()) return found->second;
    const bool leads_on = std::any_of(fates_.begin(), fates_.end(), [&place](const auto& entry) {
      return entry.first.starts_with(place + ".") || entry.first.starts_with(place + "[]");
    });
    return leads_on || place == "$" ? "" : others_;
  }

  void note_unlisted(const std::string& key) {
    if (std::find(unlisted_.begin(), unlisted_.end(), key) == unlisted_.end()) {
      unlisted_.push_back(key);
    }
  }

  void line(const std::string& text, const std::string& fate) {
    lines_.push_back({{"pad", std::string(indent_, ' ')},
                      {"indent", std::min(indent_, kMostIndent)},
                      {"text", text},
                      {"fate", fate}});
  }

  static constexpr std::size_t kMostIndent = 12;  // that the style sheet knows

  std::string others_;
  std::map<std::string, std::string> fates_;
  std::size_t indent_ = 0;
  json::array lines_;
  std::vector<std::string> unlisted_;
};

std::string text_of(const json::value& example, std::string_view key) {
  return std::string(example.at(key).as_string());
}

KnownCall call_of(const json::value& example, const Engine& engine, std::size_t endpoint,
                  const EndpointReport& report) {
  KnownCall call;
  call.title = text_of(example, "title");
  call.about = text_of(example, "about");
  call.path = text_of(example, "path");
  Lines lines(report);
  call.before = lines.write(example.at("answer"));
  call.unlisted = lines.unlisted();
  Sanitizer sanitizer = engine.sanitizer(endpoint);
  std::string sanitized;
  if (sanitizer.feed(json::serialize(example.at("answer")), sanitized) &&
      sanitizer.finish(sanitized)) {
    call.after = lines.write(json::parse(sanitized));
  } else {
    call.refused = to_string(sanitizer.fault());
  }
  return call;
}

}  // namespace

Engine demonstration_engine(const RulesText& rules) {
  PseudonymOptions options;
  options.salt = "a salt for demonstration, which is no secret";
  options.encryption_key = "a key for demonstration, which is no secret";
  return Engine(rules, std::make_shared<const TokenCodec>(options));
}

std::string fate_of_others(const EndpointReport& report) {
  return report.open ? "kept" : "dropped";
}

std::vector<std::unique_ptr<const KnownCall>> known_calls(
    const Engine& engine, const std::vector<EndpointReport>& reports) {
  std::vector<std::unique_ptr<const KnownCall>> calls(reports.size());
  for (const std::string_view text : builtin_examples()) {
    const json::value example = json::parse(text);
    const auto result = engine.match("GET", text_of(example, "request"), true);
    const auto* const match = std::get_if<RouteMatch>(&result);
    if (match == nullptr || calls[match->endpoint]) continue;
    calls[match->endpoint] = std::make_unique<const KnownCall>(
        call_of(example, engine, match->endpoint, reports[match->endpoint]));
  }
  return calls;
}

}  // namespace zoom_proxy
