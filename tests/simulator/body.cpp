#include "tests/simulator/body.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

namespace zoom_simulator {
namespace {

class TextBody : public Body {
 public:
  explicit TextBody(std::string text) : size_(text.size()), text_(std::move(text)) {}
  std::string next() override { return std::exchange(text_, {}); }
  std::optional<std::uint64_t> size() const override { return size_; }

 private:
  std::uint64_t size_;
  std::string text_;
};

class RepeatedBody : public Body {
 public:
  RepeatedBody(std::string before, std::string block, std::string after, std::uint64_t bytes)
      : before_(std::move(before)), block_(std::move(block)), after_(std::move(after)) {
    count_ = std::max<std::uint64_t>(1, bytes / (block_.size() + 1));
    size_ = before_.size() + count_ * (block_.size() + 1) - 1 + after_.size();
  }
  std::string next() override {
    if (!before_.empty()) return std::exchange(before_, {});
    if (done_ == count_) return std::exchange(after_, {});
    return ++done_ == 1 ? block_ : "," + block_;
  }
  std::optional<std::uint64_t> size() const override { return size_; }

 private:
  std::string before_;
  std::string block_;
  std::string after_;
  std::uint64_t count_ = 0;
  std::uint64_t done_ = 0;
  std::uint64_t size_ = 0;
};

class GzipBody : public Body {
 public:
  explicit GzipBody(std::unique_ptr<Body> source) : source_(std::move(source)) {
    // 31: window bits 15, gzip header and trailer.
    if (deflateInit2(&zlib_, 1, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
      throw std::runtime_error("deflateInit2 failed");
    }
  }
  GzipBody(const GzipBody&) = delete;
  GzipBody& operator=(const GzipBody&) = delete;
  ~GzipBody() override { deflateEnd(&zlib_); }

  std::string next() override {
    std::string out;
    while (out.empty() && !ended_) {
      std::string piece = source_->next();
      ended_ = piece.empty();
      zlib_.next_in = reinterpret_cast<Bytef*>(piece.data());
      zlib_.avail_in = static_cast<uInt>(piece.size());
      std::array<char, 16384> buffer{};
      do {
        zlib_.next_out = reinterpret_cast<Bytef*>(buffer.data());
        zlib_.avail_out = static_cast<uInt>(buffer.size());
        deflate(&zlib_, ended_ ? Z_FINISH : Z_NO_FLUSH);
        out.append(buffer.data(), buffer.size() - zlib_.avail_out);
      } while (zlib_.avail_out == 0);
    }
    return out;
  }
  std::optional<std::uint64_t> size() const override { return std::nullopt; }

 private:
  std::unique_ptr<Body> source_;
  z_stream zlib_{};
  bool ended_ = false;
};

class CutBody : public Body {
 public:
  CutBody(std::unique_ptr<Body> source, std::uint64_t bytes)
      : source_(std::move(source)), left_(bytes) {}
  std::string next() override {
    std::string piece = left_ > 0 ? source_->next() : std::string();
    piece.resize(static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), left_)));
    left_ -= piece.size();
    return piece;
  }
  std::optional<std::uint64_t> size() const override {
    const auto all = source_->size();
    return all ? std::optional(std::min(*all, left_)) : std::nullopt;
  }

 private:
  std::unique_ptr<Body> source_;
  std::uint64_t left_;
};

class SpoiltBody : public Body {
 public:
  SpoiltBody(std::unique_ptr<Body> source, std::uint64_t offset, std::string garbage)
      : source_(std::move(source)), offset_(offset), garbage_(std::move(garbage)) {
    if (const auto all = source_->size()) {
      offset_ = std::min(offset_, *all);
      size_ = std::max(*all, offset_ + garbage_.size());
    }
  }
  std::string next() override {
    std::string piece = source_->next();
    const auto end = place_ + piece.size();
    if (!garbage_.empty() && (piece.empty() || offset_ < end)) {
      const auto at = static_cast<std::size_t>(piece.empty() ? 0 : offset_ - place_);
      const auto over = std::min(garbage_.size(), piece.size() - at);
      piece.replace(at, over, garbage_, 0, piece.empty() ? garbage_.size() : over);
      garbage_.erase(0, end == place_ ? garbage_.size() : over);
      offset_ += over;
    }
    place_ += piece.size();
    return piece;
  }
  std::optional<std::uint64_t> size() const override { return size_; }

 private:
  std::unique_ptr<Body> source_;
  std::uint64_t offset_;
  std::string garbage_;
  std::uint64_t place_ = 0;
  std::optional<std::uint64_t> size_;
};

}  // namespace

std::unique_ptr<Body> text_body(std::string text) {
  return std::make_unique<TextBody>(std::move(text));
}

std::unique_ptr<Body> repeated_body(std::string before, std::string block, std::string after,
                                    std::uint64_t bytes) {
  return std::make_unique<RepeatedBody>(std::move(before), std::move(block), std::move(after),
                                        bytes);
}

std::unique_ptr<Body> gzip_body(std::unique_ptr<Body> source) {
  return std::make_unique<GzipBody>(std::move(source));
}

std::unique_ptr<Body> cut_body(std::unique_ptr<Body> source, std::uint64_t bytes) {
  return std::make_unique<CutBody>(std::move(source), bytes);
}

std::unique_ptr<Body> spoilt_body(std::unique_ptr<Body> source, std::uint64_t offset,
                                  std::string garbage) {
  return std::make_unique<SpoiltBody>(std::move(source), offset, std::move(garbage));
}

}  // namespace zoom_simulator
