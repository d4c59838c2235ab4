#pragma once
// Bodies as Zoom sends them, made up: the same for every run.

#include <string>

namespace zoom_proxy::bench {

/// One page of /v2/users, with the fields that Zoom sends and the rules drop.
inline std::string list_users(int count) {
  std::string out = R"({"page_count":1,"page_number":1,"page_size":300,"total_records":)" +
                    std::to_string(count) + R"(,"next_page_token":"","users":[)";
  for (int i = 0; i < count; ++i) {
    const std::string n = std::to_string(100'000 + i);
    if (i > 0) out += ',';
    out += R"({"id":"z8yAAAAA8bbbQ)" + n + R"(","first_name":"Given)" + n +
           R"(","last_name":"Family)" + n + R"(","display_name":"Given Family )" + n +
           R"(","email":"person.)" + n + R"(@corp.example","type":2,"pmi":5550)" + n +
           R"(,"timezone":"Europe/Berlin","verified":1,"dept":"Department )" + n +
           R"(","created_at":"2019-06-01T07:58:03Z","last_login_time":"2026-05-05T05:05:05Z",)"
           R"("last_client_version":"5.17.11.34827 win",
        "pic_url" : "https://corp.example/p/)" + n +
                    R"(","language":"en-US","phone_number":"","group_ids":["t-_-GaMvRt"],)"
                    R"("im_group_ids":["CcSAAAAAAABBBVoQ"],"status":"active","role_id":"0",)"
                    R"("employee_unique_id":"","user_created_at":"2019-06-01T07:58:03Z"})";
  }
  return out + "]}";
}

/// A page whose bulk is in fields that no rule lists.
inline std::string mostly_dropped() {
  std::string out = R"({"page_size":30,"custom":[)";
  for (int i = 0; i < 2000; ++i) {
    if (i > 0) out += ',';
    out += R"({"key":"k)" + std::to_string(i) +
           R"(","values":[1,2,3.5,true,null,"a text of some length, as they come"],)"
           R"("more":{"a":{"b":{"c":"d"}},"e":"\"quoted\""}})";
  }
  return out + R"(],"users":[{"id":"a","type":1}]})";
}

}  // namespace zoom_proxy::bench
