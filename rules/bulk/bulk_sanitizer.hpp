#pragma once
// A bulk text (CSV, JSON records) on its way through the rules: cut into pieces where records end,
// each piece sanitized by itself, on any thread, the results put one behind the other.
//
//   while (more input, or a piece is left) {
//     buffer += input;
//     while (sanitizer->cut(buffer, input_ended, piece)) {
//       sanitizer->sanitize(piece, out, counts);      // also side by side with other pieces
//       write(out);                                   // in the order of the pieces
//     }
//   }
//   sanitizer->finish(out); write(out);
//
// What is cut depends on the text alone, not on the sizes in which it came.

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "rules/limits.hpp"

namespace zoom_proxy {

/// A bulk text that cannot be sanitized. what() says where (line, column's name) and what to do
/// next; never a value.
class BulkError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct BulkOptions {
  /// A column to pseudonymize that the text lacks is a warning and an empty column, not an error.
  bool allow_missing = false;
  bool shuffle = false;    ///< records leave in random order, inside blocks of kShuffledRows
  std::uint64_t seed = 0;  ///< of that order: the same seed and text give the same order

  /// Of text that is sanitized together, unless one record is longer.
  [[nodiscard]] std::size_t piece_bytes() const noexcept {
    return shuffle ? limits::kShuffledPieceBytes : limits::kPieceBytes;
  }
};

/// What has become of a text, or of a piece of it. Names are those of columns in its header, or
/// places in the rules; never values.
struct BulkCounts {
  std::uint64_t rows = 0;
  /// Values that were pseudonymized or transformed, by column as it leaves; of records by what
  /// became of them ("pseudonymized", "dropped").
  std::map<std::string, std::uint64_t> changed;
  /// Kept values in which the egress guard found an e-mail address, by column; of JSON by place.
  std::map<std::string, std::uint64_t> addresses;

  void add(const BulkCounts& other);
};

/// Some whole records. Made by cut() alone.
struct BulkPiece {
  std::string head;  ///< stands before what becomes of the text, as it is
  std::string text;
  std::uint64_t number = 0;  ///< of the piece, from 0
  std::uint64_t line = 1;    ///< of the input, at which the text begins
};

/// One text. cut() and finish() by one thread at a time; sanitize() by any number of threads beside
/// them. The engine that opened it must outlive it.
class BulkSanitizer {
 public:
  virtual ~BulkSanitizer() = default;

  /// Moves the next piece from the front of `buffer` into `piece`. False when more input is needed
  /// first; with `last` (no more will come) when nothing is left. A buffer never has to grow beyond
  /// limits::kBulkBufferBytes. The first piece tells all that the text's head decides: nothing has
  /// been written when that cannot be. Throws BulkError.
  [[nodiscard]] virtual bool cut(std::string& buffer, bool last, BulkPiece& piece) = 0;

  /// Appends what becomes of the piece, whose text it uses up. Throws BulkError: then the whole
  /// text must be refused.
  virtual void sanitize(BulkPiece& piece, std::string& out, BulkCounts& counts) const = 0;

  /// Appends what stands behind the last piece.
  virtual void finish(std::string& out) = 0;

  /// Of the text as a whole, for people; complete once the first piece has been cut.
  [[nodiscard]] virtual const std::vector<std::string>& warnings() const = 0;
};

}  // namespace zoom_proxy
