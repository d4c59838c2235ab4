#include "server/token_cache.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/this_coro.hpp>
#include <utility>

#include "server/flight.hpp"
#include "server/http.hpp"

namespace zoom_proxy {
namespace {

/// Wrong credentials stay wrong until somebody corrects them: asking Zoom at every request would
/// only get the app locked. Short enough that a correction made at Zoom's side is soon noticed.
constexpr Seconds kRefusalMemory{30};

/// After a renewal that failed, the old token is used at least so long before the next attempt.
constexpr Seconds kRenewalPause{10};

/// So long the request that renews a token waits for it; after that it uses the one it has.
constexpr std::chrono::seconds kRenewalWait{5};

/// Seconds before its end at which a token is renewed, drawn anew for each so that many proxies do
/// not ask at once. A short-lived token is renewed in its last sixth.
constexpr int kEarliestRenewal = 599;
constexpr int kLatestRenewal = 60;
constexpr double kRenewalShare = 1.0 / 6;

}  // namespace

struct TokenCache::Outcome {
  std::shared_ptr<const AccessToken> token;
  std::optional<Failure> failure;
  bool permanent = false;
};

/// One token request under way.
struct TokenCache::Fetch {
  std::shared_ptr<const TokenClient> client;
  Clock::time_point deadline;  ///< of the request
  Moment overdue_at;  ///< its worker was frozen or is gone: nobody should wait for it any more
  Flight<Outcome> flight;
};

TokenCache::TokenCache(const Settings& settings, std::shared_ptr<asio::ssl::context> tls, Sink sink,
                       NowFunction now)
    : tls_(std::move(tls)),
      sink_(std::move(sink)),
      now_(std::move(now)),
      budget_(std::min(settings.timeouts.response_head, settings.timeouts.total)),
      client_(std::make_shared<const TokenClient>(settings)),
      jitter_(std::random_device{}()) {
  HttpsUrl url = parse_https_url("zoom.token_url", settings.zoom.token_url);
  origin_ = std::move(url.origin);
  target_ = url.path.empty() ? "/" : std::move(url.path);
}

TokenCache::~TokenCache() = default;

Task<std::shared_ptr<const AccessToken>> TokenCache::get(Clock::time_point deadline) {
  const auto executor = co_await asio::this_coro::executor;
  Plan plan = make_plan();
  if (plan.launch) asio::co_spawn(executor, fly(plan.fetch), asio::detached);
  if (!plan.fetch) co_return plan.token;
  // With a token that still lives nobody waits long for a better one.
  const auto until = plan.token ? std::min(deadline, Clock::now() + kRenewalWait) : deadline;
  const std::optional<Outcome> outcome = co_await plan.fetch->flight.wait(until);
  if (outcome && outcome->token) co_return outcome->token;
  if (plan.token && !plan.token->expires_at.reached(now_()))
    co_return plan.token;  // a renewal failed: no harm yet
  if (!outcome) throw Failure(Cause::network_egress_blocked, "Zoom gave no access token in time");
  throw Failure(*outcome->failure);
}

TokenCache::Plan TokenCache::make_plan() {
  const Moment now = now_();
  const std::lock_guard lock(mutex_);
  if (fetch_ && fetch_->overdue_at.reached(now)) fetch_.reset();
  Plan plan;
  if (current_ && !current_->expires_at.reached(now)) plan.token = current_;
  if (plan.token && (fetch_ || !plan.token->refresh_at.reached(now))) return plan;
  if (refusal_ && !refusal_->until.reached(now)) {
    if (plan.token) return plan;
    throw Failure(Cause::connection_setup, refusal_->message);
  }
  plan.launch = !fetch_;
  if (plan.launch) {
    fetch_ = std::make_shared<Fetch>();
    fetch_->client = client_;
    fetch_->deadline = Clock::now() + std::chrono::duration_cast<Clock::duration>(budget_);
    fetch_->overdue_at = now + budget_;
  }
  plan.fetch = fetch_;
  return plan;
}

Task<> TokenCache::fly(std::shared_ptr<Fetch> fetch) {
  /// Lands the fetch even when the coroutine is destroyed with its worker.
  struct Lander {
    TokenCache& cache;
    std::shared_ptr<Fetch> fetch;
    Outcome outcome;
    Seconds lifetime{0};
    ~Lander() { cache.land(fetch, std::move(outcome), lifetime); }
  };
  Lander lander{*this, fetch, {}, Seconds{0}};
  lander.outcome.failure.emplace(Cause::unknown, "the token request was given up");
  const TokenRequest request{origin_, target_, *tls_, *fetch->client, fetch->deadline};
  TokenAnswer answer = co_await request_token(request);
  if (answer.failure) {
    lander.outcome.failure.emplace(*answer.failure);
    lander.outcome.permanent = answer.permanent;
    co_return;
  }
  lander.lifetime = answer.lifetime;
  lander.outcome.failure.reset();
  lander.outcome.token = make_token(std::move(answer));
}

void TokenCache::land(const std::shared_ptr<Fetch>& fetch, Outcome outcome, Seconds lifetime) {
  TokenEvent event;
  event.lifetime = lifetime;
  if (outcome.token) {
    event.result = TokenEvent::Result::refreshed;
    event.scopes = outcome.token->scopes;
  }
  if (outcome.permanent) event.result = TokenEvent::Result::refused;
  if (outcome.failure) event.advice = outcome.failure->what();
  const Moment now = now_();
  {
    const std::lock_guard lock(mutex_);
    if (fetch->client != client_) {
      // Says nothing about the credentials of now.
    } else if (outcome.token) {
      current_ = outcome.token;
      refusal_.reset();
    } else if (outcome.permanent) {
      refusal_ = Refusal{event.advice, now + kRefusalMemory};
    } else if (current_) {
      auto later = std::make_shared<AccessToken>(*current_);
      later->refresh_at = now + kRenewalPause;
      current_ = std::move(later);
    }
    if (fetch_ == fetch) fetch_.reset();
  }
  fetch->flight.land(std::move(outcome));
  if (sink_) sink_(event);
}

std::shared_ptr<const AccessToken> TokenCache::make_token(TokenAnswer answer) {
  auto token = std::make_shared<AccessToken>();
  token->text = std::move(answer.text);
  token->scopes = std::move(answer.scopes);
  double early = 0;
  {
    const std::lock_guard lock(mutex_);
    early = std::uniform_int_distribution<int>(kLatestRenewal, kEarliestRenewal)(jitter_);
  }
  const Seconds lifetime = answer.lifetime;
  const Seconds renewal = lifetime - std::min(Seconds(early), lifetime * kRenewalShare);
  const Moment now = now_();
  token->obtained_at = now;
  token->expires_at = now + lifetime;
  token->refresh_at = now + renewal;
  return token;
}

void TokenCache::use(const Settings& settings) {
  auto client = std::make_shared<const TokenClient>(settings);
  const std::lock_guard lock(mutex_);
  const bool same_client =
      client->account_id == client_->account_id && client->client_id == client_->client_id;
  if (same_client && client->client_secret.reveal() == client_->client_secret.reveal()) return;
  client_ = std::move(client);
  refusal_.reset();
  fetch_.reset();  // those who wait for it still get its outcome
  if (!same_client) current_.reset();
}

void TokenCache::invalidate(const std::shared_ptr<const AccessToken>& token) {
  const std::lock_guard lock(mutex_);
  if (current_ && current_->text == token->text) current_.reset();
}

std::optional<TokenCache::Status> TokenCache::status() const {
  const std::lock_guard lock(mutex_);
  if (!current_) return std::nullopt;
  return Status{current_->obtained_at.wall, current_->expires_at.wall, current_->scopes};
}

}  // namespace zoom_proxy
