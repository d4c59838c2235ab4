#include "rules/sanitizer.hpp"

#include <utility>
#include <vector>

#include "rules/choice.hpp"
#include "rules/format/encoding.hpp"
#include "rules/format/json.hpp"
#include "rules/known_keys.hpp"
#include "rules/limits.hpp"
#include "rules/look_ahead.hpp"
#include "rules/run_writer.hpp"
#include "rules/schema.hpp"

namespace zoom_proxy {

/// The tokenizer's handler: follows the automaton and decides what is written.
class Sanitizer::Impl {
 public:
  Impl(const Program& program, const TokenCodec& codec, EgressGuard guard, StateId root)
      : program_(program), codec_(codec), guard_(guard), root_(root) {}

  bool feed(std::string_view piece, std::string& out) {
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

  bool finish(std::string& out) {
    if (fault() != BodyFault::none) return false;
    writer_.open(out, {});
    if (mark_bytes_ > 0 && mark_bytes_ < kMark.size()) fault_ = BodyFault::encoding;
    return fault_ == BodyFault::none && tokenizer_.finish();  // a cut character cuts its string
  }

  [[nodiscard]] BodyFault fault() const {
    return fault_ != BodyFault::none ? fault_ : tokenizer_.fault();
  }
  [[nodiscard]] Counts counts() const {
    Counts all = counts_;
    for (const KnownKeys::Key& key : keys_.all()) {
      if (key.state == kDropped) all.dropped += key.met;
    }
    return all;
  }
  [[nodiscard]] const std::map<StateId, std::uint64_t>& guard_hits() const { return guard_hits_; }

  // What the tokenizer calls ---------------------------------------------------------------------

  [[nodiscard]] bool dropping() const { return next_ == kDropped && held_depth_ == 0; }

  json::Enter on_object(const char* at) { return on_container(at, Accepts::object); }
  json::Enter on_array(const char* at) { return on_container(at, Accepts::array); }

  void on_object_end(const char* at) { leave(at); }
  void on_array_end(const char* at) { leave(at); }

  [[gnu::always_inline]] bool foresee(const char*& at, const char* end) {
    Frame& frame = frames_.back();
    KnownKeys::Key* key = frame.last_key->follower;
    if (!key->stands(at, end)) {
      if (at == end || *at != ',') return false;
      key = &KnownKeys::foresee_further(*key, at, end);
      if (key->size == 0) return false;
    }
    if (take(frame, *key)) {
      comma_ = at;
      key_ = {at + 1, key->size - 1};
    }
    at += key->size;
    return true;
  }

  bool foresee_first(const char*& at, const char* end) {
    if (held_depth_ != 0) return false;
    Frame& frame = frames_.back();
    KnownKeys::Key& key = *frame.last_key->follower;
    if (!key.stands_first(at, end)) return false;
    if (take(frame, key)) key_ = {at, key.size - 1};
    at += key.size - 1;
    return true;
  }

  [[nodiscard]] bool drops_member() const { return next_ == kDropped; }

  bool repeats(const char* at) {
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

  void on_key(std::string_view raw, bool has_escapes) {
    if (held_depth_ != 0) return hold(raw);
    next_ = member_state(frames_.back(), raw, has_escapes);
    key_ = next_ == kDropped ? std::string_view() : raw;
  }

  void on_colon(const char* at) {
    if (held_depth_ != 0) return hold(":");
    if (key_.data() + key_.size() == at) {
      key_ = {key_.data(), key_.size() + 1};
    }
  }

  [[gnu::always_inline]] void on_string(std::string_view raw, json::Marks marks) {
    if (held_depth_ == 0 && marks == json::kPlain && copies(Program::kStrings)) return keep(raw);
    any_string(raw, marks);
  }

  [[nodiscard]] bool copies_strings_in_array() const { return copies(Program::kArraysOfStrings); }
  void on_array_of_strings(std::string_view raw) { keep(raw); }

  void any_string(std::string_view raw, json::Marks marks) {
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

  [[gnu::always_inline]] void on_number(std::string_view raw, bool plain) {
    if (plain && held_depth_ == 0 && copies(Program::kPlainIntegers)) return keep(raw);
    any_number(raw, plain);
  }

  void any_number(std::string_view raw, bool plain) {
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

  void on_literal(std::string_view raw) {
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

  void on_comma(const char* at) {
    if (held_depth_ != 0) return hold(",");
    comma_ = at;
    Frame& frame = frames_.back();
    if (!frame.array) return;
    // Places count what the schema has left of the array.
    if (!frame.lost_element) ++frame.index;
    frame.lost_element = false;
    next_ = element_state(frame);
  }

  void on_dropped() {
    const Frame& frame = frames_.back();
    // A member whose key is known has been counted with it.
    if (frame.array || frame.last_key == &keys_.start(frame.state)) ++counts_.dropped;
  }

  void on_document_end() {
    if (replaying_ != 0) return;
    next_ = root_;
    ++documents_;
  }

  void suspend() {
    writer_.flush();
    comma_ = nullptr;
    if (!key_.empty() && key_.data() != key_copy_.data()) {
      key_copy_.assign(key_);
      key_ = key_copy_;
    }
  }

 private:
  struct Frame {
    StateId state;
    bool array;
    bool has_output = false;
    KnownKeys::Link* last_key = nullptr;  ///< of an object: the one that was met last
    bool lost_element = false;            ///< the schema did not let the last one stand
    std::size_t index = 0;                ///< of the element that comes next
    std::size_t length = 0;               ///< of the array, where a step needs it
  };

  static constexpr std::size_t kUnknown = ~std::size_t{0};

  static constexpr std::string_view kMark = "\xEF\xBB\xBF";

  /// The next value is the member of this key; false when it is dropped.
  [[gnu::always_inline]] bool take(Frame& frame, KnownKeys::Key& key) {
    ++key.met;
    frame.last_key = &key;
    next_ = key.state;
    return next_ != kDropped;
  }

  /// True when scalars of a kind go out as they came, and nothing needs to be known of them.
  [[nodiscard]] bool copies(Program::Copies kind) const {
    return (program_.copies[next_] & kind) != 0;
  }

  StateId member_state(Frame& frame, std::string_view raw, bool has_escapes) {
    if (KnownKeys::Key* const known = keys_.find(frame.state, *frame.last_key, raw)) {
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
    const bool unlisted = member == Program::kNoMember && state.other == kDropped;
    const StateId next = member == Program::kNoMember ? state.other : state.members[member].state;
    KnownKeys::Key* const added = keys_.add(frame.state, *frame.last_key, raw, next, unlisted);
    if (added == nullptr && unlisted) ++unnamed_[frame.state];
    frame.last_key = added != nullptr ? added : &keys_.start(frame.state);
    return next;
  }

  /// Passes over a byte order mark, which may come in pieces.
  void skip_mark(std::string_view& piece) {
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

  [[nodiscard]] static bool takes(const Program::State& state, Accepts type) {
    if (state.accepts == type || state.accepts == Accepts::anything) return true;
    return state.accepts == Accepts::scalar && type != Accepts::object && type != Accepts::array;
  }

  /// A text that may not stand here, unless it is a constant: as the peer has it, that leaves as
  /// "".
  void on_other_text(const Program::State& state, std::string_view raw) {
    if (state.accepts != Accepts::constant) return mismatch();
    scalar_.text.clear();
    json::unescape(raw.substr(1, raw.size() - 2), scalar_.text);
    if (scalar_.text != *state.constant) return mismatch();
    scalar_.kind = Scalar::Kind::string;
    scalar_.text.clear();
    operate(state);
  }

  /// Null under each type of the schema: it stays null, but a boolean's is false.
  void on_null(const Program::State& state, std::string_view raw) {
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

  json::Enter on_container(const char* at, Accepts type) {
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
      frames_.back().length = known_length_;
      known_length_ = kUnknown;
      next_ = element_state(frames_.back());
    }
    comma_ = nullptr;
    return json::Enter::yes;
  }

  void leave(const char* at) {
    if (held_depth_ != 0) {
      hold({at, 1});
      if (--held_depth_ == 0) replay();
      return;
    }
    writer_.keep(at, at + 1);
    frames_.pop_back();
  }

  /// The state of the element that comes next in an array.
  [[nodiscard]] StateId element_state(const Frame& frame) const {
    const Program::State& state = program_.states[frame.state];
    if (state.picks.empty()) return state.elements;
    std::size_t answers = 0;
    for (std::size_t i = 0; i < state.picks.size(); ++i) {
      answers |= std::size_t{picks(*state.picks[i], frame.index, frame.length)} << i;
    }
    return state.picked_elements[answers];
  }

  // Values that must be seen as a whole
  // ------------------------------------------------------------

  void hold(std::string_view token) {
    const std::size_t bytes = held_.size() + token.size();
    if (bytes > limits::kLookAheadBytes || replayed_ + bytes > limits::kHeldBytes) {
      fault_ = BodyFault::limit;
      return;
    }
    held_ += token;
  }

  /// The held value is complete: what becomes of it is decided, and its bytes are gone through
  /// again, as if they came only now.
  void replay() {
    const std::string value = std::exchange(held_, {});
    if (!decide(value)) return;
    const Program::State& state = program_.states[next_];
    if (state.needs_length && value.front() == '[') {
      known_length_ = plain_node(state.plain, value).elements.size();
    }
    ++replaying_;
    replayed_ += value.size();
    const std::string_view input = writer_.exchange_input(value);
    json::Tokenizer<Impl> tokenizer(*this);
    if (!tokenizer.feed(value) && fault_ == BodyFault::none) fault_ = tokenizer.fault();
    writer_.exchange_input(input);
    --replaying_;
    replayed_ -= value.size();
    known_length_ = kUnknown;
  }

  /// What the schema alone, as state `plain` has it, lets stand of a value.
  JsonNode plain_node(StateId plain, std::string_view value) const {
    std::string kept;
    Impl filter(program_, codec_, EgressGuard::off, plain);
    const bool fits = filter.feed(value, kept) && filter.finish(kept);
    return fits ? parse_node(kept).value_or(JsonNode{}) : JsonNode{};
  }

  /// Answers the questions about a value, as far as there are any; false when it is dropped.
  bool decide(std::string_view value) {
    while (program_.states[next_].choice != Program::kNoChoice) {
      const Program::Choice& choice = program_.choices[program_.states[next_].choice];
      const JsonNode node = plain_node(choice.plain, value);
      next_ = outcome(program_, choice, node);
    }
    if (next_ != kDropped) return true;
    ++counts_.dropped;
    return false;
  }

  /// A value that the schema does not let stand: null in an object, nothing in an array, whatever
  /// the operations, which all leave null alone. At the top the whole body is refused.
  void mismatch() {
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

  /// True when a string that the rules keep must not go out after all.
  bool guarded(std::string_view inside, json::Marks marks) {
    if (guard_ == EgressGuard::off || marks == json::kPlain ||
        !holds_email(inside, (marks & json::kEscapes) != 0, scalar_.scratch)) {
      return false;
    }
    ++guard_hits_[next_];
    return guard_ == EgressGuard::redact;
  }

  /// Applies the state's operations to scalar_ and writes what comes of it.
  void operate(const Program::State& state) {
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
        writer_.append("null");
    }
  }

  void write_text() {
    const std::string_view text = scalar_.text;
    std::uint32_t ignored = 0;
    const char* const end = text.data() + text.size();
    if (scan::string_special(text.data(), end, ignored) == end) return writer_.append_quoted(text);
    scalar_.scratch.clear();
    json::append_string(text, scalar_.scratch);
    writer_.append(scalar_.scratch);
  }

  void count(Effect effect) {
    ++(effect == Effect::digested || effect == Effect::reduced ? counts_.digested
                                                               : counts_.pseudonymized);
  }

  void null() {
    begin_value();
    writer_.append("null");
  }

  [[gnu::always_inline]] void keep(std::string_view raw) {
    begin_value();
    writer_.keep(raw);
  }

  /// What stands before a value that is written: comma, key and colon, or the line break between
  /// two documents.
  [[gnu::always_inline]] void begin_value() {
    if (frames_.empty()) {
      if (documents_ > 0) writer_.put('\n');
      return;
    }
    Frame& frame = frames_.back();
    if (frame.has_output) {
      if (comma_ != nullptr) {
        writer_.keep(comma_, comma_ + 1);
      } else {
        writer_.put(',');
      }
    }
    frame.has_output = true;
    if (!frame.array) {
      writer_.keep(key_);
      if (key_.back() != ':') writer_.put(':');
    }
  }

  const Program& program_;
  const TokenCodec& codec_;
  const EgressGuard guard_;
  const StateId root_;
  Utf8Check utf8_;
  std::size_t mark_bytes_ = 0;  ///< of a byte order mark seen; all of them: no longer looking
  RunWriter writer_;
  std::vector<Frame> frames_;
  KnownKeys keys_{program_.states.size()};
  std::map<StateId, std::uint64_t> unnamed_;  ///< unlisted fields that could not be remembered
  StateId next_ = root_;                      ///< state of the value that comes next
  std::string_view key_;                      ///< of that value, as it came, perhaps with its colon
  std::string key_copy_;
  const char* comma_ = nullptr;  ///< the last comma, while its input is there
  std::string held_;             ///< a value that must be seen as a whole, so far
  std::size_t held_depth_ = 0;   ///< its open containers; 0: nothing is held
  std::size_t replaying_ = 0;    ///< held values that are being gone through, one inside the other
  std::size_t replayed_ = 0;     ///< bytes of these
  std::size_t known_length_ = kUnknown;  ///< of the array that comes next
  std::uint64_t documents_ = 0;
  Scalar scalar_;
  Counts counts_;
  std::map<StateId, std::uint64_t> guard_hits_;
  BodyFault fault_ = BodyFault::none;
  json::Tokenizer<Impl> tokenizer_{*this};
};

Sanitizer::Sanitizer(const Program& program, const TokenCodec& codec, EgressGuard guard)
    : impl_(std::make_unique<Impl>(program, codec, guard, program.root)) {}
Sanitizer::~Sanitizer() = default;
Sanitizer::Sanitizer(Sanitizer&&) noexcept = default;

bool Sanitizer::feed(std::string_view piece, std::string& out) { return impl_->feed(piece, out); }
bool Sanitizer::finish(std::string& out) { return impl_->finish(out); }
BodyFault Sanitizer::fault() const noexcept { return impl_->fault(); }
Sanitizer::Counts Sanitizer::counts() const noexcept { return impl_->counts(); }
const std::map<StateId, std::uint64_t>& Sanitizer::guard_hits() const noexcept {
  return impl_->guard_hits();
}

}  // namespace zoom_proxy
