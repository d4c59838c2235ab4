#include "tests/bench/report.hpp"

#include <algorithm>
#include <cstdio>

namespace zoom_proxy::bench {
namespace {

void print_table(const std::vector<Row>& rows, Unit unit, const char* heading) {
  const bool any =
      std::any_of(rows.begin(), rows.end(), [unit](const Row& row) { return row.unit == unit; });
  if (!any) return;
  std::printf("\n%-48s %8s %8s %8s %6s\n", heading, "median", "min", "max", "goal");
  for (const Row& row : rows) {
    if (row.unit != unit) continue;
    std::printf("%-48s %8.3f %8.3f %8.3f", row.name.c_str(), row.median, row.min, row.max);
    if (row.goal) std::printf(" %6.2f  %s", *row.goal, row.holds ? "holds" : "missed");
    std::printf("\n");
  }
}

boost::json::object to_json(const Row& row) {
  boost::json::object out{{"median", row.median}, {"min", row.min}, {"max", row.max}};
  if (row.goal) {
    out["goal"] = *row.goal;
    out["holds"] = row.holds;
  }
  return out;
}

}  // namespace

Row summarize(Unit unit, std::string name, std::vector<double> samples,
              std::optional<double> goal) {
  std::sort(samples.begin(), samples.end());
  Row row{.unit = unit,
          .name = std::move(name),
          .median = samples[samples.size() / 2],
          .min = samples.front(),
          .max = samples.back(),
          .goal = goal};
  if (goal) row.holds = (unit == Unit::allocations ? row.max : row.median) <= *goal;
  return row;
}

void print(const std::vector<Row>& rows) {
  print_table(rows, Unit::quotient, "quotient of times (smaller is better)");
  print_table(rows, Unit::compile_ms, "milliseconds");
  print_table(rows, Unit::allocations, "allocations in a chunk of 64 KiB, once warm");
}

boost::json::object to_json(const std::vector<Row>& rows) {
  boost::json::object out{{"ratios", boost::json::object()},
                          {"informative", boost::json::object()},
                          {"allocations_per_chunk", boost::json::object()}};
  for (const Row& row : rows) {
    switch (row.unit) {
      case Unit::quotient:
        out[row.goal ? "ratios" : "informative"].as_object()[row.name] = to_json(row);
        break;
      case Unit::compile_ms:
        out["compile_zoom_ms"] = to_json(row);
        break;
      case Unit::allocations:
        out["allocations_per_chunk"].as_object()[row.name] = to_json(row);
        break;
    }
  }
  return out;
}

}  // namespace zoom_proxy::bench
