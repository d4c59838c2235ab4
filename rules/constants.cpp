#include "rules/constants.hpp"

#include <map>

namespace zoom_proxy {
namespace {

/// All schemas that `next` leads to, the first one included.
template <class Next>
std::set<const Schema*> reachable(std::vector<const Schema*> from, Next&& next) {
  std::set<const Schema*> seen;
  while (!from.empty()) {
    const Schema* const schema = from.back();
    from.pop_back();
    if (!seen.insert(schema).second) continue;
    for (const Schema* const part : next(schema)) from.push_back(part);
  }
  return seen;
}

}  // namespace

Constants::Constants(const RuleSet& rules, const Endpoint& endpoint) : rules_(rules) {
  if (!endpoint.response_schema) return;
  std::map<const Schema*, std::vector<const Schema*>> wholes;  // by their decisive part
  std::vector<const Schema*> origins;
  const auto all = [this](const Schema* schema) { return parts(schema); };
  for (const Schema* const schema : reachable({&*endpoint.response_schema}, all)) {
    for (const Schema* const part : decisive_parts(schema)) wholes[part].push_back(schema);
    if (!schema->ref.empty() || !schema->any_of.empty()) continue;
    if (schema->condition ? !schema->else_schema : schema->constant.has_value()) {
      origins.push_back(schema);
    }
  }
  failing_ = reachable(origins, [&](const Schema* part) { return wholes[part]; });
}

const Schema* Constants::definition(const Schema* schema) const {
  const auto found = rules_.definitions.find(schema->ref);
  if (found == rules_.definitions.end()) {
    throw ConfigError(schema->place, "$ref names the definition \"" + schema->ref +
                                         "\", which is not there; add it under definitions");
  }
  return &found->second;
}

const Schema* Constants::resolve(const Schema* schema) const {
  for (;;) {
    if (!schema->ref.empty()) {
      schema = definition(schema);
    } else if (!schema->any_of.empty() && !may_fail(&schema->any_of.front())) {
      schema = &schema->any_of.front();
    } else {
      return schema;
    }
  }
}

std::set<std::string> Constants::telling_members(const Schema* schema) const {
  std::set<std::string> names;
  const auto next = [&](const Schema* at) {
    std::vector<const Schema*> list;
    for (const Schema* const part : decisive_parts(at)) {
      if (may_fail(part)) list.push_back(part);
    }
    if (at->ref.empty() && at->condition) list.push_back(&*at->condition);
    return list;
  };
  for (const Schema* const at : reachable({schema}, next)) {
    if (!at->ref.empty() || at->condition) continue;
    for (const auto& [key, property] : at->properties) {
      if (may_fail(&property)) names.insert(key);
    }
  }
  return names;
}

/// Those that a value of this schema must fit, too.
std::vector<const Schema*> Constants::decisive_parts(const Schema* schema) const {
  if (!schema->ref.empty()) return {definition(schema)};
  if (!schema->any_of.empty()) return {};
  std::vector<const Schema*> list;
  if (schema->condition) {
    list.push_back(&*schema->then_schema);
    if (schema->else_schema) list.push_back(&*schema->else_schema);
    return list;
  }
  for (const auto& [key, property] : schema->properties) list.push_back(&property);
  return list;
}

std::vector<const Schema*> Constants::parts(const Schema* schema) const {
  std::vector<const Schema*> list = decisive_parts(schema);
  if (!schema->ref.empty()) return list;
  for (const Schema& alternative : schema->any_of) list.push_back(&alternative);
  if (schema->condition) list.push_back(&*schema->condition);
  if (schema->items) list.push_back(&*schema->items);
  return list;
}

}  // namespace zoom_proxy
