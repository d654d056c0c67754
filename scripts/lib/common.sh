# shellcheck shell=bash disable=SC2034 # what is set here is used by others
# What every script here starts with: strict mode, the source root, messages, packages.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
jobs=$(nproc)
export CCACHE_BASEDIR=${CCACHE_BASEDIR:-$root} CCACHE_NOHASHDIR=1

say() { printf '\n== %s\n' "$*" >&2; }
die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# What banoff needs to build and run, to be tested, to be checked as CI does, and to be checked on NEON, as Debian calls
# it. (libdnnl-dev's CMake package asks for OpenCL without depending on it.)
packages_build=(g++ cmake ninja-build ccache libfmt-dev libyaml-cpp-dev nlohmann-json3-dev libonnx-dev libprotobuf-dev libdnnl-dev
  ocl-icd-opencl-dev libspng-dev libturbojpeg0-dev libstb-dev libcli11-dev libbenchmark-dev libhwy-dev)
packages_test=(doctest-dev libeigen3-dev xz-utils)
packages_check=(clang clang-tidy clang-format libomp-dev git pkg-config python3-venv shellcheck)
packages_neon=(g++-aarch64-linux-gnu qemu-user-static)

# install_packages NAME…: installs those that are missing. Where apt-get is not to be had, they are taken to be there.
install_packages() {
  command -v apt-get >/dev/null || return 0
  local package missing=() as_root=()
  for package in "$@"; do
    dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
  done
  ((${#missing[@]})) || return 0
  say "installing ${missing[*]}"
  if ((EUID != 0)); then
    command -v sudo >/dev/null || die "these packages are missing, and only root can install them: ${missing[*]}"
    as_root=(sudo)
  fi
  as_root+=(env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0)
  "${as_root[@]}" update >&2
  "${as_root[@]}" install -y --no-install-recommends "${missing[@]}" >&2 </dev/null
}
