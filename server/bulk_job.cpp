#include "server/bulk_job.hpp"

#include <algorithm>

#include "rules/format/gzip_or_plain.hpp"
#include "rules/format/gzip_parts.hpp"
#include "rules/limits.hpp"

namespace zoom_proxy {

namespace {

constexpr std::size_t kReadBytes = std::size_t{64} << 10;

/// The source's text, in a buffer from which pieces are cut.
class Text {
 public:
  explicit Text(BulkSource& source) : source_(source), read_(kReadBytes, '\0') {}

  /// False when the text has ended and all of it was cut. Throws BulkError.
  bool cut(BulkSanitizer& sanitizer, BulkPiece& piece) {
    while (!sanitizer.cut(buffer_, ended_, piece)) {
      if (ended_) return false;
      if (buffer_.size() >= limits::kBulkBufferBytes)
        throw std::logic_error("a bulk text that is not cut");
      fill();
    }
    return true;
  }
  [[nodiscard]] bool is_gzip() const noexcept { return gzip_or_plain_.is_gzip(); }
  [[nodiscard]] std::uint64_t bytes_in() const noexcept { return bytes_in_; }

 private:
  /// At least one byte more in the buffer, or the end.
  void fill() {
    const std::size_t before = buffer_.size();
    for (;;) {
      if (!gzip_or_plain_.take(in_, kReadBytes, buffer_))
        throw BulkError("the gzip is damaged; compress the file anew");
      if (buffer_.size() > before) return;
      const std::size_t count = source_.read(read_);
      bytes_in_ += count;
      in_ = std::string_view(read_).substr(0, count);
      if (count > 0) continue;
      if (!gzip_or_plain_.finish(buffer_))
        throw BulkError("the gzip is cut off; copy the whole file");
      ended_ = true;
      return;
    }
  }

  BulkSource& source_;
  std::string read_;
  std::string_view in_;  ///< of `read_`, what was not taken yet
  GzipOrPlain gzip_or_plain_;
  std::string buffer_;
  bool ended_ = false;
  std::uint64_t bytes_in_ = 0;
};

/// What of a buffer stays for the next use: one that has grown beyond gives its memory back.
constexpr std::size_t kKeptBytes = std::size_t{256} << 10;

void empty(std::string& buffer) {
  buffer.clear();
  if (buffer.capacity() > kKeptBytes) std::string().swap(buffer);  // assigning would keep it
}

/// Pieces that a worker takes together, as each alone is little work.
struct Group {
  std::vector<BulkPiece> pieces;  ///< their memory; the first `count` are there
  std::size_t count = 0;
  std::size_t sanitized = 0;
  std::size_t bytes = 0;  ///< of their text, which sanitizing uses up
  std::string out;        ///< what has become of some
  BulkCounts counts;      ///< of these
};

/// Bytes of text in a group of more than one piece.
constexpr std::size_t kGroupBytes = 2 * limits::kPieceBytes;

/// Bytes of output past which a group's further pieces wait until that has been written: where
/// cells of one letter become pseudonyms, each piece makes a megabyte.
constexpr std::size_t kGroupOutput = std::size_t{256} << 10;

/// A stretch of the output, and its gzip.
struct Compressed {
  std::string text;
  GzipPart gzip;
};

/// Bytes of such a stretch. They follow one another whatever the groups were; longer than what
/// becomes of a piece, as each is compressed without what the others hold.
constexpr std::size_t kStretchBytes = std::size_t{256} << 10;

/// Bytes of text under way, past which no group is begun: what becomes of long records would be
/// more than memory has room for.
constexpr std::size_t kTextUnderWay = std::size_t{512} << 10;

/// Bytes of output of as many groups as are under way, each taken for as large as the last one,
/// past which no further one is begun.
constexpr std::size_t kOutputUnderWay = std::size_t{16} << 20;

class Run {
 public:
  Run(BulkSanitizer& sanitizer, const BulkJob& job, BulkWorkers& workers)
      : sanitizer_(sanitizer),
        job_(job),
        text_(job.source),
        groups_(workers, 2 * workers.threads() + 2,
                [&sanitizer](Group& group) { sanitize(sanitizer, group); }),
        stretches_(workers, workers.threads() + 2, compress) {}

