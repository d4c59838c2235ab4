#include "rules/sanitizer.hpp"

#include "rules/run.hpp"

namespace zoom_proxy {

Sanitizer::Sanitizer(const Program& program, const TokenCodec& codec, EgressGuard guard)
    : run_(std::make_unique<Run>(program, codec, guard, program.root)) {}
Sanitizer::~Sanitizer() = default;
Sanitizer::Sanitizer(Sanitizer&&) noexcept = default;

bool Sanitizer::feed(std::string_view piece, std::string& out) { return run_->feed(piece, out); }
bool Sanitizer::finish(std::string& out) { return run_->finish(out); }
BodyFault Sanitizer::fault() const noexcept { return run_->fault(); }
std::uint64_t Sanitizer::documents() const noexcept { return run_->documents(); }
ValueCounts Sanitizer::counts() const noexcept { return run_->counts(); }
const std::map<StateId, std::uint64_t>& Sanitizer::guard_hits() const noexcept {
  return run_->guard_hits();
}
std::vector<UnlistedField> Sanitizer::unlisted() const { return run_->unlisted(); }

}  // namespace zoom_proxy
