#pragma once
// One run of a Program over a body. The header holds what is done for every token, so that it is
// compiled into the tokenizer's loops.

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rules/egress_guard.hpp"
#include "rules/findings.hpp"
#include "rules/format/encoding.hpp"
#include "rules/format/json.hpp"
#include "rules/identity/token.hpp"
#include "rules/known_keys.hpp"
#include "rules/look_ahead.hpp"
#include "rules/program.hpp"
#include "rules/run_writer.hpp"

namespace zoom_proxy {

/// The tokenizer's handler: follows the automaton and decides what is written. What it is for, and
/// how to use it: rules/sanitizer.hpp.
class Run {
 public:
  /// `root`: the state of each document, the program's or that of a schema alone.
  Run(const Program& program, const TokenCodec& codec, EgressGuard guard, StateId root)
      : program_(program), codec_(codec), guard_(guard), root_(root) {
    // Room for usual values and their tokens, so that nothing grows half-way through a body.
    scalar_.text.reserve(kUsualBytes);
    scalar_.scratch.reserve(kUsualBytes);
    key_copy_.reserve(limits::kKnownKeyBytes);
  }

  bool feed(std::string_view piece, std::string& out);

  bool finish(std::string& out);

  [[nodiscard]] BodyFault fault() const {
    return fault_ != BodyFault::none ? fault_ : tokenizer_.fault();
  }
  [[nodiscard]] std::uint64_t documents() const { return documents_; }
  [[nodiscard]] ValueCounts counts() const;
  [[nodiscard]] const std::map<StateId, std::uint64_t>& guard_hits() const { return guard_hits_; }
  [[nodiscard]] std::vector<UnlistedField> unlisted() const;

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

  bool repeats(const char* at);

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

  void any_string(std::string_view raw, json::Marks marks);

  [[gnu::always_inline]] void on_number(std::string_view raw, bool plain) {
    if (plain && held_depth_ == 0 && copies(Program::kPlainIntegers)) return keep(raw);
    any_number(raw, plain);
  }

  void any_number(std::string_view raw, bool plain);

  void on_literal(std::string_view raw);

  void on_comma(const char* at) {
    if (held_depth_ != 0) return hold(",");
    comma_ = at;
    Frame& frame = frames_.back();
    if (!frame.array) return;
    // Places count what the schema has left of the array.
    if (!frame.lost_element) {
      for (std::size_t i = 0; i < frame.counting; ++i) ++frame.index[i];
    }
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
    // Of an array, for each step that picks by place; they count in turn what is left.
    std::uint32_t counting = 0;  ///< so many steps have met the last element
    std::array<std::uint32_t, limits::kQuestions> index{};   ///< of the element that comes next
    std::array<std::uint32_t, limits::kQuestions> length{};  ///< that it meets, where one needs it
  };

  static constexpr std::size_t kUnknown = ~std::size_t{0};
  static constexpr std::size_t kUsualBytes = 512;

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

  StateId member_state(Frame& frame, std::string_view raw, bool has_escapes);

  void count_unlisted(StateId object, std::string_view name);

  /// Passes over a byte order mark, which may come in pieces.
  void skip_mark(std::string_view& piece);

  [[nodiscard]] static bool takes(const Program::State& state, Accepts type) {
    if (state.accepts == type || state.accepts == Accepts::anything) return true;
    return state.accepts == Accepts::scalar && type != Accepts::object && type != Accepts::array;
  }

  /// A text that may not stand here, unless it is a constant: as the peer has it, that leaves as
  /// "".
  void on_other_text(const Program::State& state, std::string_view raw);

  /// Null under each type of the schema: it stays null, but a boolean's is false.
  void on_null(const Program::State& state, std::string_view raw);

  json::Enter on_container(const char* at, Accepts type);

  void leave(const char* at);

  /// The state of the element that comes next in an array.
  [[nodiscard]] StateId element_state(Frame& frame) const;
  /// Sets the lengths for an array that has `length` elements before the first step.
  void set_lengths(Frame& frame, std::size_t length) const;

  // Values that must be seen as a whole ----------------------------------------------------------

  void hold(std::string_view token);

  /// The held value is complete: what becomes of it is decided, and its bytes are gone through
  /// again, as if they came only now.
  void replay();

  /// What the schema alone, as state `plain` has it, lets stand of a value.
  JsonNode plain_node(StateId plain, std::string_view value) const;

  /// Answers the questions about a value, as far as there are any; false when it is dropped.
  bool decide(std::string_view value);

  /// A value that the schema does not let stand: null in an object, nothing in an array, whatever
  /// the operations, which all leave null alone. At the top the whole body is refused.
  void mismatch();

  /// True when a string that the rules keep must not go out after all.
  bool guarded(std::string_view inside, json::Marks marks);

  /// True when the guard has something to say about the name (unescaped) of a member that no rule
  /// names: it holds an address, and the rules keep what stands there, in the state `value`.
  bool guarded_name(StateId value, std::string_view name);

  /// Applies the state's operations to scalar_ and writes what comes of it.
  void operate(const Program::State& state);

  void write_text();

  void count(Effect effect);

  void null();

  [[gnu::always_inline]] void keep(std::string_view raw) {
    begin_value();
    writer_.keep(raw);
  }

  /// What stands before a value that is written: comma, key and colon, or the line break between
  /// two documents.
  [[gnu::always_inline]] void begin_value() {
    if (frames_.empty()) {
      if (std::exchange(has_output_, true)) writer_.put('\n');
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
  std::map<std::pair<StateId, std::string>, std::uint64_t> more_unlisted_;  ///< not in keys_
  StateId next_ = root_;  ///< state of the value that comes next
  std::string_view key_;  ///< of that value, as it came, perhaps with its colon
  std::string key_copy_;
  const char* comma_ = nullptr;  ///< the last comma, while its input is there
  std::string held_;             ///< a value that must be seen as a whole, so far
  std::size_t held_depth_ = 0;   ///< its open containers; 0: nothing is held
  std::size_t replaying_ = 0;    ///< held values that are being gone through, one inside the other
  std::size_t replayed_ = 0;     ///< bytes of these
  std::size_t known_length_ = kUnknown;  ///< of the array that comes next
  bool has_output_ = false;              ///< of a document
  std::uint64_t documents_ = 0;          ///< that have ended
  Scalar scalar_;
  ValueCounts counts_;
  std::map<StateId, std::uint64_t> guard_hits_;
  BodyFault fault_ = BodyFault::none;
  json::Tokenizer<Run> tokenizer_{*this};
};

}  // namespace zoom_proxy
