#include "rules/engine.hpp"

#include "rules/compiler.hpp"
#include "rules/identity/sha1.hpp"
#include "rules/rule_reader.hpp"
#include "rules/zoom_calls.hpp"

namespace zoom_proxy {

Engine::Engine(const RulesText& text, std::shared_ptr<const TokenCodec> codec, EgressGuard guard)
    : codec_(std::move(codec)),
      guard_(guard),
      rules_(read_rules(text.yaml, text.name)),
      routes_(rules_),
      calls_(routed_calls(routes_)),
      scopes_(needed_scopes(routes_)),
      labels_(zoom_rate_labels(routes_, rules_.endpoints.size())),
      rules_sha_(sha1_hex(text.yaml)),
      rules_text_(text.yaml),
      rules_name_(text.name) {
  for (const Endpoint& endpoint : rules_.endpoints) {
    check_key(endpoint, *codec_);
    programs_.push_back(compile(rules_, endpoint));
  }
}

}  // namespace zoom_proxy
