#!/usr/bin/env bash
# The steps of the action.yaml in this directory, which documents the environment variables:
#
#   imgver.sh inputs            checks the inputs and prints the resulting step outputs
#   imgver.sh key               prints where imgver is built from source, the key of its cache, and what the cache has to
#                               restore, which is nothing if this machine has that imgver already
#   imgver.sh build DIRECTORY   builds imgver there, unless it is there or the cache restored it, and puts it on PATH
#   imgver.sh download          downloads a release of imgver and puts it on PATH
#
# Must work with the bash 3.2 of macOS too.
set -euo pipefail
# Patterns and sort order must not depend on the runner's locale.
export LC_ALL=C

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)

fail() {
  echo "error: $1" >&2
  echo "hint: $2" >&2
  exit 1
}

need() {
  command -v "$1" >/dev/null || fail "no $1 on PATH" "$2"
}

# shown VALUE: the value, quoted on one line so that it cannot become a workflow command.
shown() {
  printf '%q' "$1"
}

# switch INPUT VALUE: true or false. Without this check, any other value would silently install nothing.
switch() {
  case $2 in
    true | True | TRUE) echo true ;;
    false | False | FALSE) echo false ;;
    *) fail "$1 is $(shown "$2")" 'use true or false' ;;
  esac
}

# Sets `sha256` to the command; both commands print the same format.
find_sha256() {
  if command -v sha256sum >/dev/null; then
    sha256=(sha256sum)
  else
    need shasum 'install coreutils, for sha256sum'
    sha256=(shasum -a 256)
  fi
}

# Sets `os` and `arch` as used in archive names.
find_platform() {
  local system machine
  system=$(uname -s) machine=$(uname -m)
  case $system in
    Linux) os=linux ;;
    Darwin) os=darwin ;;
    *) fail "imgver does not run on $system" 'use a runner with Linux or macOS' ;;
  esac
  case $machine in
    x86_64 | amd64) arch=amd64 ;;
    aarch64 | arm64) arch=arm64 ;;
    *) fail "no release of imgver is for $machine" 'use imgver-version: source, which builds imgver on the runner' ;;
  esac
}

