#pragma once
// Every bound on what outside input can make the rules floor do, with its unit and its reason.
// The server's own bounds (heads, connections, time-outs) are settings: config/settings.hpp.

#include <cstddef>

namespace zoom_proxy::limits {

/// Nested containers in a JSON body. The peer's parser has the same limit; Zoom nests below 10.
inline constexpr std::size_t kJsonDepth = 1000;

/// Bytes of one key, number or string that must be held as a whole (kept, hashed or digested).
/// Zoom's longest is a meeting summary of some tens of kB. Dropped strings are skipped, not held.
inline constexpr std::size_t kJsonScalarBytes = std::size_t{1} << 20;

/// Digits of one number, as in the peer's parser; more is an attack on whoever parses it next.
inline constexpr std::size_t kJsonNumberBytes = 1000;

/// Bytes of input the sanitizer takes in one step: bounds the output of one step (x20 at the most,
/// where every value is a one-letter id that becomes a reversible token).
inline constexpr std::size_t kSanitizerStepBytes = std::size_t{16} << 10;

/// States of one compiled endpoint. zoom.yaml needs fewer than 200; paths with many `..` multiply.
inline constexpr std::size_t kProgramStates = 20'000;

/// Bytes of one value that is held because a filter or applyOnlyWhen must see it as a whole.
inline constexpr std::size_t kLookAheadBytes = std::size_t{4} << 20;

/// Bytes of all values that are held one inside the other: else depth would multiply the above.
inline constexpr std::size_t kHeldBytes = 4 * kLookAheadBytes;

/// Conditions of filters, and indices or slices, that meet at one place; each doubles its states.
inline constexpr std::size_t kQuestions = 6;

/// Keys that a run remembers to foresee the next one, and the bytes of one with quotes, comma and
/// colon. A Zoom answer has some 100.
inline constexpr std::size_t kKnownKeys = 512;
inline constexpr std::size_t kKnownKeyBytes = 32;

/// Definitions that lead to one another by `$ref`, `anyOf` or `if` alone; an honest chain is short.
inline constexpr std::size_t kReferences = 1000;

/// Unlisted fields whose names are kept beside those, for reports, and the bytes of such a name.
inline constexpr std::size_t kUnlistedNames = 64;
inline constexpr std::size_t kUnlistedNameBytes = 64;

/// Members that the rules name in one object; zoom.yaml's largest has 60.
inline constexpr std::size_t kMembersOfState = 10'000;

/// Bytes of a rules file, before and after base64 and gzip. zoom.yaml has 40 kB.
inline constexpr std::size_t kRulesFileBytes = std::size_t{4} << 20;

/// Nested YAML collections and nodes in a rules or settings file: stops alias bombs.
inline constexpr std::size_t kYamlDepth = 100;
inline constexpr std::size_t kYamlNodes = 200'000;

/// Bytes of one record of a bulk text. An export's row has some 100, a JSON record a few thousand.
inline constexpr std::size_t kRecordBytes = std::size_t{1} << 20;

/// Bytes of a bulk text that are sanitized in one piece, unless one record is longer: large enough
/// that handing pieces to threads costs nothing, small enough that what becomes of dozens of them
/// is no memory, though one-letter cells that become pseudonyms grow a hundredfold.
inline constexpr std::size_t kPieceBytes = std::size_t{16} << 10;

/// The same where records are shuffled inside a piece: some 600 rows of an export.
inline constexpr std::size_t kShuffledPieceBytes = std::size_t{64} << 10;

/// Bytes of a bulk text that must be at hand to cut a piece.
inline constexpr std::size_t kBulkBufferBytes = kRecordBytes + kShuffledPieceBytes;

/// Columns of a CSV text. An export has some ten.
inline constexpr std::size_t kColumns = 10'000;

/// Rows that are shuffled together, as the peer does.
inline constexpr std::size_t kShuffledRows = 500;

/// Bytes of request target (path and query) that are matched against the rules.
inline constexpr std::size_t kTargetBytes = std::size_t{8} << 10;

/// Steps of one regular-expression match; a path of 8 KiB and an honest pattern need < 100 000.
inline constexpr unsigned kRegexMatchSteps = 1'000'000;
inline constexpr unsigned kRegexDepth = 10'000;

/// Rounds of PBKDF2-HMAC-SHA256 from encryption key to cipher key; the peer's figure, part of the
/// token format.
inline constexpr int kKeyDerivationRounds = 65'536;

static_assert(kSanitizerStepBytes < kJsonScalarBytes);

}  // namespace zoom_proxy::limits
