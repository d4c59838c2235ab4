#include "rules/format/gzip_parts.hpp"

#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <memory>
#include <stdexcept>

namespace zoom_proxy {

namespace {

/// ISA-L counts in 32 bits: a larger text is taken in several steps.
constexpr std::size_t kStepBytes = std::size_t{1} << 30;

struct Compressor {
  isal_zstream stream;
  std::array<std::uint8_t, ISAL_DEF_LVL1_DEFAULT> level_buffer;
};

/// No time, no name; "fastest"; made on a system that does not matter (RFC 1952 section 2.3).
constexpr std::string_view kHead("\x1f\x8b\x08\0\0\0\0\0\x04\xff", 10);

/// An empty block, the last one (RFC 1951 section 3.2.6).
constexpr std::string_view kLastBlock("\x03\0", 2);

void append_little_endian(std::uint32_t number, std::string& out) {
  for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>(number >> shift);
}

/// Appends whole blocks that end at a byte.
void deflate_step(isal_zstream& stream, std::string_view text, std::string& out) {
  // ISA-L's API is not const-correct; it does not write to its input.
  auto* const bytes = reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
  stream.next_in = bytes;
  stream.avail_in = static_cast<std::uint32_t>(text.size());
  const std::size_t room = text.size() / 8 * 5 + 1024;  // pseudonyms become about that
  do {
    const std::size_t before = out.size();
    out.resize(before + room);
    stream.next_out = reinterpret_cast<std::uint8_t*>(out.data() + before);
    stream.avail_out = static_cast<std::uint32_t>(room);
    if (isal_deflate(&stream) != COMP_OK) throw std::logic_error("isal_deflate");
    out.resize(before + room - stream.avail_out);
  } while (stream.avail_out == 0);
}

}  // namespace

GzipPart compress_part(std::string_view text) {
  GzipPart part;
  part.size = text.size();
  const auto compressor = std::make_unique_for_overwrite<Compressor>();
  isal_zstream& stream = compressor->stream;
  isal_deflate_init(&stream);
  stream.level = 1;
  stream.level_buf = compressor->level_buffer.data();
  stream.level_buf_size = static_cast<std::uint32_t>(compressor->level_buffer.size());
  stream.flush = SYNC_FLUSH;
  while (!text.empty()) {
    const std::string_view step = text.substr(0, kStepBytes);
    part.crc =
        crc32_gzip_refl(part.crc, reinterpret_cast<const unsigned char*>(step.data()), step.size());
    deflate_step(stream, step, part.deflated);
    text.remove_prefix(step.size());
  }
  return part;
}

void GzipJoiner::append(const GzipPart& part, std::string& out) {
  if (!begun_) out += kHead;
  begun_ = true;
  out += part.deflated;
  crc_ = static_cast<std::uint32_t>(crc32_combine(crc_, part.crc, static_cast<z_off_t>(part.size)));
  size_ += part.size;
}

void GzipJoiner::finish(std::string& out) {
  if (!begun_) out += kHead;
  out += kLastBlock;
  append_little_endian(crc_, out);
  append_little_endian(static_cast<std::uint32_t>(size_), out);  // modulo 2^32 by the format
}

}  // namespace zoom_proxy
