#include "runtime/compress/prune/cluster.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace banoff::pruning {

namespace {

constexpr std::size_t no_row = std::numeric_limits<std::size_t>::max();

double squared_distance(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return sum;
}

/// Clusters that are still apart, with their distances and everybody's nearest among those behind.
class Agglomeration {
 public:
  explicit Agglomeration(const Rows& rows) : size_(rows.size()), distance_(size_ * size_), nearest_(size_, no_row) {
    for (std::size_t i = 0; i < size_; ++i) members_.push_back({i});
    for (std::size_t i = 0; i < size_; ++i) {
      for (std::size_t j = i + 1; j < size_; ++j) at(i, j) = std::sqrt(squared_distance(rows[i], rows[j]));
    }
    for (std::size_t i = 0; i < size_; ++i) find_nearest(i);
  }

  /// The first of the nearest two clusters; no_row where there is but one.
  [[nodiscard]] std::size_t nearest_pair() const {
    std::size_t best = no_row;
    for (std::size_t i = 0; i < size_; ++i) {
      if (nearest_[i] != no_row && (best == no_row || gap(i) < gap(best))) best = i;
    }
    return best;
  }
  [[nodiscard]] double gap(std::size_t i) const { return distance_[i * size_ + nearest_[i]]; }

  /// Cluster i takes up its nearest.
  void join(std::size_t i) {
    const std::size_t gone = nearest_[i];
    members_[i].insert(members_[i].end(), members_[gone].begin(), members_[gone].end());
    members_[gone].clear();
    for (std::size_t k = 0; k < size_; ++k) {
      if (k != i && !members_[k].empty()) at(i, k) = std::max(at(i, k), at(gone, k));
    }
    for (std::size_t k = 0; k < size_; ++k) {
      const bool stale = k == i || nearest_[k] == i || nearest_[k] == gone;
      if (k == gone) nearest_[k] = no_row;
      else if (stale) find_nearest(k);
    }
  }

  [[nodiscard]] Clusters clusters() const {
    Clusters result;
    for (std::vector<std::size_t> each : members_) {
      if (each.empty()) continue;
      std::ranges::sort(each);
      result.push_back(std::move(each));
    }
    std::ranges::sort(result);
    return result;
  }

 private:
  double& at(std::size_t i, std::size_t j) { return distance_[std::min(i, j) * size_ + std::max(i, j)]; }
  void find_nearest(std::size_t i) {
    nearest_[i] = no_row;
    if (members_[i].empty()) return;
    for (std::size_t j = i + 1; j < size_; ++j) {
      if (members_[j].empty()) continue;
      if (nearest_[i] == no_row || distance_[i * size_ + j] < gap(i)) nearest_[i] = j;
    }
  }

  std::size_t size_;
  std::vector<double> distance_;  // of pairs i < j
  std::vector<std::size_t> nearest_;
  Clusters members_;
};

std::vector<double> mean_of(const Rows& rows, const std::vector<std::size_t>& members) {
  std::vector<double> mean(rows.front().size());
  for (const std::size_t member : members) {
    for (std::size_t i = 0; i < mean.size(); ++i) mean[i] += rows[member][i] / static_cast<double>(members.size());
  }
  return mean;
}

/// The row whose distance to the nearest centre is greatest; `distance` holds those distances.
std::size_t furthest(const std::vector<double>& distance) {
  return static_cast<std::size_t>(std::ranges::max_element(distance) - distance.begin());
}

Rows first_centres(const Rows& rows, std::size_t wanted) {
  const std::vector<double> origin(rows.front().size());
  std::vector<double> distance;
  for (const auto& row : rows) distance.push_back(squared_distance(row, origin));
  Rows centres{rows[furthest(distance)]};
  std::ranges::fill(distance, std::numeric_limits<double>::infinity());
  while (centres.size() < wanted) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      distance[i] = std::min(distance[i], squared_distance(rows[i], centres.back()));
    }
    centres.push_back(rows[furthest(distance)]);
  }
  return centres;
}

std::size_t nearest_centre(const std::vector<double>& row, const Rows& centres) {
  std::size_t best = 0;
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t c = 0; c < centres.size(); ++c) {
    const double distance = squared_distance(row, centres[c]);
    if (distance < least) least = distance, best = c;
  }
  return best;
}

}  // namespace

Clusters merge_nearest(const Rows& rows, std::size_t wanted, double limit) {
  Agglomeration apart(rows);
  for (std::size_t left = rows.size(); left > wanted; --left) {
    const std::size_t pair = apart.nearest_pair();
    if (pair == no_row || apart.gap(pair) > limit) break;
    apart.join(pair);
  }
  return apart.clusters();
}

Clusters kmeans(const Rows& rows, std::size_t wanted) {
  constexpr int most_rounds = 100;
  Rows centres = first_centres(rows, wanted);
  std::vector<std::size_t> of(rows.size(), no_row);
  Clusters clusters;
  for (int round = 0; round < most_rounds; ++round) {
    clusters.assign(centres.size(), {});
    bool moved = false;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const std::size_t centre = nearest_centre(rows[i], centres);
      moved = moved || centre != of[i];
      of[i] = centre;
      clusters[centre].push_back(i);
    }
    if (!moved) break;
    for (std::size_t c = 0; c < centres.size(); ++c) {
      if (!clusters[c].empty()) centres[c] = mean_of(rows, clusters[c]);
    }
  }
  std::erase_if(clusters, [](const auto& cluster) { return cluster.empty(); });
  std::ranges::sort(clusters);
  return clusters;
}

double nearest_distance(const Rows& rows) {
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (std::size_t j = i + 1; j < rows.size(); ++j) least = std::min(least, squared_distance(rows[i], rows[j]));
  }
  return std::sqrt(least);
}

double change(const Rows& rows, const Clusters& clusters) {
  double changed = 0, all = 0;
  for (const auto& cluster : clusters) {
    const std::vector<double> mean = mean_of(rows, cluster);
    for (const std::size_t member : cluster) {
      changed += squared_distance(rows[member], mean);
      all += std::inner_product(rows[member].begin(), rows[member].end(), rows[member].begin(), 0.0);
    }
  }
  return all > 0 ? std::sqrt(changed / all) : 0;
}

}  // namespace banoff::pruning
