#pragma once
// Runs a Program over a JSON body that arrives in pieces: bytes in, sanitized bytes out, one pass,
// constant memory. Kept values are copied byte for byte, dropped ones are skipped by structure.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "rules/egress_guard.hpp"
#include "rules/error.hpp"
#include "rules/findings.hpp"
#include "rules/identity/token.hpp"
#include "rules/program.hpp"

namespace zoom_proxy {

class Run;

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
  /// What is fed behind that goes on with the next value.
  [[nodiscard]] bool finish(std::string& out);

  [[nodiscard]] BodyFault fault() const noexcept;

  /// Top-level values that have ended so far.
  [[nodiscard]] std::uint64_t documents() const noexcept;

  [[nodiscard]] ValueCounts counts() const noexcept;

  /// Kept strings, and names of kept members that no rule names, in which the egress guard found an
  /// e-mail address, by the state of the string or of the member's value.
  [[nodiscard]] const std::map<StateId, std::uint64_t>& guard_hits() const noexcept;

  /// Fields that the response schema does not list, each object and name once.
  [[nodiscard]] std::vector<UnlistedField> unlisted() const;

 private:
  std::unique_ptr<Run> run_;
};

}  // namespace zoom_proxy
