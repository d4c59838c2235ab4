#pragma once
// Gzip (RFC 1952) in pieces and with constant memory: read strictly, and written.

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace zoom_proxy {

/// Inflates gzip, of one member unless told otherwise. Not thread-safe. Holds about 40 KiB; none of
/// the data.
///
///   std::span<const char> in = piece;
///   while (!in.empty()) {
///     auto [result, used, made] = inflater.inflate(in, room);
///     if (result == Inflater::Result::bad) refuse();
///     in = in.subspan(used); take(room.first(made));
///   }
///   // at the end of the input: also call with empty input until made == 0, then check finished()
///
/// The caller bounds the output: it sees every byte that is made, and may stop at any time.
class Inflater {
 public:
  enum class Result {
    more,      ///< give more input, or more room
    finished,  ///< the member is complete, its checksum right
    bad,       ///< no gzip, damaged, wrong checksum, or bytes that do not belong there; dead from
               ///< here on
  };
  struct Step {
    Result result = Result::more;
    std::size_t used = 0;  ///< bytes taken from the input
    std::size_t made = 0;  ///< bytes written to the output
  };

  /// What may follow a complete member: `gzip -c a b` makes two, which are one text.
  enum class Members { one, many };

  explicit Inflater(Members members = Members::one);
  ~Inflater();
  Inflater(Inflater&&) noexcept;
  Inflater& operator=(Inflater&&) noexcept;

  /// Takes some of `in` and fills some of `out`. Input that follows a complete member is `bad`
  /// unless it is another one and may be there. An empty `in` is allowed: it yields output that did
  /// not fit before. No exceptions on bad data.
  [[nodiscard]] Step inflate(std::span<const char> in, std::span<char> out) noexcept;

  /// The last member ended, with the right checksum and length. False at the end of the input means
  /// that it was cut off.
  [[nodiscard]] bool finished() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Makes one gzip member. Not thread-safe. Holds about 100 KiB. Set for speed: pseudonyms are
/// random text, from which the slower settings gain nothing.
class Deflater {
 public:
  Deflater();
  ~Deflater();

  /// Appends to `out` what `in` became, as far as it is made; later calls or finish() give the
  /// rest. Throws std::bad_alloc.
  void deflate(std::string_view in, std::string& out);
  /// Appends the end of the member: the rest of the data, checksum and length. Nothing after it.
  void finish(std::string& out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The whole of a small gzip text, or nothing when it is bad, cut off, or longer than `max_bytes`.
[[nodiscard]] std::optional<std::string> gunzip(std::string_view gzip, std::size_t max_bytes);

}  // namespace zoom_proxy
