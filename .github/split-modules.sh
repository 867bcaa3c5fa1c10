#!/usr/bin/env bash
# Splits modules/<name> into trees that the registry takes, one repository a module:
#
#   .github/split-modules.sh VERSION DIR
#
# makes or brings up to date DIR/terraform-webtier-<name>, a Git repository with the
# module at its root, the licence, a commit and the tag vVERSION. To publish a new
# version, clone the published repositories into DIR first and push them afterwards.
set -euo pipefail
cd "$(dirname "$0")/.."
version=${1:?VERSION is missing, for example 0.1.0}
mkdir -p "${2:?DIR is missing}"
target=$(cd "$2" && pwd)
[[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$ ]] || { echo "$version is not a version such as 0.1.0" >&2; exit 1; }

# The same sources give the same commits, whoever splits them and when.
date=$(git log -1 --format=%cI)
export GIT_AUTHOR_DATE=$date GIT_COMMITTER_DATE=$date
export GIT_AUTHOR_NAME=webtier GIT_AUTHOR_EMAIL=webtier@users.noreply.github.com
export GIT_COMMITTER_NAME=webtier GIT_COMMITTER_EMAIL=webtier@users.noreply.github.com

for versions in modules/*/versions.tf; do
  module=$(dirname "$versions")
  tree=$target/terraform-webtier-$(basename "$module")
  [ -d "$tree/.git" ] || git init --quiet --initial-branch=main "$tree"
  if git -C "$tree" rev-parse --quiet --verify "refs/tags/v$version" >/dev/null; then
    echo "$tree has v$version already" >&2
    exit 1
  fi
  # What the module has no more goes, too.
  git -C "$tree" rm --quiet -r --ignore-unmatch .
  git archive HEAD:"$module" | tar -x -C "$tree"
  cp LICENSE "$tree/LICENSE"
  git -C "$tree" add --all
  git -C "$tree" -c commit.gpgsign=false commit --quiet --allow-empty --message "Version $version"
  git -C "$tree" -c tag.gpgsign=false tag --annotate "v$version" --message "Version $version"
  echo "$tree v$version"
done
