#pragma once
// A compiled endpoint: a deterministic automaton over JSON documents, made from the response schema
// and all transforms together. One state per distinguishable position in a document; a state says
// what happens to a value that stands there. Data only; rules/sanitizer.hpp runs it.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rules/json_path.hpp"
#include "rules/transform.hpp"

namespace zoom_proxy {

using StateId = std::uint32_t;

/// Values here are removed, key and all, whatever they are.
inline constexpr StateId kDropped = 0;

/// What a schema lets stand at a position. A value of another type becomes null.
enum class Accepts : std::uint8_t {
  anything,  ///< no schema: every value
  scalar,    ///< untyped schema: any scalar; containers become null
  string,
  integer,  ///< numbers within int64, decimals truncated
  number,
  boolean,  ///< null becomes false
  object,
  array,
  null,
  constant,  ///< the one text of State::constant, which leaves as an empty text
};

/// A fact about a value that must be known before it is clear what becomes of the value.
struct Question {
  enum class Kind : std::uint8_t {
    meets,         ///< it meets the filter
    object_meets,  ///< it is an object that meets the filter
    finds,         ///< the path finds something in it
    fits,          ///< no constant at `state` or at a member below meets another value
  };
  Kind kind = Kind::meets;
  const JsonPathFilter* filter = nullptr;
  const JsonPath* path = nullptr;
  StateId state = kDropped;
  auto operator<=>(const Question&) const = default;
};

struct Program {
  static constexpr std::size_t kNoChoice = ~std::size_t{0};

  struct Member {
    std::string key;  ///< unescaped
    StateId state = kDropped;
  };
  struct Pick {
    const JsonPathStep* step = nullptr;
    bool removes = false;  ///< what it picks is gone, and the next step counts without it
  };
  struct State {
    Accepts accepts = Accepts::anything;
    std::vector<const Operation*> operations;  ///< on what stands here, in the order of the rules
    std::vector<Member> members;               ///< sorted by key; what the rules say of these keys
    std::vector<std::uint16_t> places;         ///< of members, by a hash of the key; from 1
    StateId other = kDropped;                  ///< members of any other key
    StateId elements = kDropped;               ///< elements of an array
    std::string place;  ///< where in a document, for reports: `$.users[].timezone`
    /// Steps that pick elements by their place. Bit i of an index into `picked_elements` says that
    /// step i picks the element; empty: all elements go to `elements`. In the order of the rules.
    std::vector<Pick> picks;
    std::vector<StateId> picked_elements;
    bool needs_length = false;  ///< a step counts from the end: the array is held as a whole
    StateId plain = kDropped;   ///< where needs_length: the schema alone, by which elements count
    /// Of Program::choices; kNoChoice: none. Where there is one, the value is held as a whole and
    /// one of the choice's outcomes decides instead of this state.
    std::size_t choice = kNoChoice;
    const std::string* constant = nullptr;  ///< where `accepts` is constant
  };

  /// Questions about a value, judged on what state `plain` lets stand of it, before any transform:
  /// the schema alone; where the schema itself is in question, the members that tell.
  struct Choice {
    std::vector<Question> questions;
    std::vector<StateId> outcomes;  ///< bit i of the index: the answer to question i
    StateId plain = kDropped;
    bool first_yes = false;  ///< instead: one for each question, and one where all say no
  };
  std::vector<Choice> choices;
  std::vector<State> states;  ///< states[kDropped] is a placeholder
  StateId root = kDropped;

  /// By state: the values that go out as they came, without a question or an operation.
  enum Copies : std::uint8_t { kStrings = 1, kPlainIntegers = 2, kArraysOfStrings = 4 };
  std::vector<std::uint8_t> copies;
  /// Fills in `copies` and `places` once all states are there.
  void finish();

  static constexpr std::size_t kNoMember = ~std::size_t{0};
  /// Index of `key` (unescaped) among the members of state `from`, or kNoMember.
  [[nodiscard]] std::size_t find_member(StateId from, std::string_view key) const;

  /// One line per state, in a stable order: what tests and reviewers compare.
  [[nodiscard]] std::string dump() const;
};

}  // namespace zoom_proxy
