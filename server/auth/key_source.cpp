#include "server/auth/key_source.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "server/failure.hpp"

namespace zoom_proxy {
namespace {

/// For one fetch, from the name lookup to the last byte.
constexpr Seconds kFetchTime{10};

/// From one fetch to the next while keys are there: a new key is seen soon enough, and tokens that
/// name none of them cost the issuer little.
constexpr Seconds kPause{30};
/// The same without any keys, when nobody can be let in.
constexpr Seconds kPauseWithoutKeys{5};

}  // namespace

/// One fetch under way.
struct KeySource::Fetch {
  Clock::time_point deadline;
  Moment overdue_at;  ///< its worker was frozen or is gone: nobody should wait for it any more
  Flight<KeyAnswer> flight;
};

KeySource::KeySource(const Settings::InboundAuth::Oidc& oidc, Sink sink, NowFunction now)
    : url_(parse_https_url("inbound_auth.oidc.jwks_url", oidc.jwks_url)),
      tls_(make_client_tls(oidc.ca_file, TlsVersion::v1_2, "inbound_auth.oidc.ca_file")),
      sink_(std::move(sink)),
      now_(std::move(now)) {}

KeySource::~KeySource() = default;

Task<KeySource::Keys> KeySource::get() { return follow(make_plan(nullptr)); }

Task<KeySource::Keys> KeySource::newer_than(Keys known) { return follow(make_plan(known)); }

KeySource::Plan KeySource::make_plan(const Keys& too_old) {
  const Moment now = now_();
  const std::lock_guard lock(mutex_);
  if (fetch_ && fetch_->overdue_at.reached(now)) fetch_.reset();
  Plan plan;
  plan.keys = keys_;
  const bool good = keys_ && keys_ != too_old;
  if (good && !expires_at_->reached(now)) return plan;
  if (good && fetch_) return plan;  // somebody is fetching; a moment longer does no harm
  if (!fetch_) {
    const Seconds pause = keys_ ? kPause : kPauseWithoutKeys;
    if (last_launch_ && !(*last_launch_ + pause).reached(now)) return plan;
    last_launch_ = now;
    plan.launch = true;
    fetch_ = std::make_shared<Fetch>();
    fetch_->deadline = Clock::now() + std::chrono::duration_cast<Clock::duration>(kFetchTime);
    fetch_->overdue_at = now + kFetchTime;
  }
  plan.fetch = fetch_;
  return plan;
}

Task<KeySource::Keys> KeySource::follow(Plan plan) {
  if (plan.launch) {
    const auto executor = co_await asio::this_coro::executor;
    asio::co_spawn(executor, fly(plan.fetch), asio::detached);
  }
  if (plan.fetch) {
    const auto answer = co_await plan.fetch->flight.wait(plan.fetch->deadline);
    if (answer && answer->keys) co_return answer->keys;
  }
  if (plan.keys) co_return plan.keys;
  throw Failure(Cause::authentication_failure,
                "the keys of the ID tokens' issuer are not to be had");
}

Task<> KeySource::fly(std::shared_ptr<Fetch> fetch) {
  /// Lands the fetch even when the coroutine is destroyed with its worker.
  struct Lander {
    KeySource& source;
    std::shared_ptr<Fetch> fetch;
    KeyAnswer answer;
    ~Lander() { source.land(fetch, std::move(answer)); }
  };
  Lander lander{*this, fetch, {}};
  lander.answer.failure = "the fetch of the ID tokens' issuer's keys was given up";
  lander.answer = co_await request_keys(url_, *tls_, fetch->deadline);
}

void KeySource::land(const std::shared_ptr<Fetch>& fetch, KeyAnswer answer) {
  KeyEvent event{0, answer.lifetime, answer.failure};
  if (answer.keys) event.keys = answer.keys->size();
  const Moment now = now_();
  {
    const std::lock_guard lock(mutex_);
    if (answer.keys) {
      keys_ = answer.keys;
      expires_at_ = now + answer.lifetime;
    }
    if (fetch_ == fetch) fetch_.reset();
  }
  fetch->flight.land(std::move(answer));
  if (sink_) sink_(event);
}

}  // namespace zoom_proxy
