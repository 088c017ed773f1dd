#!/bin/sh
# Build, tag and upload a release. Needs a clean work tree.
set -eu
test -z "$(git status --porcelain)"
version=$(sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
python -m build
git tag "v$version"
git push origin "v$version"
