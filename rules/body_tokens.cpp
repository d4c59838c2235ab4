#include "rules/body_tokens.hpp"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "rules/format/encoding.hpp"
#include "rules/format/json.hpp"

namespace zoom_proxy {
namespace {

void move_values(std::vector<std::string>& from, std::vector<std::string>& to) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

/// The tokenizer gets the body in one piece: a string that is handed out lies inside it, so that
/// what stands between two that change can be copied.
class StringDecoder : public json::ForeseesNothing {
 public:
  StringDecoder(std::string_view body, const TokenCodec& codec) : rest_(body), codec_(codec) {}

  bool dropping() const { return false; }
  json::Enter on_object(const char*) { return json::Enter::yes; }
  json::Enter on_array(const char*) { return json::Enter::yes; }
  void on_object_end(const char*) {}
  void on_array_end(const char*) {}
  void on_key(std::string_view, bool) {}
  void on_colon(const char*) {}
  void on_string(std::string_view raw, json::Marks marks) {
    std::string_view text = raw.substr(1, raw.size() - 2);
    if ((marks & json::kEscapes) != 0) {
      unescaped_.clear();
      json::unescape(text, unescaped_);
      text = unescaped_;
    }
    std::optional<DecodedText> decoded = decode_tokens(text, codec_, false);
    bad_token_ = !decoded;
    if (bad_token_ || decoded->values.empty()) return;
    const auto before = static_cast<std::size_t>(raw.data() - rest_.data());
    out_.text += rest_.substr(0, before);
    json::append_string(decoded->text, out_.text);
    move_values(decoded->values, out_.values);
    rest_.remove_prefix(before + raw.size());
  }
  void on_number(std::string_view, bool) {}
  void on_literal(std::string_view) {}
  void on_comma(const char*) {}
  void on_dropped() {}
  void on_document_end() { ++documents_; }
  void suspend() {}
  BodyFault fault() const { return bad_token_ ? BodyFault::syntax : BodyFault::none; }

  [[nodiscard]] bool bad_token() const { return bad_token_; }
  [[nodiscard]] std::size_t documents() const { return documents_; }
  [[nodiscard]] DecodedText finish() {
    out_.text += rest_;
    return std::move(out_);
  }

 private:
  std::string_view rest_;  ///< not copied yet
  const TokenCodec& codec_;
  DecodedText out_;
  std::string unescaped_;
  std::size_t documents_ = 0;
  bool bad_token_ = false;
};

bool is_utf8(std::string_view text) {
  Utf8Check check;
  return check.feed(text) && check.complete();
}

}  // namespace

std::variant<DecodedText, BodyTokensFault> decode_json_body(std::string_view body,
                                                            const TokenCodec& codec) {
  if (!is_utf8(body)) return BodyTokensFault::not_json;
  StringDecoder decoder(body, codec);
  json::Tokenizer<StringDecoder> tokenizer(decoder);
  const bool sound = tokenizer.feed(body) && tokenizer.finish();
  if (decoder.bad_token()) return BodyTokensFault::bad_token;
  if (!sound || decoder.documents() != 1) return BodyTokensFault::not_json;
  return decoder.finish();
}

std::optional<DecodedText> decode_form_body(std::string_view body, const TokenCodec& codec) {
  DecodedText out;
  while (!body.empty()) {
    const std::string_view field = body.substr(0, body.find('&'));
    const std::size_t equals = field.find('=');
    const std::size_t name_end = equals == field.npos ? field.size() : equals + 1;
    const std::string_view value = field.substr(name_end);
    std::optional<DecodedText> decoded = decode_tokens(percent_decode(value, true), codec, false);
    if (!decoded) return std::nullopt;
    out.text += field.substr(0, name_end);
    out.text += decoded->values.empty() ? std::string(value) : percent_encode(decoded->text);
    move_values(decoded->values, out.values);
    body.remove_prefix(field.size());
    if (!body.empty()) {
      out.text += '&';
      body.remove_prefix(1);
    }
  }
  return out;
}

}  // namespace zoom_proxy
