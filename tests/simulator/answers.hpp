#pragma once
// The JSON objects of Zoom's answers, with all the fields Zoom sends, also those that a proxy must
// drop. Pages around them are made in routes.

#include <boost/json.hpp>

#include "tests/simulator/directory.hpp"

namespace zoom_simulator {

namespace json = boost::json;

/// 2025-06-02T09:00:00Z
[[nodiscard]] std::string iso_time(std::int64_t seconds);

[[nodiscard]] json::object user_answer(const Directory& directory, const Person& person);
[[nodiscard]] json::object scheduled_meeting_answer(const Directory& directory,
                                                    const Meeting& meeting);
[[nodiscard]] json::object reported_meeting_answer(const Directory& directory,
                                                   const Meeting& meeting);
[[nodiscard]] json::object recording_answer(const Directory& directory, const Meeting& meeting);

[[nodiscard]] json::object meeting_answer(const Directory& directory, const Meeting& meeting);
[[nodiscard]] json::object summary_answer(const Directory& directory, const Meeting& meeting);
[[nodiscard]] json::object past_meeting_answer(const Directory& directory, const Meeting& meeting);
[[nodiscard]] json::object instance_answer(const Meeting& meeting, unsigned index);
/// `report`: the richer row of the report endpoint.
[[nodiscard]] json::object participant_answer(const Directory& directory, const Meeting& meeting,
                                              unsigned index, bool report);

}  // namespace zoom_simulator