  BulkResult run() {
    while (cut()) {
      if (groups_.next().bytes < group_bytes_) continue;
      push();
      while (groups_.front_is_done() || enough()) take();
    }
    take_all();
    std::string end;
    sanitizer_.finish(end);
    put(end);
    if (gzip()) end_gzip();
    result_.bytes_in = text_.bytes_in();
    result_.warnings = sanitizer_.warnings();
    return std::move(result_);
  }

 private:
  static void sanitize(const BulkSanitizer& sanitizer, Group& group) {
    while (group.sanitized < group.count && group.out.size() < kGroupOutput) {
      sanitizer.sanitize(group.pieces[group.sanitized++], group.out, group.counts);
    }
  }

  static void compress(Compressed& one) {
    one.gzip = compress_part(one.text);
    one.text.clear();
  }

  /// A piece more in the next group. Of the errors of a text the first one counts, as if there
  /// were one thread.
  bool cut() {
    Group& group = groups_.next();
    if (group.count == group.pieces.size()) group.pieces.emplace_back();
    BulkPiece& piece = group.pieces[group.count];
    try {
      if (!text_.cut(sanitizer_, piece)) return false;
    } catch (const BulkError&) {
      take_all();
      throw;
    }
    ++group.count;
    group.bytes += piece.text.size();
    return true;
  }

  [[nodiscard]] bool enough() const {
    return groups_.full() || under_way_ > kTextUnderWay ||
           groups_.size() * output_ > kOutputUnderWay;
  }

  void push() {
    under_way_ += groups_.next().bytes;
    groups_.push();
  }

  [[nodiscard]] bool gzip() const {
    return job_.gzip == BulkGzip::as_input ? text_.is_gzip() : job_.gzip == BulkGzip::yes;
  }

  /// Of the pieces that were cut.
  void take_all() {
    if (groups_.next().count > 0) push();
    while (!groups_.empty()) take();
  }

  void take() {
    groups_.pop([this](Group& group) {
      put(group.out);
      output_ = group.out.size();
      result_.counts.add(group.counts);
      empty(group.out);
      group.counts = {};
      const bool whole = group.sanitized == group.count;
      // Smaller ones where they do not get through: they are worked on side by side.
      group_bytes_ = whole ? std::min(2 * group_bytes_, kGroupBytes) : 1;
      if (!whole) return false;
      under_way_ -= group.bytes;
      group.count = group.sanitized = group.bytes = 0;
      for (BulkPiece& piece : group.pieces) empty(piece.text);
      return true;
    });
    if (job_.progress) job_.progress({text_.bytes_in(), result_.counts.rows});
  }

  /// Output, uncompressed.
  void put(std::string_view bytes) {
    if (!gzip()) {
      if (!bytes.empty()) write(bytes);
      return;
    }
    while (!bytes.empty()) {
      std::string& stretch = stretches_.next().text;
      stretch.reserve(kStretchBytes);
      const std::size_t count = std::min(bytes.size(), kStretchBytes - stretch.size());
      stretch += bytes.substr(0, count);
      bytes.remove_prefix(count);
      if (stretch.size() < kStretchBytes) continue;
      stretches_.push();
      while (stretches_.front_is_done() || stretches_.full()) write_stretch();
    }
  }

  void end_gzip() {
    if (!stretches_.next().text.empty()) stretches_.push();
    while (!stretches_.empty()) write_stretch();
    joined_.clear();
    joiner_.finish(joined_);
    write(joined_);
  }

  void write_stretch() {
    stretches_.pop([this](Compressed& one) {
      joined_.clear();
      joiner_.append(one.gzip, joined_);
      write(joined_);
      return true;
    });
  }

  void write(std::string_view bytes) {
    job_.sink.write(bytes);
    result_.bytes_out += bytes.size();
  }

  BulkSanitizer& sanitizer_;
  const BulkJob& job_;
  Text text_;
  Pipeline<Group> groups_;
  Pipeline<Compressed> stretches_;
  std::size_t under_way_ = 0;              ///< bytes of text
  std::size_t group_bytes_ = kGroupBytes;  ///< of text, from which a group is large enough
  std::size_t output_ = 0;                 ///< bytes, of the last group
  GzipJoiner joiner_;
  std::string joined_;
  BulkResult result_;
};

}  // namespace

BulkResult run_bulk_job(BulkSanitizer& sanitizer, const BulkJob& job, BulkWorkers& workers) {
  return Run(sanitizer, job, workers).run();
}

}  // namespace zoom_proxy
