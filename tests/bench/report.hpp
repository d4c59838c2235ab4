#pragma once
// What was measured, for people and for programs.

#include <boost/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace zoom_proxy::bench {

enum class Unit {
  quotient,    ///< of two times
  compile_ms,  ///< milliseconds to read and compile a rule set
  allocations  ///< per chunk of kChunkBytes, once warm
};

/// One line of the report, from several samples. Smaller is better.
struct Row {
  Unit unit = Unit::quotient;
  std::string name;
  double median = 0;
  double min = 0;
  double max = 0;
  std::optional<double> goal;  ///< none: for information
  bool holds = true;           ///< the median is within the goal; of allocations all samples
};

/// `samples` must not be empty.
[[nodiscard]] Row summarize(Unit unit, std::string name, std::vector<double> samples,
                            std::optional<double> goal);

/// A table on stdout.
void print(const std::vector<Row>& rows);

/// {"ratios": {NAME: {"median", "min", "max", "goal", "holds"}}}: the quotients with a goal. Those
/// without are in "informative", less the last two keys. "compile_zoom_ms" is such an object of
/// its own, "allocations_per_chunk" has one for each case.
[[nodiscard]] boost::json::object to_json(const std::vector<Row>& rows);

}  // namespace zoom_proxy::bench
