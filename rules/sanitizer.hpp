#pragma once
// Runs a Program over a JSON body that arrives in pieces: bytes in, sanitized bytes out, one pass,
// constant memory. Kept values are copied byte for byte, dropped ones are skipped by structure.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "rules/egress_guard.hpp"
#include "rules/error.hpp"
#include "rules/identity/token.hpp"
#include "rules/program.hpp"

namespace zoom_proxy {

/// One body: any number of JSON values one after another (RFC 8259, NDJSON), each sanitized by
/// itself; the output has one compact value a line. Not thread-safe; the Program and the TokenCodec
/// must outlive it. Dead after a fault: what was written until then is sanitized, but the body as a
/// whole must be refused.
class Sanitizer {
 public:
  Sanitizer(const Program& program, const TokenCodec& codec,
            EgressGuard guard = EgressGuard::redact);
  ~Sanitizer();
  Sanitizer(Sanitizer&&) noexcept;

  /// Takes the next piece of the body, of any size, and appends sanitized output. False after a
  /// fault.
  [[nodiscard]] bool feed(std::string_view piece, std::string& out);

  /// The body is complete. False when it ends too early. An empty or blank body gives no output.
  [[nodiscard]] bool finish(std::string& out);

  [[nodiscard]] BodyFault fault() const noexcept;

  /// Values so far, by what became of them.
  struct Counts {
    std::uint64_t pseudonymized = 0;
    std::uint64_t digested = 0;
    std::uint64_t dropped = 0;  ///< not listed, or redacted
    std::uint64_t nulled = 0;   ///< of a type that the schema or a transform does not take
  };
  [[nodiscard]] Counts counts() const noexcept;

  /// Kept strings in which the egress guard found an e-mail address, by the state they stood at.
  [[nodiscard]] const std::map<StateId, std::uint64_t>& guard_hits() const noexcept;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace zoom_proxy
