#include "server/fair_queue.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace zoom_proxy {
namespace {

using Queue = FairQueue<std::string, std::string>;

std::string serve_all(Queue& queue) {
  std::string order;
  while (!queue.empty()) order += queue.pop() + " ";
  return order;
}

TEST(FairQueue, LinesTakeTurnsAndKeepTheirOwnOrder) {
  std::vector<std::string> items = {"a1", "a2", "a3", "b1", "b2", "c1"};
  Queue queue;
  for (std::string& item : items) queue.push(item.substr(0, 1), item);
  EXPECT_EQ(serve_all(queue), "a1 b1 c1 a2 b2 a3 ");
}

TEST(FairQueue, ALongLineHoldsUpNobody) {
  std::vector<std::string> many(50, "many");
  std::string one = "one";
  Queue queue;
  for (std::string& item : many) queue.push("busy", item);
  queue.push("quiet", one);
  queue.pop();
  EXPECT_EQ(&queue.pop(), &one);
  EXPECT_EQ(&queue.pop(), &many[1]);
  // Who comes back stands behind those who wait, but no further.
  queue.push("quiet", one);
  EXPECT_EQ(&queue.pop(), &many[2]);
  EXPECT_EQ(&queue.pop(), &one);
}

TEST(FairQueue, LeavingItCostsNobodyATurn) {
  std::vector<std::string> items = {"a1", "a2", "b1", "c1", "c2"};
  Queue queue;
  for (std::string& item : items) queue.push(item.substr(0, 1), item);
  queue.remove("a", items[0]);
  queue.remove("b", items[2]);
  queue.remove("b", items[2]);  // not in it any more
  queue.remove("c", items[0]);
  EXPECT_EQ(serve_all(queue), "a2 c1 c2 ");
  queue.push("a", items[0]);
  queue.remove("a", items[0]);
  EXPECT_TRUE(queue.empty());
}

}  // namespace
}  // namespace zoom_proxy
