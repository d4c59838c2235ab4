#include "rules/format/gzip_or_plain.hpp"

#include <algorithm>
#include <span>

namespace zoom_proxy {

namespace {

/// Bytes of text that are inflated in one step.
constexpr std::size_t kStepBytes = std::size_t{64} << 10;

}  // namespace

bool GzipOrPlain::take(std::string_view& in, std::size_t room, std::string& out) {
  if (kind_ == Kind::unknown) {
    const std::size_t count = std::min(kGzipMagic.size() - begin_.size(), in.size());
    begin_ += in.substr(0, count);
    in.remove_prefix(count);
    if (!kGzipMagic.starts_with(begin_)) {
      kind_ = Kind::plain;
    } else if (begin_ == kGzipMagic) {
      kind_ = Kind::gzip;
    } else {
      return true;
    }
  }
  const std::size_t before = out.size();
  std::string_view begin = begin_;
  if (!pass(begin, room, out)) return false;
  begin_.erase(0, begin_.size() - begin.size());
  return !begin_.empty() || pass(in, room - (out.size() - before), out);
}

bool GzipOrPlain::pass(std::string_view& in, std::size_t room, std::string& out) {
  if (kind_ == Kind::plain) {
    const std::size_t count = std::min(room, in.size());
    out += in.substr(0, count);
    in.remove_prefix(count);
    return true;
  }
  while (room > 0) {
    const std::size_t before = out.size();
    const std::size_t step = std::min(room, kStepBytes);
    out.resize(before + step);
    const auto [result, used, made] = inflater_.inflate(in, std::span(out).last(step));
    out.resize(before + made);
    in.remove_prefix(used);
    room -= made;
    if (result == Inflater::Result::bad) return false;
    if (in.empty() && made < step) break;
  }
  return true;
}

bool GzipOrPlain::finish(std::string& out) {
  if (kind_ == Kind::gzip) return inflater_.finished();
  out += begin_;
  begin_.clear();
  return true;
}

}  // namespace zoom_proxy
