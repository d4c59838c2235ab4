#pragma once
// Gzip for tests, by zlib itself.

#include <zlib.h>

#include <stdexcept>
#include <string>

namespace integration {

inline std::string gzip(const std::string& text) {
  z_stream zip{};
  constexpr int kGzip = 15 + 16;
  if (deflateInit2(&zip, 6, Z_DEFLATED, kGzip, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::runtime_error("deflateInit2");
  }
  std::string out(deflateBound(&zip, text.size()), '\0');
  std::string in = text;
  zip.next_in = reinterpret_cast<Bytef*>(in.data());
  zip.avail_in = static_cast<uInt>(in.size());
  zip.next_out = reinterpret_cast<Bytef*>(out.data());
  zip.avail_out = static_cast<uInt>(out.size());
  deflate(&zip, Z_FINISH);
  out.resize(zip.total_out);
  deflateEnd(&zip);
  return out;
}

struct Inflated {
  std::string text;
  bool whole = false;  ///< the gzip member has its end
};

inline Inflated inflate(const std::string& bytes) {
  Inflated out;
  z_stream stream{};
  ::inflateInit2(&stream, 16 + MAX_WBITS);
  std::string in = bytes;
  std::string room(256 * 1024, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  int code = Z_OK;
  do {
    stream.next_out = reinterpret_cast<Bytef*>(room.data());
    stream.avail_out = static_cast<uInt>(room.size());
    code = ::inflate(&stream, Z_NO_FLUSH);
    out.text.append(room.data(), room.size() - stream.avail_out);
  } while (code == Z_OK);
  out.whole = code == Z_STREAM_END && stream.avail_in == 0;
  ::inflateEnd(&stream);
  return out;
}

}  // namespace integration
