#include "rules/run.hpp"

#include "rules/choice.hpp"
#include "rules/limits.hpp"
#include "rules/schema.hpp"

namespace zoom_proxy {

bool Run::feed(std::string_view piece, std::string& out) {
  if (fault() != BodyFault::none) return false;
  if (!utf8_.feed(piece)) {
    fault_ = BodyFault::encoding;
    return false;
  }
  if (mark_bytes_ < kMark.size()) skip_mark(piece);
  if (fault_ != BodyFault::none) return false;
  writer_.open(out, piece);
  return tokenizer_.feed(piece);
}

bool Run::finish(std::string& out) {
  if (fault() != BodyFault::none) return false;
  writer_.open(out, {});
  if (mark_bytes_ > 0 && mark_bytes_ < kMark.size()) fault_ = BodyFault::encoding;
  return fault_ == BodyFault::none && tokenizer_.finish();  // a cut character cuts its string
}

ValueCounts Run::counts() const {
  ValueCounts all = counts_;
  for (const KnownKeys::Key& key : keys_.all()) {
    if (key.state == kDropped) all.dropped += key.met;
  }
  return all;
}

bool Run::repeats(const char* at) {
  if (held_depth_ != 0 || frames_.size() < 2) return false;
  Frame& frame = frames_.back();
  const Frame& list = frames_[frames_.size() - 2];
  const Program::State& state = program_.states[list.state];
  if (!list.array || !state.picks.empty() || state.elements != frame.state) return false;
  writer_.keep(at, at + 3);
  frame.has_output = false;
  frame.last_key = &keys_.start(frame.state);
  return true;
}

void Run::any_string(std::string_view raw, json::Marks marks) {
  if (held_depth_ != 0) return hold(raw);
  if (!decide(raw)) return;
  const Program::State& state = program_.states[next_];
  if (!takes(state, Accepts::string)) return on_other_text(state, raw);
  const std::string_view inside = raw.substr(1, raw.size() - 2);
  if (state.operations.empty()) return guarded(inside, marks) ? null() : keep(raw);
  scalar_.kind = Scalar::Kind::string;
  scalar_.text.clear();
  if ((marks & json::kEscapes) != 0) {
    json::unescape(inside, scalar_.text);
  } else {
    scalar_.text.assign(inside);
  }
  operate(state);
}

void Run::any_number(std::string_view raw, bool plain) {
  if (held_depth_ != 0) return hold(raw);
  if (!decide(raw)) return;
  const Program::State& state = program_.states[next_];
  scalar_.kind = Scalar::Kind::number;
  if (state.accepts == Accepts::integer && !plain) {
    const std::optional<std::int64_t> value = truncated_integer(raw);
    if (!value) return mismatch();
    if (state.operations.empty() && is_plain_integer(raw)) return keep(raw);
    scalar_.text = std::to_string(*value);
    return operate(state);
  }
  if (state.accepts != Accepts::integer && !takes(state, Accepts::number)) return mismatch();
  if (state.operations.empty()) return keep(raw);
  scalar_.text.assign(raw);
  operate(state);
}

void Run::on_literal(std::string_view raw) {
  if (held_depth_ != 0) return hold(raw);
  if (!decide(raw)) return;
  const Program::State& state = program_.states[next_];
  if (raw == "null") return on_null(state, raw);
  if (!takes(state, Accepts::boolean)) return mismatch();
  if (state.operations.empty()) return keep(raw);
  scalar_.kind = Scalar::Kind::boolean;
  scalar_.text.assign(raw);
  operate(state);
}

StateId Run::member_state(Frame& frame, std::string_view raw, bool has_escapes) {
  const KnownKeys::Slot slot = keys_.slot(frame.state, raw);
  if (KnownKeys::Key* const known = keys_.find(slot, *frame.last_key)) {
    frame.last_key = known;
    return known->state;
  }
  std::string_view key = raw.substr(1, raw.size() - 2);
  if (has_escapes) {
    scalar_.text.clear();
    json::unescape(key, scalar_.text);
    key = scalar_.text;
  }
  const Program::State& state = program_.states[frame.state];
  const std::size_t member = program_.find_member(frame.state, key);
  if (member == Program::kNoMember && guarded_name(state.other, key)) {
    frame.last_key = &keys_.start(frame.state);  // it is not learned: each is looked at
    return guard_ == EgressGuard::redact ? kDropped : state.other;
  }
  const bool unlisted = member == Program::kNoMember && state.other == kDropped;
  const StateId next = member == Program::kNoMember ? state.other : state.members[member].state;
  KnownKeys::Key* const added = keys_.add(slot, frame.state, *frame.last_key, raw, next, unlisted);
  if (added == nullptr && unlisted) count_unlisted(frame.state, key);
  frame.last_key = added != nullptr ? added : &keys_.start(frame.state);
  return next;
}

void Run::count_unlisted(StateId object, std::string_view name) {
  const bool room = more_unlisted_.size() < limits::kUnlistedNames;
  ++more_unlisted_[{object, room ? told(name) : std::string()}];
}

std::vector<UnlistedField> Run::unlisted() const {
  std::map<std::pair<StateId, std::string>, std::uint64_t> fields = more_unlisted_;
  for (const KnownKeys::Key& key : keys_.all()) {
    if (!key.unlisted) continue;
    const std::string_view name(key.text.data() + 2, key.size - 4);  // of `,"name":`
    fields[{key.parent, told(name)}] += key.met;
  }
  std::vector<UnlistedField> list;
  for (const auto& [field, count] : fields) list.push_back({field.first, field.second, count});
  return list;
}

void Run::skip_mark(std::string_view& piece) {
  while (!piece.empty() && mark_bytes_ < kMark.size()) {
    if (piece.front() != kMark[mark_bytes_]) {
      if (mark_bytes_ > 0) fault_ = BodyFault::encoding;
      mark_bytes_ = kMark.size();
      return;
    }
    ++mark_bytes_;
    piece.remove_prefix(1);
  }
}

void Run::on_other_text(const Program::State& state, std::string_view raw) {
  if (state.accepts != Accepts::constant) return mismatch();
  scalar_.text.clear();
  json::unescape(raw.substr(1, raw.size() - 2), scalar_.text);
  if (scalar_.text != *state.constant) return mismatch();
  scalar_.kind = Scalar::Kind::string;
  scalar_.text.clear();
  operate(state);
}

void Run::on_null(const Program::State& state, std::string_view raw) {
  scalar_.kind = Scalar::Kind::null;
  if (state.accepts == Accepts::boolean) {
    scalar_.kind = Scalar::Kind::boolean;
    scalar_.text = "false";
  } else if (state.accepts != Accepts::anything) {
    return mismatch();
  } else if (state.operations.empty()) {
    return keep(raw);
  }
  operate(state);
}

json::Enter Run::on_container(const char* at, Accepts type) {
  const bool array = type == Accepts::array;
  if (held_depth_ != 0) {
    ++held_depth_;
    hold(array ? "[" : "{");
    return json::Enter::yes;
  }
  const Program::State& state = program_.states[next_];
  const bool must_count = array && state.needs_length && known_length_ == kUnknown;
  if (state.choice != Program::kNoChoice || must_count) {
    held_depth_ = 1;
    held_.assign(array ? "[" : "{");
    return json::Enter::yes;
  }
  if (!takes(state, type)) {
    mismatch();
    return json::Enter::no;
  }
  if (!state.operations.empty()) {
    scalar_.kind = Scalar::Kind::container;
    operate(state);
    return json::Enter::no;
  }
  begin_value();
  writer_.keep(at, at + 1);
  frames_.push_back({next_, array});
  if (!array) frames_.back().last_key = &keys_.start(next_);
  if (array) {
    if (state.needs_length) set_lengths(frames_.back(), std::exchange(known_length_, kUnknown));
    next_ = element_state(frames_.back());
  }
  comma_ = nullptr;
  return json::Enter::yes;
}

void Run::leave(const char* at) {
  if (held_depth_ != 0) {
    hold({at, 1});
    if (--held_depth_ == 0) replay();
    return;
  }
  writer_.keep(at, at + 1);
  frames_.pop_back();
}

void Run::set_lengths(Frame& frame, std::size_t length) const {
  const Program::State& state = program_.states[frame.state];
  for (std::size_t i = 0; i < state.picks.size(); ++i) {
    frame.length[i] = static_cast<std::uint32_t>(length);
    if (!state.picks[i].removes) continue;
    std::size_t left = 0;
    for (std::size_t at = 0; at < length; ++at)
      left += picks(*state.picks[i].step, at, length) ? 0 : 1;
    length = left;
  }
}

StateId Run::element_state(Frame& frame) const {
  const Program::State& state = program_.states[frame.state];
  if (state.picks.empty()) return state.elements;
  std::size_t answers = 0;
  frame.counting = 0;
  for (const Program::Pick& pick : state.picks) {
    const std::size_t i = frame.counting++;
    const bool picked = picks(*pick.step, frame.index[i], frame.length[i]);
    answers |= std::size_t{picked} << i;
    if (picked && pick.removes) break;  // the steps after it do not meet the element
  }
  return state.picked_elements[answers];
}

void Run::hold(std::string_view token) {
  const std::size_t bytes = held_.size() + token.size();
  if (bytes > limits::kLookAheadBytes || replayed_ + bytes > limits::kHeldBytes) {
    fault_ = BodyFault::limit;
    return;
  }
  held_ += token;
}

void Run::replay() {
  const std::string value = std::exchange(held_, {});
  if (!decide(value)) return;
  const Program::State& state = program_.states[next_];
  if (state.needs_length && value.front() == '[') {
    known_length_ = plain_node(state.plain, value).elements.size();
  }
  ++replaying_;
  replayed_ += value.size();
  const std::string_view input = writer_.exchange_input(value);
  json::Tokenizer<Run> tokenizer(*this);
  if (!tokenizer.feed(value) && fault_ == BodyFault::none) fault_ = tokenizer.fault();
  writer_.exchange_input(input);
  --replaying_;
  replayed_ -= value.size();
  known_length_ = kUnknown;
}

JsonNode Run::plain_node(StateId plain, std::string_view value) const {
  std::string kept;
  Run filter(program_, codec_, EgressGuard::off, plain);
  const bool fits = filter.feed(value, kept) && filter.finish(kept);
  return fits ? parse_node(kept).value_or(JsonNode{}) : JsonNode{};
}

bool Run::decide(std::string_view value) {
  while (program_.states[next_].choice != Program::kNoChoice) {
    const Program::Choice& choice = program_.choices[program_.states[next_].choice];
    const JsonNode node = plain_node(choice.plain, value);
    next_ = outcome(program_, choice, node);
  }
  if (next_ != kDropped) return true;
  ++counts_.dropped;
  return false;
}

void Run::mismatch() {
  if (frames_.empty()) {
    fault_ = BodyFault::top_level;
    return;
  }
  ++counts_.nulled;
  if (frames_.back().array) {
    frames_.back().lost_element = true;
  } else {
    null();
  }
}

bool Run::guarded(std::string_view inside, json::Marks marks) {
  if (guard_ == EgressGuard::off || marks == json::kPlain ||
      !holds_email(inside, (marks & json::kEscapes) != 0, scalar_.scratch)) {
    return false;
  }
  ++guard_hits_[next_];
  return guard_ == EgressGuard::redact;
}

bool Run::guarded_name(StateId value, std::string_view name) {
  if (guard_ == EgressGuard::off || value == kDropped ||
      !holds_email(name, false, scalar_.scratch)) {
    return false;
  }
  ++guard_hits_[value];
  return true;
}

void Run::operate(const Program::State& state) {
  const bool was_null = scalar_.kind == Scalar::Kind::null;
  for (const Operation* operation : state.operations) operation->apply(codec_, scalar_);
  if (scalar_.kind == Scalar::Kind::removed) {
    ++counts_.dropped;
    return;
  }
  begin_value();
  switch (scalar_.kind) {
    case Scalar::Kind::string:
      if (!state.operations.empty()) count(state.operations.back()->effect());
      write_text();
      break;
    case Scalar::Kind::boolean:
    case Scalar::Kind::number:
      writer_.append(scalar_.text);
      break;
    default:
      if (!was_null) ++counts_.nulled;
      writer_.append("null");
  }
}

void Run::write_text() {
  const std::string_view text = scalar_.text;
  const char* const end = text.data() + text.size();
  if (scan::string_special(text.data(), end) == end) return writer_.append_quoted(text);
  scalar_.scratch.clear();
  json::append_string(text, scalar_.scratch);
  writer_.append(scalar_.scratch);
}

void Run::count(Effect effect) {
  ++(effect == Effect::digested || effect == Effect::reduced ? counts_.digested
                                                             : counts_.pseudonymized);
}

void Run::null() {
  begin_value();
  writer_.append("null");
}

}  // namespace zoom_proxy
