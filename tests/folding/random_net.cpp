#include "tests/folding/random_net.hpp"

#include <functional>

#include "tests/folding/random_ops.hpp"

namespace banoff::test {

namespace {

class Generator : RandomOps {
 public:
  Generator(std::uint64_t seed, const RandomNet& options) : RandomOps(seed, options) {
    const std::int64_t size = options.small ? net_.integer(2, 4) : net_.integer(4, 8);
    const std::int64_t width = options.small ? net_.integer(1, 2) : net_.integer(1, 4);
    const std::int64_t batch = chance(options.small ? 0.2 : 0.5) ? 2 : 1;
    pool_ = {net_.input({batch, width, size, options.small ? net_.integer(2, 4) : net_.integer(4, 8)})};
    pool_.push_back(conv(pool_[0]));
  }

  Graph make() {
    const std::int64_t count = net_.integer(4, options_.small ? 10 : 16);
    const int fewest = options_.small ? 3 : 0;
    const int most = options_.small ? 7 : 1000;
    for (std::int64_t i = 0; (i < count || norms_ < fewest) && norms_ < most; ++i) grow();
    finish();
    return net_.graph;
  }

 private:
  /// Everything that nobody reads becomes an output, and now and then something inside.
  void finish() {
    const auto readers = net_.graph.readers();
    for (const ValueId value : pool_) {
      if (net_.graph.value(value).producer == none || net_.graph.is_output(value)) continue;
      const bool unread = readers.of(value).empty();
      if (!unread && !chance(0.03)) continue;
      ValueId last = value;
      if (unread && chance(0.6)) last = net_.relu(value);
      else if (unread && chance(0.7)) last = net_.conv(value, 1, 1);
      net_.output(last, "out" + std::to_string(value));
    }
  }

  void grow() {
    const ValueId x = pick();
    using Maker = std::function<ValueId()>;
    const std::vector<Maker> makers{[&] { return conv(x); },
                                    [&] { return conv(x); },
                                    [&] { return norm(x); },
                                    [&] { return norm(x); },
                                    [&] { return norm(x); },
                                    [&] { return norm(conv(x)); },
                                    [&] { return residual(x); },
                                    [&] { return residual(x); },
                                    [&] { return activation(x); },
                                    [&] { return activation(x); },
                                    [&] { return sum(x); },
                                    [&] { return sum(conv_like(x)); },
                                    [&] {
                                      return net_.concat({x, one_of(alike(x, 1))});
                                    },
                                    [&] { return pool(x); },
                                    [&] { return channels(x); },
                                    [&] { return space(x); },
                                    [&] { return conv_transpose(x); },
                                    [&] { return turned(x); },
                                    [&] { return shuffled(x); },
                                    [&] { return with_constant(x); },
                                    [&] { return gate(x); },
                                    [&] { return chance(0.5) ? barrier(x) : net_.add(Affine{}, {x}); }};
    pool_.push_back(makers[static_cast<std::size_t>(net_.integer(0, std::ssize(makers) - 1))]());
    if (chance(0.08)) head(pick());
  }
};

}  // namespace

Graph random_net(std::uint64_t seed, const RandomNet& options) { return Generator(seed, options).make(); }

}  // namespace banoff::test
