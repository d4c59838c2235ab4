#include "rules/format/gzip.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>
#include <new>

namespace zoom_proxy {
namespace {

constexpr int kGzipOnly = 16 + MAX_WBITS;

// Of the Deflater: an 8 KiB window and level 1.
constexpr int kWriteGzip = 16 + 13;
constexpr int kWriteMemory = 7;

/// zlib counts in unsigned int: a larger span is taken in several calls.
uInt bounded(std::size_t size) {
  return static_cast<uInt>(std::min<std::size_t>(size, std::numeric_limits<uInt>::max()));
}

}  // namespace

struct Inflater::State {
  z_stream stream{};
  Members members;
  bool finished = false;
  bool bad = false;

  explicit State(Members members_allowed) : members(members_allowed) {
    if (inflateInit2(&stream, kGzipOnly) != Z_OK) throw std::bad_alloc();
  }
  ~State() { inflateEnd(&stream); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
};

Inflater::Inflater(Members members) : state_(std::make_unique<State>(members)) {}
Inflater::~Inflater() = default;
Inflater::Inflater(Inflater&&) noexcept = default;
Inflater& Inflater::operator=(Inflater&&) noexcept = default;

bool Inflater::finished() const noexcept { return state_->finished && !state_->bad; }

Inflater::Step Inflater::inflate(std::span<const char> in, std::span<char> out) noexcept {
  State& state = *state_;
  const bool many = state.members == Members::many;
  if (state.finished && !in.empty()) {
    state.bad = !many || inflateReset(&state.stream) != Z_OK;
    state.finished = false;
  }
  if (state.bad) return {.result = Result::bad};
  if (state.finished) return {.result = Result::finished};
  if (out.empty()) return {};

  z_stream& stream = state.stream;
  // zlib's API is not const-correct; it does not write to its input.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
  stream.avail_in = bounded(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = bounded(out.size());
  const uInt given = stream.avail_in;
  const uInt room = stream.avail_out;

  const int code = ::inflate(&stream, Z_NO_FLUSH);
  Step step{.used = given - stream.avail_in, .made = room - stream.avail_out};
  state.finished = code == Z_STREAM_END;
  // Z_BUF_ERROR only says that nothing could be done with so little input or room.
  const bool healthy = code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR;
  state.bad = !healthy || (state.finished && !many && step.used < in.size());
  if (state.bad) {
    step.result = Result::bad;
  } else if (state.finished) {
    step.result = Result::finished;
  }
  return step;
}

struct Deflater::State {
  z_stream stream{};

  State() {
    if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, kWriteGzip, kWriteMemory,
                     Z_DEFAULT_STRATEGY) != Z_OK) {
      throw std::bad_alloc();
    }
  }
  ~State() { deflateEnd(&stream); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  void run(std::string_view in, int flush, std::string& out) {
    constexpr std::size_t kRoom = std::size_t{8} * 1024;
    std::array<char, kRoom> room;
    // As in Inflater: not const-correct, but zlib does not write to its input.
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
    stream.avail_in = bounded(in.size());
    do {
      stream.next_out = reinterpret_cast<Bytef*>(room.data());
      stream.avail_out = kRoom;
      ::deflate(&stream, flush);
      out.append(room.data(), kRoom - stream.avail_out);
    } while (stream.avail_out == 0);
  }
};

Deflater::Deflater() : state_(std::make_unique<State>()) {}
Deflater::~Deflater() = default;

void Deflater::deflate(std::string_view in, std::string& out) {
  while (!in.empty()) {
    const std::string_view piece = in.substr(0, bounded(in.size()));
    state_->run(piece, Z_NO_FLUSH, out);
    in.remove_prefix(piece.size());
  }
}

void Deflater::finish(std::string& out) { state_->run({}, Z_FINISH, out); }

std::optional<std::string> gunzip(std::string_view gzip, std::size_t max_bytes) {
  Inflater inflater;
  std::string text;
  std::array<char, 16 * 1024> room;
  std::span<const char> in(gzip);
  while (true) {
    const auto [result, used, made] = inflater.inflate(in, room);
    if (result == Inflater::Result::bad || made > max_bytes - text.size()) return std::nullopt;
    text.append(room.data(), made);
    in = in.subspan(used);
    if (result == Inflater::Result::finished) return text;
    if (in.empty() && made == 0) return std::nullopt;  // cut off
  }
}

}  // namespace zoom_proxy