# Sets `version`, `repository` and `checksum`. The first two become part of a URL: only plain names are accepted.
read_release() {
  local part='(0|[1-9][0-9]*)'
  version=$IMGVER_VERSION
  [[ $version =~ ^v$part\.$part\.$part$ ]] ||
    fail "imgver-version is $(shown "$version")" 'use a release such as v0.1.0, or source'

  # An action in the caller's own checkout has no repository of its own.
  repository=${IMGVER_REPOSITORY:-${ACTION_REPOSITORY:-$GITHUB_REPOSITORY}}
  [[ $repository =~ ^[A-Za-z0-9_-]+/[A-Za-z0-9._-]+$ && ${repository#*/} != . && ${repository#*/} != .. ]] ||
    fail "imgver-repository is $(shown "$repository")" 'use OWNER/NAME, or leave it empty'

  checksum=$(printf '%s' "$IMGVER_CHECKSUM" | tr A-F a-f)
  [[ -z $checksum || $checksum =~ ^[0-9a-f]{64}$ ]] ||
    fail "imgver-checksum is $(shown "$IMGVER_CHECKSUM")" 'use a SHA-256 as 64 hexadecimal digits, or leave it empty'
}

inputs() {
  local task imgver outputs=()
  task=$(switch install-task "$INSTALL_TASK")
  imgver=$(switch install-imgver "$INSTALL_IMGVER")

  if [[ $task == true ]]; then
    # setup-task prepends a v to a full version, even if it already has one. It turns "3.4" into 3.44.
    [[ $TASK_VERSION =~ ^v?[0-9]+\.[0-9]+\.[0-9]+$ ]] ||
      fail "task-version is $(shown "$TASK_VERSION")" 'use a full version such as v3.44.1'
    outputs+=("task=${TASK_VERSION#v}")
  fi
  if [[ $imgver == true && $IMGVER_VERSION == source ]]; then
    [[ -z $IMGVER_REPOSITORY$IMGVER_CHECKSUM ]] ||
      fail 'imgver-repository and imgver-checksum do not apply to imgver built from source' \
        'set imgver-version to a release, or leave both empty'
    outputs+=('imgver=source')
  elif [[ $imgver == true ]]; then
    read_release
    outputs+=('imgver=release' "repository=$repository")
  fi
  [[ ${#outputs[@]} -eq 0 ]] || printf '%s\n' "${outputs[@]}"
}

# Not local: the trap outlives the functions.
work=
clean() {
  [[ -z $work ]] || rm -rf "$work"
}

# runs PROGRAM: whether it is an imgver that this machine can run.
runs() {
  "$1" --version >/dev/null 2>&1
}

need_source() {
  grep -qsx 'name = "imgver"' "$root/Cargo.toml" ||
    fail "no source of imgver in $root" \
      'use the action from its own repository: OWNER/NAME/.github/actions/setup-dependencies@REVISION; or set imgver-version to a release and imgver-repository to its repository'
  need cargo 'install Rust in an earlier step; or set imgver-version to a release'
}

key() {
  need_source
  find_platform
  find_sha256
  # In the source's directory, so that a toolchain file there takes effect.
  cd "$root"

  local file files=(Cargo.toml Cargo.lock src) compiler library sums hash place directory
  for file in rust-toolchain rust-toolchain.toml .cargo build.rs; do
    [[ ! -e $file ]] || files+=("$file")
  done
  compiler=$(rustc --version --verbose)
  # A program built on one image may not run with the older C library of another.
  library=$(getconf GNU_LIBC_VERSION 2>/dev/null || true)
  # Not the hashFiles of workflows, which sees only the caller's checkout.
  sums=$(find "${files[@]}" -type f -exec "${sha256[@]}" {} + | sort)
  hash=$(printf '%s\n' "$compiler" "$library" "$sums" | "${sha256[@]}")
  hash=${hash%% *}

  # The tool cache, because it is in the same place in every job: actions/cache restores a path only under the very name that
  # it was saved under, and act gives each job another RUNNER_TEMP. It also outlives the job on a runner of one's own.
  place=$RUNNER_TEMP
  if [[ -n ${RUNNER_TOOL_CACHE-} ]] && mkdir -p "$RUNNER_TOOL_CACHE/imgver" 2>/dev/null && [[ -w $RUNNER_TOOL_CACHE/imgver ]]; then
    place=$RUNNER_TOOL_CACHE
  fi
  directory=$place/imgver/$hash
  echo "key=imgver-$os-$arch-$hash"
  echo "directory=$directory"
  if runs "$directory/bin/imgver"; then
    echo 'archive='
  else
    echo "archive=$directory/imgver.gz"
  fi
}

# compile DIRECTORY: puts the program into its `bin`.
compile() {
  # The job's compiler flags for its own code are not part of the key.
  (
    unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS CARGO_BUILD_RUSTFLAGS CARGO_BUILD_TARGET
    # cargo would say to add a folder that is gone when it is read.
    PATH=$1/bin:$PATH
    cd "$root"
    cargo install --locked --force --path "$root" --root "$1"
  )
}

build() {
  local directory=$1 program=$1/bin/imgver archive=$1/imgver.gz
  need_source
  if ! runs "$program"; then
    trap clean EXIT
    mkdir -p "$directory/bin"
    work=$(mktemp -d "$directory/work.XXXXXX")
    mkdir "$work/bin"
    # Other jobs on this machine may be at the same: the cache may be writing the archive just now, which its checksum shows,
    # and what is complete gets its name in one step.
    if ! gzip -dc "$archive" >"$work/bin/imgver" 2>/dev/null || ! chmod +x "$work/bin/imgver" || ! runs "$work/bin/imgver"; then
      compile "$work"
      gzip -c "$work/bin/imgver" >"$work/imgver.gz"
      mv -f "$work/imgver.gz" "$archive"
    fi
    mv -f "$work/bin/imgver" "$program"
  fi
  "$program" --version
  echo "$directory/bin" >>"$GITHUB_PATH"
}

# fetch URL FILE
fetch() {
  local status
  # A redirect may lead to another host, but not from HTTPS to HTTP.
  status=$(curl --fail --silent --show-error --location --max-redirs 5 --proto '=http,https' --proto-redir '=https' \
    --retry 3 --retry-connrefused --connect-timeout 20 --max-time 300 --output "$2" --write-out '%{http_code}' "$1") &&
    return
  if [[ $status == 404 ]]; then
    fail "not found: $1" "see $GITHUB_SERVER_URL/$repository/releases; for a private repository, use imgver-version: source"
  fi
  fail "cannot download $1" 'see the error of curl above; if it is temporary, run the job again'
}

# expected_by FILE ARCHIVE: the checksum of the archive in FILE, which is SHA256SUMS.
expected_by() {
  local sum name
  while read -r sum name; do
    if [[ ${name#\*} == "$2" && $sum =~ ^[0-9a-f]{64}$ ]]; then
      echo "$sum"
      return
    fi
  done <"$1"
}

download() {
  read_release
  find_platform
  find_sha256
  need curl 'install curl'
  need tar 'install tar and gzip'

  local archive=imgver-$version-$os-$arch.tar.gz found directory=$RUNNER_TEMP/imgver/$version
  local url=$GITHUB_SERVER_URL/$repository/releases/download/$version
  trap clean EXIT
  work=$(mktemp -d "$RUNNER_TEMP/imgver.XXXXXX")

  if [[ -z $checksum ]]; then
    fetch "$url/SHA256SUMS" "$work/SHA256SUMS"
    checksum=$(expected_by "$work/SHA256SUMS" "$archive")
    [[ -n $checksum ]] ||
      fail "SHA256SUMS of $repository $version does not name $archive" "see $GITHUB_SERVER_URL/$repository/releases"
  fi
  fetch "$url/$archive" "$work/$archive"
  found=$("${sha256[@]}" <"$work/$archive")
  found=${found%% *}
  [[ $found == "$checksum" ]] ||
    fail "$archive has the SHA-256 $found, but $checksum was expected" \
      "do not use it until you know why it differs: $GITHUB_SERVER_URL/$repository/releases"

  mkdir "$work/bin"
  tar -xzf "$work/$archive" -C "$work/bin" imgver || fail "cannot unpack imgver from $archive" 'see the error of tar above'
  [[ -f $work/bin/imgver && ! -L $work/bin/imgver ]] || fail "imgver in $archive is no file" 'use another release'
  found=$("$work/bin/imgver" --version) || fail "imgver from $archive does not run here" 'use another release'
  [[ $found == "imgver ${version#v}" ]] ||
    fail "imgver from $archive says that it is $(shown "$found")" 'use another release'

  mkdir -p "$directory/bin"
  mv -f "$work/bin/imgver" "$directory/bin/imgver"
  echo "$found"
  echo "$directory/bin" >>"$GITHUB_PATH"
}

case $#:${1-} in
  1:inputs | 1:key | 1:download | 2:build) "$@" ;;
  *)
    echo 'usage: imgver.sh inputs | key | build DIRECTORY | download' >&2
    exit 2
    ;;
esac
