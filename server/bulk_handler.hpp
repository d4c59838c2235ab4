#pragma once
// `POST /bulk/NAME`: the body, CSV or JSON records of any length, through one of bulk.rules while
// it comes, with constant memory.

#include "server/proxy_handler.hpp"

namespace zoom_proxy {

/// The request is for one of bulk.rules, known or not. Without bulk.rules none is.
[[nodiscard]] bool is_bulk_request(const RequestHead& head, const Snapshot& snapshot);

/// Answers through `writer`, filling in `record` on the way. Throws as handle_proxy_request does.
[[nodiscard]] Task<> handle_bulk_request(Metrics& metrics, HttpReader& reader,
                                         const RequestHead& head, ResponseWriter& writer,
                                         RequestRecord& record);

}  // namespace zoom_proxy
